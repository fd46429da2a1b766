"""The cases of this folder as data: reads tests/contract/*.md (README.md there describes the form)."""

import pathlib
import re

FOLDER = pathlib.Path(__file__).resolve().parent
HEADING = re.compile(r"^## ((?:[A-Z]-\d\d)(?:, [A-Z]-\d\d)*) (.+)$")
SETTING = re.compile(r"^(app|requires|splits): *(.*)$")
ESCAPE = re.compile(rb"\\x([0-9a-fA-F]{2})|\\([rnt0\\])|\{\{(.+?)\*(\d+)\}\}")
PLAIN = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"0": b"\0", b"\\": b"\\"}
FENCES = ("request", "raw", "answer", "log")


class BadCase(Exception):
    """A case file that does not keep to the form."""


class Expected:
    """What one answer must be."""

    def __init__(self):
        self.status_line = None  # a whole one, when the case gives version and reason
        self.status = 0
        self.fields = []  # (kind, name, value): kind "is", "absent" or "spelled"
        self.body = None  # None: not looked at; else a line "~ regex", "= N bytes", or bytes
        self.closed = False
        self.cut = False
        self.text = ""


class Step:
    """Requests that go out together, the answers that must come before anything else is sent, and lines of the log."""

    def __init__(self):
        self.requests = []  # (method, bytes)
        self.shut = False  # the client ends its side behind them
        self.answers = []
        self.logs = []


class Case:
    def __init__(self, path, line, ids, title):
        self.path, self.line, self.ids, self.title = path, line, ids, title
        self.section = path.stem
        self.app = None
        self.requires = []
        self.splits = False
        self.steps = []

    @property
    def heading(self):
        return f"{', '.join(self.ids)} {self.title}"

    @property
    def name(self):
        return f"{self.path.name}:{self.line} {self.heading}"


def unescape(data):
    """Bytes of a line: \\xHH \\r \\n \\t \\0 \\\\ and {{text*times}}."""

    def one(match):
        if match.group(1):
            return bytes([int(match.group(1), 16)])
        if match.group(2):
            return PLAIN[match.group(2)]
        return unescape(match.group(3)) * int(match.group(4))

    return ESCAPE.sub(one, data)


def wire_lines(lines):
    return [unescape(line.encode()) for line in lines]


def has_field(head, name):
    return any(line.lower().startswith(name + b":") for line in head)


def build_request(lines, raw):
    """(method, bytes). A short form, without a version, gets one, and Host and Content-Length where missing."""
    rows = wire_lines(lines)
    method = (rows[0] if rows else b"").split(b" ")[0].decode("latin-1")
    if raw:
        return method, b"\r\n".join(rows)
    blank = rows.index(b"") if b"" in rows else len(rows)
    head, body = rows[:blank], b"\r\n".join(rows[blank + 1 :])
    if b" HTTP/" not in head[0]:
        head[0] += b" HTTP/1.1"
        if not has_field(head, b"host"):
            head.insert(1, b"Host: localhost")
        framed = has_field(head, b"content-length") or has_field(head, b"transfer-encoding")
        if blank < len(rows) and not framed:
            head.append(b"Content-Length: %d" % len(body))
    return method, b"\r\n".join(head) + b"\r\n\r\n" + body


def build_field(line):
    match = re.match(r"^([!=]?)([^:\s]+)(?:: ?(.*))?$", line)
    if not match or (match.group(1) != "!") == (match.group(3) is None):
        raise BadCase(f"bad header line in an answer: {line!r}")
    kind = {"": "is", "!": "absent", "=": "spelled"}[match.group(1)]
    return kind, match.group(2), match.group(3)


def build_body(lines):
    if len(lines) == 1 and lines[0].startswith(("~ ", "= ")):
        return lines[0]
    return b"\n".join(wire_lines(lines))


def build_answer(lines, words):
    want = Expected()
    want.text = "\n".join(lines)
    want.closed = "closed" in words
    want.cut = "cut" in words
    match = re.match(r"^(HTTP/1\.1 )?(\d{3})( .*)?$", lines[0] if lines else "")
    if not match or set(words) - {"closed", "cut"}:
        raise BadCase(f"bad answer: {lines[:1]} {words}")
    want.status = int(match.group(2))
    want.status_line = lines[0] if match.group(1) else None
    blank = lines.index("") if "" in lines else len(lines)
    want.fields = [build_field(line) for line in lines[1:blank]]
    if blank < len(lines):
        want.body = build_body(lines[blank + 1 :])
    return want


def add_block(case, kind, words, lines):
    if kind in ("request", "raw"):
        if not case.steps or case.steps[-1].answers or case.steps[-1].logs:
            case.steps.append(Step())
        if words not in ([], ["shut"]):
            raise BadCase(f"a request cannot be {words}")
        case.steps[-1].requests.append(build_request(lines, kind == "raw"))
        case.steps[-1].shut = bool(words)
    elif not case.steps:
        raise BadCase("an answer before any request")
    elif kind == "answer":
        case.steps[-1].answers.append(build_answer(lines, words))
    else:
        case.steps[-1].logs += lines


def set_option(target, key, value):
    if key == "app":
        target.app = value
    elif key == "requires":
        target.requires = target.requires + value.replace(",", " ").split()
    elif value != "all":
        raise BadCase(f"splits: {value}")
    else:
        target.splits = True


def read_file(path):
    """The cases of one file. Settings before the first heading hold for all of them."""
    common = Case(path, 0, [], "")
    cases, case, fence = [], common, None
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        try:
            if fence is not None:
                if line != "```":
                    fence[2].append(line)
                    continue
                add_block(case, *fence)
                fence = None
            elif line.startswith("```"):
                words = line[3:].split()
                if not words or words[0] not in FENCES or case is common:
                    raise BadCase(f"unknown fence {line!r}")
                fence = (words[0], words[1:], [])
            elif line.startswith("## "):
                match = HEADING.match(line)
                if not match:
                    raise BadCase(f"a heading without an id: {line!r}")
                case = Case(path, number, match.group(1).split(", "), match.group(2))
                case.app, case.requires = common.app, list(common.requires)
                cases.append(case)
            elif SETTING.match(line):
                set_option(case, *SETTING.match(line).groups())
        except (BadCase, ValueError) as problem:
            raise BadCase(f"{path.name}:{number}: {problem}") from None
    check_file(path, cases, fence)
    return cases


def check_file(path, cases, fence):
    if fence is not None:
        raise BadCase(f"{path.name}: a fence is not closed")
    for case in cases:
        if not case.app:
            raise BadCase(f"{case.name}: no app")
        if not case.steps or not any(step.answers or step.logs for step in case.steps):
            raise BadCase(f"{case.name}: nothing to check")


def read_all():
    cases = []
    for path in sorted(FOLDER.glob("*.md")):
        if path.name != "README.md":
            cases += read_file(path)
    return cases


def read_shared_ids():
    """The ids that docs/contract.md marks B, and not B/X."""
    text = (FOLDER.parent.parent / "docs/contract.md").read_text(encoding="utf-8")
    return set(re.findall(r"^- ([A-Z]-\d\d) B ", text, re.MULTILINE))


def read_table(name):
    """Rows of a text file: words up to a reason; lines that begin with # are remarks."""
    rows = []
    for line in (FOLDER / name).read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            rows.append(line)
    return rows
