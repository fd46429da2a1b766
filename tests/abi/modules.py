"""Guests of this folder as modules: compiled once, then changed byte by byte into shapes that no compiler makes."""

import hashlib
import os
import pathlib
import re
import subprocess

FOLDER = pathlib.Path(__file__).resolve().parent
ROOT = FOLDER.parent.parent
FLAGS = ["--target=wasm32-wasi", "-Wno-deprecated", "-Wno-infinite-recursion", "-std=gnu17", "-O1", "-Wl,--strip-debug",
         f"-I{ROOT / 'include'}"]
REACTOR = "-mexec-model=reactor"
GUESTS = {  # name: source, flags
    "direct": ("puppet.c", [REACTOR]),
    "events": ("puppet.c", [REACTOR, "-DEVENTS"]),
    "command": ("command.c", []),
}
MARK = b"@@start-script@@"
START_MAX = 4096
IMPORTS, MEMORIES, EXPORTS, START = 2, 5, 7, 8


class BadModule(Exception):
    """A change that does not fit the module."""


def newest_source():
    sources = [*FOLDER.glob("*.[ch]"), ROOT / "include/mocket_abi.h", ROOT / "include/mocket.h", FOLDER / "modules.py"]
    return max(path.stat().st_mtime for path in sources)


class Modules:
    """Files in a folder of the build."""

    def __init__(self, folder, compiler):
        self.folder, self.compiler, self.made = folder, compiler, {}
        folder.mkdir(parents=True, exist_ok=True)

    def compile(self, guest):
        if guest not in self.made:
            source, flags = GUESTS[guest]
            out = self.folder / f"{guest}.wasm"
            if not out.exists() or out.stat().st_mtime < newest_source():
                made = self.folder / f"{guest}.{os.getpid()}.tmp"
                subprocess.run([self.compiler, *FLAGS, *flags, FOLDER / source, "-o", made], check=True)
                made.replace(out)
            self.made[guest] = out.read_bytes()
        return self.made[guest]

    def get(self, guest, start, changes):
        """The path of a guest with that start script and these changes."""
        module = self.compile(guest)
        if len(start) >= START_MAX:
            raise BadModule("the start script is too long")
        module = change(module.replace(MARK, start.ljust(len(MARK), b"\0"), 1) if len(start) <= len(MARK)
                        else put_start(module, start), changes)
        return self.write(f"{guest}-{hashlib.sha256(module).hexdigest()[:12]}.wasm", module)

    def write(self, name, content):
        path = self.folder / name
        if not path.exists() or path.read_bytes() != content:
            made = self.folder / f"{name}.{os.getpid()}.tmp"
            made.write_bytes(content)
            made.replace(path)
        return path


def put_start(module, start):
    """A data segment begins with the mark, or has it inside; the bytes behind it are zeros of the same array."""
    at = module.find(MARK)
    if at < 0:
        return module
    if any(module[at + len(MARK):at + len(start)]):
        raise BadModule("the start script would overwrite other data")
    return module[:at] + start + module[at + len(start):]


# ---- Reading and writing ----

def number(value):
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        self.at += count
        return self.data[self.at - count:self.at]

    def number(self):
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value, shift = value | (byte & 127) << shift, shift + 7
            if byte < 128:
                return value

    def text(self):
        return self.take(self.number()).decode()


def text(value):
    return number(len(value.encode())) + value.encode()


def sections(module):
    reader = Reader(module)
    reader.take(8)
    while reader.at < len(module):
        kind = reader.take(1)[0]
        yield kind, reader.take(reader.number())


def section(kind, content):
    return bytes([kind]) + number(len(content)) + content


def read_imports(content):
    """[module, name, kind, what is behind it]"""
    reader, rows = Reader(content), []
    for _ in range(reader.number()):
        module, name, kind = reader.text(), reader.text(), reader.take(1)
        if kind != b"\0":
            raise BadModule(f"the import {module}.{name} is no function")
        rows.append([module, name, kind, number(reader.number())])
    return rows


def read_exports(content):
    """[name, kind, index]"""
    reader = Reader(content)
    return [[reader.text(), reader.take(1), reader.number()] for _ in range(reader.number())]


def write_imports(rows):
    return number(len(rows)) + b"".join(text(module) + text(name) + kind + rest for module, name, kind, rest in rows)


def write_exports(rows):
    return number(len(rows)) + b"".join(text(name) + kind + number(index) for name, kind, index in rows)


# ---- Changes ----

def row_of(rows, name, column):
    for row in rows:
        if row[column] == name:
            return row
    raise BadModule(f"the module has no {name}")


def rename_import(parts, name, module, new):
    row = row_of(parts[IMPORTS], name, 1)
    row[0], row[1] = module, new


def drop_export(parts, name):
    parts[EXPORTS].remove(row_of(parts[EXPORTS], name, 0))


def rename_export(parts, name, new):
    row_of(parts[EXPORTS], name, 0)[0] = new


def swap_export(parts, name, other):
    row_of(parts[EXPORTS], name, 0)[1:] = row_of(parts[EXPORTS], other, 0)[1:]


def share_memory(parts):
    reader = Reader(parts[MEMORIES])
    reader.take(2)
    parts[MEMORIES] = b"\1\3" + number(reader.number()) + number(65536)


def set_memory(parts, pages):
    parts[MEMORIES] = b"\1\0" + number(int(pages))


def set_start(parts, name):
    parts[START] = number(row_of(parts[EXPORTS], name, 0)[2])


CHANGES = [  # a line, what it does with the parts of the module
    (r"import (\w+) is (\w+)\.(\w+)", rename_import),
    (r"no export (\w+)", drop_export),
    (r"export (\w+) is named (\w+)", rename_export),
    (r"export (\w+) is (\w+)", swap_export),
    (r"memory is shared", share_memory),
    (r"memory has (\d+) pages", set_memory),
    (r"start section calls (\w+)", set_start),
]


def change(module, lines):
    if not lines:
        return module
    kept = list(sections(module))
    parts = dict(kept)
    parts.update({IMPORTS: read_imports(parts[IMPORTS]), EXPORTS: read_exports(parts[EXPORTS])})
    for line in lines:
        for pattern, apply in CHANGES:
            match = re.fullmatch(pattern, line)
            if match:
                apply(parts, *match.groups())
                break
        else:
            raise BadModule(f"what is {line!r}?")
    new = {IMPORTS: write_imports(parts[IMPORTS]), EXPORTS: write_exports(parts[EXPORTS]), MEMORIES: parts[MEMORIES]}
    out = module[:8]
    for kind, content in kept:
        content = new.get(kind, content)
        out += section(kind, content)
        if kind == EXPORTS and START in parts:
            out += section(START, parts[START])
    return out
