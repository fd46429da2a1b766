"""Cases of this folder, and what runs one: a client whose requests carry scripts for the guest (README.md)."""

import itertools
import os
import pathlib
import re
import sys
import time

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [os.fspath(FOLDER.parent / name) for name in ("backends", "contract")]

import cases
import frames
import script
import session
from session import Failure

GUESTS = ("direct", "events")
HEADING = re.compile(r"^## (\d+) ([^:]+): (.+)$")
SETTING = re.compile(r"^(guest|requires|limits|only|instead|splits): *(.*)$")
RESULT = r"abi {}(?![\w-]) ?([^\r\n]*)"
tags = itertools.count(1)


class Case(cases.Case):
    def __init__(self, path, line, section, subjects, title):
        super().__init__(path, line, [word.strip() for word in subjects.split(",")], title)
        self.section = f"section {section}"
        self.app = "guest"
        self.guests = list(GUESTS)
        self.start = None  # the script of the start, instead of START
        self.module, self.file = [], None  # changes of the module; other bytes in its place
        self.refused = None

    def inherit(self, common):
        super().inherit(common)
        self.guests = list(common.guests)

    @property
    def heading(self):
        return f"{self.section.removeprefix('section ')} {', '.join(self.ids)} {self.title}"

    def is_named(self, word):
        """Whether --only WORD runs it: text that is part of its file, line, section, subject or title."""
        return word in f"{self.section} {self.name}"


class Do:
    """A script that goes out with a request, or as a message."""

    def __init__(self, script_, words, request):
        self.script, self.request = script_, request
        self.socket = "open" in words
        self.later = "later" in words or script_.answers_itself
        if not script_.answers_itself:
            script_.end_with_answer()


def build_do(words, lines):
    unknown = set(words) - {"open", "later", "plain", "shut"}
    if unknown:
        raise cases.BadCase(f"a script cannot be {unknown}")
    request = [line[2:] for line in lines if line.startswith("> ") or line == ">"]
    return Do(script.Script([line for line in lines if not line.startswith(">")], words), words,
              request or ["GET /"])


def take_lines(key):
    def build(words, lines):
        return key, lines

    return build


class Form(cases.Form):
    heading, setting = HEADING, SETTING
    checks = ("do", "read_answer", "check_log", "read_frames", "see_end", "declare")
    fences = {**cases.FENCES, "do": ("do", build_do),
              "say": ("say", lambda words, lines: script.Script(lines, ["plain"])),
              "events": ("see_events", lambda words, lines: lines),
              **{key: ("declare", take_lines(key)) for key in ("start", "module", "file", "refused")}}

    @staticmethod
    def make(path, line, section, subjects="", title=""):
        return Case(path, line, section, subjects, title)

    @staticmethod
    def set(case, key, value):
        if key == "guest":
            case.guests = value.split()
        else:
            cases.set_option(case, key, value)


def needs_of(case):
    """Words of `requires` that follow from the case: it opens a socket, sends requests."""
    scripts = [step.what.script for step in case.steps if step.do == "do"] + [case.start] * bool(case.start)
    opens = any(step.do == "do" and step.what.socket for step in case.steps)
    return ["ws"] * opens + ["fetch"] * any("fetch" in some.called for some in scripts)


def settle(case):
    """Fences that say something about the whole case become its attributes."""
    for step in [step for step in case.steps if step.do == "declare"]:
        key, lines = step.what
        if key == "start":
            case.start = script.Script(lines, ["plain"])
        elif key == "file":
            case.file = cases.unescape("\n".join(lines).encode())
        else:
            setattr(case, key, lines)
    case.steps = [step for step in case.steps if step.do != "declare"]
    case.requires += [] if case.instead else needs_of(case)


def read_all():
    found = []
    for path in sorted(FOLDER.glob("*.md")):
        if path.name != "README.md":
            found += cases.read_file(path, Form)
    for case in found:
        settle(case)
    return found


def default_start(guest):
    reuse = {"direct": "REUSE_SERIAL", "events": "REUSE_CONCURRENT"}.get(guest, "REUSE_SERIAL")
    return script.Script([f'listen(1, {script.CONSTANTS[reuse]}, "") -> 0'], ["plain"])


def start_text(case, guest):
    return (case.start or default_start(guest)).text("start").encode()


# ---- One case ----

class Session(session.Session):
    def __init__(self, case, server, origin):
        super().__init__(case, server, False)
        self.scripts = []  # (tag, script, connection)
        self.opened = {}  # connection: the tag of the script that accepted it
        self.origin = origin

    def do(self, connection, do):
        tag = f"t{next(tags)}"
        self.scripts.append((tag, do.script))
        lines = list(do.request)
        lines.insert(1, f"X-Do: {do.script.text(tag, self.origin.url)}".replace("\\", "\\\\"))
        request = cases.build_request(lines, False, socket=do.socket)
        if do.socket:
            self.opened[connection] = tag
            self.open_socket(connection, request)
            return
        self.send_request(connection, request)
        if not do.later:
            self.read_answer(connection, cases.build_answer(["200", "", "done"], []))

    def say(self, connection, script_):
        session.must_be_socket(connection)
        tag = f"t{next(tags)}"
        self.scripts.append((tag, script_))
        connection.send(frames.make("text", [], script_.text(tag, self.origin.url).encode()), False)

    def lines_of(self, tag):
        log = self.server.read_log(0).decode("latin-1")
        return re.findall(RESULT.format(tag), log)

    def wait_for(self, look):
        """Until there is nothing wrong; else what was wrong in the end."""
        until = time.monotonic() + session.LOG_TIMEOUT_S
        while True:
            problem = look()
            if not problem or time.monotonic() > until:
                return problem
            time.sleep(0.02)

    def results_of(self, tag):
        words = [word for line in self.lines_of(tag) if not line.startswith("event ") for word in line.split()]
        return words[:len(self.case.start.wanted)] if tag == "start" else words  # each instance starts

    def check_scripts(self):
        rows = [("start", self.case.start)] if self.case.start else []
        for tag, script_ in [*rows, *self.scripts]:
            parts = [(tag, script_.wanted), *((f"{tag}-on{kind}", rows) for kind, rows in script_.events.items())]
            for name, wanted in parts:
                problem = self.wait_for(lambda name=name, wanted=wanted: script.check(wanted, self.results_of(name)))
                if problem:
                    raise Failure(f"{problem}\n  log:\n{session.show(self.server.read_log(self.log_start)[-3000:])}")

    def see_events(self, connection, wanted):
        tag = self.opened[connection]

        def look():
            got = [line.removeprefix("event ").rstrip() for line in self.lines_of(tag) if line.startswith("event ")]
            return None if got == wanted else f"the events must be {wanted}, are {got}"

        problem = self.wait_for(look)
        if problem:
            raise Failure(problem)

    def run(self):
        self.log_start = self.server.log_len()
        super().run()
        self.check_scripts()

    def goes_on(self):
        """Whatever the case did: the next request is served."""
        connection = self.server.connect(False)
        try:
            connection.asked.append(cases.Request("GET", b""))
            connection.send(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", False)
            got = connection.reader.read("GET")
            if (got.status, got.body) != (200, b"hello"):
                raise Failure(f"behind the case a plain request is answered {got.status} {got.body[:100]!r}")
        except (session.wire.Broken, session.wire.Ended, session.wire.Late) as problem:
            raise Failure(f"behind the case a plain request has no answer: {problem}") from None
        finally:
            connection.close()


def run_case(case, server, origin):
    one = Session(case, server, origin)
    one.run()
    if not one.stopped:
        one.goes_on()
