"""The C in the guide's chapters is real: a block with a main is a program that compiles without a warning; each line of
another block stands in an example."""
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CHAPTERS = ("middleware", "state", "streaming", "waiting", "websocket")
BLOCK = re.compile(r"^```c\n(.*?)^```$", re.M | re.S)
COMPILE = ["cc", "-std=c17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror", "-fsyntax-only",
           f"-I{ROOT / 'include'}", "-x", "c", "-"]


def example_lines():
    return {line.strip() for path in (ROOT / "examples").glob("*.c") for line in path.read_text().splitlines()}


def problem_of(block, known):
    if "int main(" in block:
        done = subprocess.run(COMPILE, input=block, text=True, capture_output=True)
        return done.stderr.strip() if done.returncode else None
    strange = [line for line in block.splitlines() if line.strip() and line.strip() not in known]
    return f"this stands in no example: {strange[0].strip()}" if strange else None


def try_all():
    """(passed, problems in words)"""
    known, problems, passed = example_lines(), [], 0
    for chapter in CHAPTERS:
        for block in BLOCK.findall((ROOT / f"docs/{chapter}.md").read_text()):
            problem = problem_of(block, known)
            passed += problem is None
            if problem:
                problems.append(f"docs/{chapter}.md: {problem}")
    return passed, problems
