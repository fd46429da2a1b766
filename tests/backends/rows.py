"""The backends of this folder as data (README.md)."""

import fnmatch
import pathlib
import re
import subprocess

FOLDER = pathlib.Path(__file__).resolve().parent
ROOT = FOLDER.parent.parent
KEY = re.compile(r"^(\w+)(?: (\S+))?: +(\S.*)$")
PLAIN = {"start": None, "prepare": None, "module": None, "ready": r"https?://127\.0\.0\.1:(\d+)", "stop": "TERM",
         "over": "port", "folder": None, "needs": None, "like": None, "asserts": "", "refuses": "start", "ids": "",
         "every": "1", "sample": "", "without": ""}  # one value each, by default
LISTS = ("suites", "env", "ignores")
NAMED = ("limit", "lacks", "unseen", "allows")


class BadRow(Exception):
    """A file of backends, or a use of a row, that does not keep to the form."""


class Missing(Exception):
    """What a backend needs and this machine lacks."""


class Backend:
    def __init__(self, name):
        self.name = name
        self.said = {}  # what this row says itself
        self.limit, self.lacks, self.unseen, self.allows = {}, {}, {}, {}

    def __getattr__(self, key):
        if key in PLAIN:
            return self.said.get(key, PLAIN[key])
        if key in LISTS:
            return self.said.get(key, [])
        raise AttributeError(key)

    def set(self, key, name, value):
        if key in NAMED and name:
            getattr(self, key)[name] = value
        elif key in LISTS and not name:
            self.said.setdefault(key, []).extend(value.split())
        elif key in PLAIN and not name and key not in self.said:
            self.said[key] = value
        else:
            raise BadRow(f"no such line in a row, or it stands there twice: {key} {name or ''}")

    def inherit(self, other):
        self.said = {**other.said, **self.said}
        for key in NAMED:
            setattr(self, key, {**getattr(other, key), **getattr(self, key)})

    def words_of(self, limits):
        """Limits, (name, value) each, as words of the command and as variables of the environment."""
        words, env = [], {}
        for name, value in limits:
            if name in self.ignores:
                continue
            if name not in self.limit:
                raise BadRow(f"backend {self.name} has no line `limit {name}`, and none `ignores: {name}`")
            text = self.limit[name].replace("{}", value)
            if text.startswith("env "):
                key, _, value = text[4:].partition("=")
                env[key] = value
            else:
                words += text.split()
        return words, env

    def is_unseen(self, name):
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in self.unseen)


def read_file(path, rows):
    row = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = KEY.match(line)
        if line.startswith("## "):
            row = Backend(line[3:].strip())
            if row.name in rows:
                raise BadRow(f"{path.name}:{number}: a second row {row.name}")
            rows[row.name] = row
        elif match and row and match[1] in (*PLAIN, *LISTS, *NAMED):
            try:
                row.set(*match.groups())
            except BadRow as problem:
                raise BadRow(f"{path.name}:{number}: {problem}") from None


def resolve(name, rows, below=()):
    row = rows[name]
    if row.like:
        if row.like in below or row.like not in rows:
            raise BadRow(f"{name}: it cannot be like {row.like}")
        resolve(row.like, rows, (*below, name))
        row.inherit(rows[row.like])
    return row


def read(suite=None):
    """The rows by name, in the order of the files; suite: those that run it."""
    rows = {}
    for path in sorted(FOLDER.glob("*.md"), key=lambda path: (path.name != "c.md", path.name)): # our own first
        if path.name != "README.md":
            read_file(path, rows)
    for name, row in rows.items():
        resolve(name, rows)
        if not row.start or not row.suites:
            raise BadRow(f"{name}: `start` or `suites` is missing")
    return {name: row for name, row in rows.items() if suite is None or suite in row.suites}


def check_lacks(rows, used, instead):
    """used: words of `requires`; instead: (name of a limitation, backends) for each case that shows what happens
    instead of it."""
    for row in rows.values():
        for name in set(row.lacks) & set(used):
            shown = any(what == name and row.name in backends for what, backends in instead)
            if not shown and not row.is_unseen(name):
                raise BadRow(f"{row.name} lacks `{name}`: a case `only: {row.name}`, `instead: {name}` must show what "
                             f"happens there, or a line `unseen {name}` say why none can")


# ---- Words in braces ----

def find_runtimes(_build):
    """Where tools/setup-js has installed the JavaScript runtimes."""
    found = subprocess.run([ROOT / "tools/setup-js", "--find"], capture_output=True, text=True)
    if found.returncode != 0:
        raise Missing("no JavaScript runtimes (tools/setup-js)")
    return found.stdout.strip()


def lay_out_package(build):
    """A folder in which the package of hosts/js lies as if it were installed, beside `ws`."""
    modules = build / "js/node_modules"
    modules.mkdir(parents=True, exist_ok=True)
    ws = pathlib.Path(find_runtimes(build)) / "node_modules/ws"
    for name, target in (("mocket", ROOT / "hosts/js"), ("ws", ws)):
        link = modules / name
        if not link.is_symlink() or link.readlink() != target:
            link.unlink(missing_ok=True)
            link.symlink_to(target)
    return str(modules / "mocket")


def find_hosts(_build):
    """Where tools/setup-hosts has installed wasmtime, jco and lighttpd."""
    found = subprocess.run([ROOT / "tools/setup-hosts", "--find"], capture_output=True, text=True)
    if found.returncode != 0:
        raise Missing("no hosts for components and CGI (tools/setup-hosts)")
    return found.stdout.strip()


def find_viceroy(_build):
    """Where tools/setup-hosts has built Fastly's local engine."""
    found = subprocess.run([ROOT / "tools/setup-hosts", "--find", "viceroy"], capture_output=True, text=True)
    if found.returncode != 0:
        raise Missing("no Viceroy (tools/setup-hosts viceroy builds it, in about 20 minutes)")
    return found.stdout.strip()


FOUND = {"runtimes": find_runtimes, "package": lay_out_package, "hosts": find_hosts, "viceroy": find_viceroy}


def fill(text, build, **words):
    """A text with its words in braces; Missing where this machine has not what one of them names."""
    words = {"build": str(build), "root": str(ROOT), **words}

    def word(match):
        name = match[1]
        if name in FOUND:
            return FOUND[name](build)
        if name not in words:
            raise BadRow(f"there is no {{{name}}} here: {text}")
        return words[name]

    return re.sub(r"\{(\w+)\}", word, text)


def what_is_missing(row, build):
    """What this backend needs and this machine lacks, or None."""
    try:
        for text in (row.start, row.prepare or ""):
            for name in re.findall(r"\{(\w+)\}", text):
                if name in FOUND:
                    FOUND[name](build)
        if row.needs:
            pattern, _, remark = row.needs.partition(": ")
            path = pathlib.Path(fill(pattern, build))
            if not any(path.parent.glob(path.name)):
                raise Missing(f"no {path} ({remark})")
    except Missing as problem:
        return str(problem)
    return None
