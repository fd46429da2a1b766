"""Scripts of calls, as the cases write them, for the guest puppet.c; and the results that they must have.

    op = sleep(req, 10) -> handle
    repeat 1000: sleep(req, 60000) -> 1000
    on 4: ws_send(ws, TEXT, "late") -> ECLOSED"""

import pathlib
import re
import struct
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER.parent.parent / "tools"), str(FOLDER.parent / "contract")]

import abi
import cases

LINE = re.compile(r"^(?:on (\d): |repeat (\d+): )?(?:(\w+) = )?(\w+)\((.*)\)(?: -> (.+))?$")
FIELD = re.compile(r"^([^:\s]+): ?(.*)$")
TABLE = abi.read()
CONSTANTS = {name: number for name, number, _ in TABLE.errors}
CONSTANTS |= {name: value for group in TABLE.groups for name, value in group.rows
              if group.name in ("OPTION", "DIRECTION", "CLOCK", "SOCKET", "LISTEN", "LIMIT", "LOG")
              or name in ("FOLLOW", "RETRY")}
CONSTANTS |= {f"REUSE_{name}": value for group in TABLE.groups if group.name == "REUSE" for name, value in group.rows}
METHODS = {name: int(number) for name, number in TABLE.methods}
IMPORTS = {row.name for row in TABLE.imports}
ANSWERS = ("respond", "respond_begin", "ws_accept")
ENDS = ("trap", "loop", "deep", "exit")  # they do not return, and have no result
NO_ANSWER = "nothing"
NEVER = "never"  # in the place of a result: this call does not return


ORIGIN = "{origin}"  # the address of the other server, in scripts


class BadScript(cases.BadCase):
    pass


def split(arguments):
    """At commas that stand in no quotes and no brackets."""
    parts, depth, quoted, part = [], 0, False, ""
    for c in arguments:
        quoted ^= c == '"'
        if not quoted:
            depth += (c == "(") - (c == ")")
        if c == "," and depth == 0 and not quoted:
            parts.append(part.strip())
            part = ""
        else:
            part += c
    return [*parts, part.strip()] if part.strip() else parts


def pairs(fields, at):
    """Rows of fields, and their texts, behind that offset."""
    rows, texts = b"", b""
    at += 16 * len(fields)
    for name, value in fields:
        for piece in (name, value):
            rows += struct.pack("<II", at + len(texts), len(piece))
            texts += piece
    return rows, texts


def fields_of(parts):
    found = []
    for part in parts:
        match = FIELD.match(part)
        if not match:
            raise BadScript(f"no field: {part!r}")
        found.append((cases.unescape(match[1].encode()), cases.unescape(match[2].encode())))
    return found


def head(parts):
    """A response head: head(200, name: value)."""
    fields = fields_of(parts[1:])
    rows, texts = pairs(fields, 16)
    return struct.pack("<4I", int(parts[0]), 0, len(fields), 16) + rows + texts


def ask(parts):
    """A message for `fetch`: ask(GET URL, flags=2, timeout=100, name: value)."""
    method, _, url = parts[0].partition(" ")
    settings = {"flags": 0, "timeout": 0, "number": METHODS.get(method, 0)}
    rest = list(parts[1:])
    while rest and re.match(r"^(flags|timeout|number)=", rest[0]):
        name, _, value = rest.pop(0).partition("=")
        settings[name] = CONSTANTS[value] if value in CONSTANTS else int(value)
    fields = fields_of(rest)
    rows, texts = pairs(fields, 64)
    names = 64 + len(rows) + len(texts)
    url = cases.unescape(url.encode())
    words = [settings["number"], settings["flags"], names, len(method), names + len(method), len(url), 0, 0, 0, 0,
             len(fields), 64, 0, 0, settings["timeout"], 0]
    return struct.pack("<16I", *words) + rows + texts + method.encode() + url


def bytes_of(argument):
    """The bytes of a text, or of a message; None when the argument is neither."""
    if argument.startswith('"') and argument.endswith('"') and len(argument) > 1:
        return cases.unescape(argument[1:-1].encode())
    match = re.match(r"^(head|ask)\((.*)\)$", argument)
    return {"head": head, "ask": ask}[match[1]](split(match[2])) if match else None


def words_of(argument):
    content = bytes_of(argument)
    if content is not None:
        return [f'"{content.hex()}', str(len(content))]
    if argument in CONSTANTS:
        return [str(CONSTANTS[argument])]
    if not re.match(r"^(-?\d+|0x[0-9a-f]+|[a-z_]\w*([+-]\w+)?)$", argument):
        raise BadScript(f"what is {argument!r}?")
    return [argument]


def translated(arguments):
    return [word for argument in split(arguments) for word in words_of(argument)]


def may_succeed(want):
    return want is None or bool({"0", "handle", "any"} & set(want.split(" | ")))


class Script:
    """The lines of a fence: text is what the guest gets; wanted, (what is called, what must come) each, and events, the
    same of each `on KIND`."""

    def __init__(self, lines, words=()):
        self.wanted, self.events, self.called = [], {}, set()
        self.lines, self.over, self.answered = [], False, False
        for line in lines:
            self.add(line)
        self.answers_itself = self.over or self.answered or "plain" in words

    def add(self, line):
        match = LINE.match(line)
        if not match:
            raise BadScript(f"no call: {line!r}")
        kind, times, name, verb, arguments, want = match.groups()
        self.called.add(verb)
        self.answered |= verb == NO_ANSWER or verb in ANSWERS and may_succeed(want) and not kind
        if verb == NO_ANSWER:
            return
        if times and name:
            raise BadScript("a repeated call has no name")
        before = (f"on {kind} " if kind else "") + (f"repeat {times} " if times else "") + (f"{name}=" if name else "")
        if want == NEVER:
            self.lines.append(("flush", ""))
        self.lines.append((before + verb, arguments))
        translated(arguments)  # so that a mistake is seen when the case is read
        if kind is None and not self.over:
            self.over = verb in ENDS or want == NEVER
            if not self.over:
                self.wanted.append((line, want))
        elif kind is not None and verb not in ENDS:
            self.events.setdefault(kind, []).append((line, want))

    def end_with_answer(self):
        self.add('respond(req, head(200), "done")')

    def text(self, tag, origin=ORIGIN):
        lines = [" ".join([call, *translated(arguments.replace(ORIGIN, origin))]) for call, arguments in self.lines]
        return "".join(f"{line};" for line in (f"@{tag}", *lines))


# ---- Results ----

def show(result):
    """A result as the cases write it."""
    if result.startswith("x"):
        content = bytes.fromhex(result[1:])
        return '"' + "".join(chr(b) if 32 <= b < 127 and b != 34 else f"\\x{b:02x}" for b in content) + '"'
    names = [name for name, number, _ in TABLE.errors if str(number) == result]
    return names[0] if names else result


def fits(want, result):
    """Does a result keep to what a case says of it?"""
    if want is None or want == "any":
        return True
    if " | " in want:
        return any(fits(part, result) for part in want.split(" | "))
    if want.startswith("~ "):
        return result.startswith("x") and re.fullmatch(want[2:].encode(), bytes.fromhex(result[1:]), re.S) is not None
    content = bytes_of(want)
    if content is not None:
        return result.startswith("x") and bytes.fromhex(result[1:]) == content[:500]
    if want == "none":
        return result == "none"
    if not re.fullmatch(r"-?\d+", result):
        return False
    if want == "handle":
        return int(result) > 0
    match = re.fullmatch(r"(<=|>=|<|>) (-?\d+)", want)
    if match:
        left, right = int(result), int(match[2])
        return {"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[match[1]]
    if want not in CONSTANTS and not re.fullmatch(r"-?\d+", want):
        raise BadScript(f"a result cannot be {want!r}")
    return int(result) == (CONSTANTS[want] if want in CONSTANTS else int(want))


def check(wanted, results):
    """What is wrong, or None."""
    for i, (line, want) in enumerate(wanted):
        if i >= len(results):
            return f"no result: {line}"
        if not fits(want, results[i]):
            return f"{line}\n    the result is {show(results[i])}"
    return f"results that no line has: {results[len(wanted):]}" if len(results) > len(wanted) else None
