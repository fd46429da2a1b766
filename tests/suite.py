"""What suites share: their loop, which runs each case in an empty folder of its own, what cases say, and what
tools/test learns of cases that failed."""
import importlib.machinery
import importlib.util
import json
import os
import pathlib
import random
import shutil
import socket
import sys
import tempfile

# tools/test names two files to a suite. Programs that the suite starts do not get these variables.
FAILURES = os.environ.pop("MOCKET_TEST_FAILURES", None)  # the suite writes a line of JSON for each failure
ONLY = os.environ.pop("MOCKET_TEST_ONLY", None)  # names of cases, as JSON: the suite runs no other case
WANTED = frozenset(json.loads(pathlib.Path(ONLY).read_text())) if ONLY else None
LOCAL_PORTS = pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range")


class Skip(Exception):
    """This machine lacks something."""


def is_wanted(name):
    """Does tools/test want this case? By hand: yes."""
    return WANTED is None or name in WANTED


def tell_failed(problem, *cases, count=1):
    """Tells tools/test of a failure, which counts as so many. cases: the names of those to run to see it again; at
    least one."""
    if FAILURES:
        with open(FAILURES, "a", encoding="utf-8") as out:
            out.write(json.dumps({"cases": cases, "why": str(problem), "count": count}) + "\n")


def check(condition, why):
    if not condition:
        raise AssertionError(why)


def expect(got, wanted, what):
    if got != wanted:
        raise AssertionError(f"{what}: {got!r}, expected {wanted!r}")


def expect_in(part, text, what):
    if part not in text:
        raise AssertionError(f"{what}: {part!r} is not in {text!r}")


def chosen(cases, words):
    """The cases that are wanted and whose names contain one of the words, or all of them without words. cases: pairs of
    a name and a function."""
    return [(name, case) for name, case in cases
            if is_wanted(name) and (not words or any(word in name for word in words))]


def load_script(path):
    """A Python script, also one without .py in its name, as a module. Its folder is searched for what it imports."""
    sys.path.insert(0, os.fspath(path.parent))
    loader = importlib.machinery.SourceFileLoader(path.stem, os.fspath(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


def add_choice(parser):
    """The arguments of a suite's command line that choose cases."""
    parser.add_argument("--list", action="store_true", help="print the names of the cases, and run none")
    parser.add_argument("words", metavar="WORD", nargs="*", help="only cases whose name has it")


def list_cases(cases, words):
    """Prints the names of the chosen cases, one a line. Returns the exit code: 1 if there is none."""
    names = [name for name, _ in chosen(cases, words)]
    print("\n".join(names), flush=True)  # a script may end with os._exit
    return 0 if names else 1


def run_cases(cases, words=(), prefix="mocket-", prepare=pathlib.Path):
    """Runs the chosen cases. prepare makes a function's argument of the folder. Prints the closing line and returns the
    exit code, which is 1 if a case failed, and also if there was none to run."""
    passed = failed = skipped = 0
    for name, case in chosen(cases, words):
        with tempfile.TemporaryDirectory(prefix=prefix) as folder:
            try:
                case(prepare(pathlib.Path(folder).resolve()))
                passed += 1
            except Skip as reason:
                skipped += 1
                print(f"skipped: {name}: {reason}", flush=True)
            except Exception as problem:
                failed += 1
                kind = "" if type(problem) is AssertionError else f"{type(problem).__name__}: "
                print(f"FAILED: {name}: {kind}{problem}", flush=True)
                tell_failed(f"{kind}{problem}", name)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed + skipped else 0


def free_port():
    """A TCP port of this machine that nothing listens on. It is below those that the kernel gives to clients and to
    listeners on port 0: of these, other suites take thousands, and might take this one before it is used."""
    try:
        first = int(LOCAL_PORTS.read_text().split()[0])
    except OSError:
        first = 0
    for _ in range(100):
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", random.randrange(11000, first) if first > 12000 else 0))
                return s.getsockname()[1]
            except OSError:
                continue
    raise OSError("no free port was found")


def find_compiler():
    """A clang for wasm32-wasi, or None."""
    names = [os.environ.get("MOCKET_WASM_CC")]
    if os.environ.get("WASI_SDK_PATH"):
        names.append(os.environ["WASI_SDK_PATH"] + "/bin/clang")
    names += [f"clang-{version}" for version in (22, 23, 24, 21, 20, 19)] + ["clang"]
    return next((name for name in names if name and shutil.which(name)), None)


def cases_of(functions):
    """The functions test_* of a script as cases. functions: its globals()."""
    return [(name.removeprefix("test_"), test) for name, test in functions.items() if name.startswith("test_")]
