"""The cases of this folder as data: reads tests/contract/*.md (README.md there describes the form)."""

import copy
import fnmatch
import pathlib
import re

import frames

FOLDER = pathlib.Path(__file__).resolve().parent
HEADING = re.compile(r"^## ((?:[A-Z]-\d\d)(?:, [A-Z]-\d\d)*) (.+)$")
SETTING = re.compile(r"^(app|requires|splits|limits|only|instead|host): *(.*)$")
ESCAPE = re.compile(rb"\\x([0-9a-fA-F]{2})|\\([rnt0\\])|\{\{(.+?)\*(\d+)\}\}")
PLAIN = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"0": b"\0", b"\\": b"\\"}
TIME = re.compile(r"^(\d+)(ms|s)$")
HANDSHAKE = (("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
             ("Sec-WebSocket-Key", frames.KEY))


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
        self.eventually = False  # ask again until it is like this
        self.after_s = self.within_s = None  # since the last byte was sent on that connection
        self.text = ""


class Step:
    """One thing that the client does, or must see: a fence. do: a method of session.Session."""

    def __init__(self, do, on, what):
        self.do, self.on, self.what = do, on, what  # on: the name of the connection, "" where there is but one


class Request:
    def __init__(self, method, bytes_, key=None):
        self.method, self.bytes_, self.key = method, bytes_, key
        self.shut = self.blind = False  # what is said behind the fence's name


class Frame:
    """What one frame must be: a payload as bytes, "~ regex" or "= N bytes"; code: of a close, else None; many: as many
    of that name as come."""

    def __init__(self, name, code, payload, many):
        self.name, self.code, self.payload, self.many = name, code, payload, many


class Case:
    def __init__(self, path, line, ids, title):
        self.path, self.line, self.ids, self.title = path, line, ids, title
        self.section = path.stem
        self.app = None
        self.requires = []
        self.splits = False
        self.limits = []  # (name, value) each, as tests/backends/README.md has them
        self.only = []  # the backends that it is about, as patterns; none: all
        self.instead = []  # limitations of these backends: it shows what happens there instead
        self.steps = []

    def inherit(self, common):
        """What stands in front of the first heading of the file."""
        self.app, self.requires, self.limits = common.app, list(common.requires), list(common.limits)
        self.only = list(common.only)

    def is_for(self, backend):
        return not self.only or any(fnmatch.fnmatchcase(backend, pattern) for pattern in self.only)

    def is_named(self, word):
        """Whether --only WORD runs it: an id, its app, or text that is part of its file, line, ids or title."""
        return word in self.ids or word in self.name or word == self.app

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


def build_request(lines, raw, socket=False):
    """A short form, without a version, gets one, and Host and Content-Length where missing; socket: what a handshake
    has, too."""
    rows = wire_lines(lines)
    method = (rows[0] if rows else b"").split(b" ")[0].decode("latin-1")
    if raw:
        return Request(method, b"\r\n".join(rows), key=find_key(rows))
    blank = rows.index(b"") if b"" in rows else len(rows)
    head, body = rows[:blank], b"\r\n".join(rows[blank + 1 :])
    if b" HTTP/" not in head[0]:
        head[0] += b" HTTP/1.1"
        if not has_field(head, b"host"):
            head.insert(1, b"Host: localhost")
        framed = has_field(head, b"content-length") or has_field(head, b"transfer-encoding")
        if blank < len(rows) and not framed:
            head.append(b"Content-Length: %d" % len(body))
    for name, value in HANDSHAKE if socket else ():
        if not has_field(head, name.lower().encode()):
            head.append(f"{name}: {value}".encode())
    return Request(method, b"\r\n".join(head) + b"\r\n\r\n" + body, key=find_key(head))


def find_key(head):
    keys = [line.split(b":", 1)[1].strip().decode("latin-1") for line in head
            if line.lower().startswith(b"sec-websocket-key:")]
    return keys[0] if keys else None


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


def build_time(text):
    match = TIME.match(text)
    if not match:
        raise BadCase(f"a time such as 300ms or 2s is needed, not {text!r}")
    return int(match.group(1)) * (0.001 if match.group(2) == "ms" else 1)


def read_words(want, words):
    words = list(words)
    while words:
        word = words.pop(0)
        if word in ("closed", "cut", "eventually"):
            setattr(want, word, True)
        elif word in ("after", "within") and words:
            setattr(want, word + "_s", build_time(words.pop(0)))
        else:
            raise BadCase(f"an answer cannot be {word}")


def build_answer(lines, words):
    want = Expected()
    want.text = "\n".join(lines)
    read_words(want, words)
    match = re.match(r"^(HTTP/1\.1 )?(\d{3})( .*)?$", lines[0] if lines else "")
    if not match:
        raise BadCase(f"bad answer: {lines[:1]}")
    want.status = int(match.group(2))
    want.status_line = lines[0] if match.group(1) else None
    blank = lines.index("") if "" in lines else len(lines)
    want.fields = [build_field(line) for line in lines[1:blank]]
    if blank < len(lines):
        want.body = build_body(lines[blank + 1 :])
    return want


def kept(want):
    """The same answer on a connection that goes on."""
    other = copy.copy(want)
    other.closed = False
    other.fields = [field for field in want.fields if field[1].lower() != "connection"]
    return other


def build_sent(line):
    """The bytes of one frame, or None for the pong that repeats the last ping."""
    words = line.split(" ")
    settings = []
    while frames.SETTING.match(words[0]):
        settings.append(words.pop(0))
    kind, payload = words[0], " ".join(words[1:])
    if kind == "raw" and not settings:
        return unescape(payload.encode())
    if kind not in frames.OPCODES:
        raise BadCase(f"no such frame: {line!r}")
    if kind == "pong" and payload == "=":
        return None
    if kind == "close":
        return frames.make(kind, settings, frames.close_payload(payload, unescape))
    return frames.make(kind, settings, unescape(payload.encode()))


def build_seen(line):
    many = line.startswith("many ")
    name, _, rest = line.removeprefix("many ").partition(" ")
    code = None
    if name not in ("text", "binary", "ping", "pong", "close", "end", "reset"):
        raise BadCase(f"no such frame: {line!r}")
    if name == "close":
        number, _, rest = rest.partition(" ")
        code = int(number) if number else 0
    payload = rest if rest.startswith(("~ ", "= ")) else unescape(rest.encode())
    return Frame(name, code, payload, many)


def plain(words, allowed=()):
    if [word for word in words if word not in allowed] or len(words) > 1:
        raise BadCase(f"what is {words}?")
    return words[0] if words else ""


def build_end(words, lines):
    """Within that many seconds."""
    if words and (len(words) != 2 or words[0] != "within"):
        raise BadCase(f"an end cannot be {words}")
    return build_time(words[1]) if words else None


def send_step(words, lines):
    return [build_sent(line) for line in lines]


def request_step(raw, socket=False):
    def build(words, lines):
        request = build_request(lines, raw, socket)
        how = plain(words, ("shut", "blind"))
        request.shut, request.blind = how == "shut", how == "blind"
        return request

    return build


FENCES = {  # name: what is done (a method of session.Session), how its words and lines are read
    "request": ("send_request", request_step(False)),
    "raw": ("send_request", request_step(True)),
    "answer": ("read_answer", lambda words, lines: build_answer(lines, words)),
    "log": ("check_log", lambda words, lines: lines),
    "open": ("open_socket", request_step(False, socket=True)),
    "send": ("send_frames", send_step),
    "frames": ("read_frames", lambda words, lines: [build_seen(line) for line in lines]),
    "quiet": ("keep_quiet", lambda words, lines: build_time(words[0]) if words else 0),
    "end": ("see_end", build_end),
    "leave": ("leave", lambda words, lines: plain(words, ("reset",))),
    "stop": ("stop_server", lambda words, lines: plain(words)),
}


def add_block(case, form, kind, words, lines):
    do, build = form.fences[kind]
    on = [word[1:] for word in words if word.startswith("@")]
    if not case.steps and kind in ("answer", "log", "frames"):
        raise BadCase(f"{kind} before any request")
    case.steps.append(Step(do, on[0] if on else "", build([word for word in words if word[0] != "@"], lines)))


def set_option(target, key, value):
    if key == "app":
        target.app = value
    elif key == "requires":
        target.requires = target.requires + value.replace(",", " ").split()
    elif key == "limits":
        target.limits = target.limits + [tuple(word.split("=", 1)) for word in value.split()]
    elif key == "only":
        target.only = target.only + value.split()
    elif key == "instead":
        target.instead.append(value)
    elif key == "host":
        raise BadCase("`host: --timeout 1s` is `limits: timeout=1s` (tests/backends/README.md)")
    elif value != "all":
        raise BadCase(f"splits: {value}")
    else:
        target.splits = True


class Form:
    """How the files of a folder write their cases; tests/abi has another one."""

    heading, setting, fences = HEADING, SETTING, FENCES
    checks = ("read_answer", "check_log", "read_frames", "see_end")  # a case has one of these steps

    @staticmethod
    def make(path, line, ids, title):
        return Case(path, line, ids.split(", "), title)

    @staticmethod
    def set(case, key, value):
        set_option(case, key, value)


def read_file(path, form=Form):
    """The cases of one file. Settings before the first heading hold for all of them."""
    common = form.make(path, 0, "", "")
    cases, case, fence = [], common, None
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        try:
            if fence is not None:
                if line != "```":
                    fence[2].append(line)
                    continue
                add_block(case, form, *fence)
                fence = None
            elif line.startswith("```"):
                words = line[3:].split()
                if not words or words[0] not in form.fences or case is common:
                    raise BadCase(f"unknown fence {line!r}")
                fence = (words[0], words[1:], [])
            elif line.startswith("## "):
                match = form.heading.match(line)
                if not match:
                    raise BadCase(f"a heading of another form: {line!r}")
                case = form.make(path, number, *match.groups())
                case.inherit(common)
                cases.append(case)
            elif form.setting.match(line):
                form.set(case, *form.setting.match(line).groups())
        except (BadCase, ValueError) as problem:
            raise BadCase(f"{path.name}:{number}: {problem}") from None
    check_file(path, cases, fence, form.checks)
    return cases


def check_file(path, cases, fence, checks):
    if fence is not None:
        raise BadCase(f"{path.name}: a fence is not closed")
    for case in cases:
        if not case.app:
            raise BadCase(f"{case.name}: no app")
        if not any(step.do in checks for step in case.steps):
            raise BadCase(f"{case.name}: nothing to check")


def read_all():
    cases = []
    for path in sorted(FOLDER.glob("*.md")):
        if path.name != "README.md":
            cases += read_file(path)
    return cases


def check_backends(cases, backends):
    """`only` names backends that there are; `instead` is said of some backends alone."""
    for case in cases:
        for pattern in case.only:
            if not fnmatch.filter(backends, pattern):
                raise BadCase(f"{case.name}: there is no backend {pattern}")
        if case.instead and not case.only:
            raise BadCase(f"{case.name}: `instead` needs `only`")


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
