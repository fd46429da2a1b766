"""WebAssembly as bytes: modules that tools/component-template makes, and the parts of modules that it reads."""

FUNCTION, TABLE, MEMORY, GLOBAL = 0, 1, 2, 3  # kinds of imports and exports
TYPES = {"i": 0x7F, "I": 0x7E, "r": 0x6F}  # as include/mocket_abi.h writes them; r: externref
LETTERS = {code: letter for letter, code in TYPES.items()}


def number(n):
    """Unsigned LEB128."""
    out = bytearray()
    while True:
        n, low = n >> 7, n & 0x7F
        out.append(low | (0x80 if n else 0))
        if not n:
            return bytes(out)


def signed(n):
    """Signed LEB128."""
    out = bytearray()
    while True:
        low, n = n & 0x7F, n >> 7
        done = (n == 0 and not low & 0x40) or (n == -1 and low & 0x40)
        out.append(low | (0 if done else 0x80))
        if done:
            return bytes(out)


def padded(n):
    """Five bytes, whatever the value: a tool may write another one over it."""
    return bytes((n >> 7 * i & 0x7F) | (0x80 if i < 4 else 0) for i in range(5))


def name(text):
    data = text.encode()
    return number(len(data)) + data


def vector(items):
    items = list(items)
    return number(len(items)) + b"".join(items)


def section(kind, content):
    return bytes([kind]) + number(len(content)) + content


def function_type(text):
    """"iiI:i" -> bytes."""
    parameters, results = text.split(":")
    return b"\x60" + vector(bytes([TYPES[c]]) for c in parameters) + vector(bytes([TYPES[c]]) for c in results)


PREAMBLE = b"\0asm\1\0\0\0"


class Module:
    """A module under construction."""

    def __init__(self):
        self.types, self.imports, self.functions, self.codes = [], [], [], []
        self.imported = 0
        self.exports, self.globals, self.memory, self.table = [], [], None, None

    def type(self, text):
        if text not in self.types:
            self.types.append(text)
        return self.types.index(text)

    def import_function(self, module, field, text):
        self.imports.append(name(module) + name(field) + bytes([FUNCTION]) + number(self.type(text)))
        self.imported += 1
        return self.imported - 1

    def import_memory(self, module, field):
        self.imports.append(name(module) + name(field) + bytes([MEMORY, 0, 0]))

    def function(self, export, text, code, locals_=()):
        """code: instructions without the end. locals_: (count, letter)."""
        index = self.imported + len(self.functions)
        self.functions.append(number(self.type(text)))
        declared = vector(number(count) + bytes([TYPES[letter]]) for count, letter in locals_)
        body = declared + code + b"\x0b"
        self.codes.append(number(len(body)) + body)
        self.export(export, FUNCTION, index)
        return index

    def export(self, field, kind, index):
        self.exports.append(name(field) + bytes([kind]) + number(index))

    def global_(self, export):
        """A mutable i32 that begins with 0."""
        self.globals.append(bytes([TYPES["i"], 1]) + b"\x41\0\x0b")
        self.export(export, GLOBAL, len(self.globals) - 1)
        return len(self.globals) - 1

    def build(self):
        parts = [(1, vector(map(function_type, self.types)))]
        if self.imports:
            parts.append((2, vector(self.imports)))
        if self.functions:
            parts.append((3, vector(self.functions)))
        if self.table is not None:
            parts.append((4, vector([b"\x70\x01" + number(self.table) * 2])))
        if self.memory is not None:
            parts.append((5, vector([b"\0" + number(self.memory)])))
        if self.globals:
            parts.append((6, vector(self.globals)))
        parts.append((7, vector(self.exports)))
        if self.functions:
            parts.append((10, vector(self.codes)))
        return PREAMBLE + b"".join(section(*part) for part in parts)


# ---- Reading ----

class Bytes:
    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def byte(self):
        self.at += 1
        return self.data[self.at - 1]

    def number(self):
        value = shift = 0
        while True:
            b = self.byte()
            value |= (b & 0x7F) << shift
            shift += 7
            if not b & 0x80:
                return value

    def name(self):
        length = self.number()
        self.at += length
        return self.data[self.at - length:self.at].decode()

    def limits(self):
        flags, least = self.byte(), self.number()
        if flags & 1:
            self.number()
        return least


def sections(data):
    """[kind, content] of a module."""
    r, found = Bytes(data, 8), []
    while r.at < len(data):
        kind, length = r.byte(), r.number()
        found.append([kind, data[r.at:r.at + length]])
        r.at += length
    return found


def content(parts, kind):
    return next((part for k, part in parts if k == kind), b"\0")


def read_types(parts):
    r, types = Bytes(content(parts, 1)), []
    for _ in range(r.number()):
        r.byte()
        parameters = "".join(LETTERS.get(r.byte(), "?") for _ in range(r.number()))
        types.append(parameters + ":" + "".join(LETTERS.get(r.byte(), "?") for _ in range(r.number())))
    return types


def read_imports(parts):
    """(module, field, kind, detail): the type of a function, the pages of a memory."""
    r, types, found = Bytes(content(parts, 2)), read_types(parts), []
    for _ in range(r.number()):
        module, field, kind = r.name(), r.name(), r.byte()
        if kind == FUNCTION:
            detail = types[r.number()]
        elif kind == MEMORY:
            detail = r.limits()
        elif kind == GLOBAL:
            detail = (r.byte(), r.byte())
        else:
            raise ValueError(f"an import of kind {kind}: {module}.{field}")
        found.append((module, field, kind, detail))
    return found


def read_functions(parts):
    """Exported functions: name -> (index, type)."""
    types = read_types(parts)
    imported = [detail for _, _, kind, detail in read_imports(parts) if kind == FUNCTION]
    r = Bytes(content(parts, 3))
    own = [types[r.number()] for _ in range(r.number())]
    r, found = Bytes(content(parts, 7)), {}
    for _ in range(r.number()):
        field, kind, index = r.name(), r.byte(), r.number()
        if kind == FUNCTION:
            found[field] = (index, (imported + own)[index])
    return found
