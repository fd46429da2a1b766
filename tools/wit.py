"""Reads WIT, as far as the worlds of hosts/adapter use it: interfaces with resources, records, variants, enums, aliases
and functions; packages in braces. Anything else is an error."""
import collections
import re

Interface = collections.namedtuple("Interface", "name items")  # items: name -> item, in their order
Use = collections.namedtuple("Use", "interface name")
Alias = collections.namedtuple("Alias", "type")
Record = collections.namedtuple("Record", "fields")  # (name, type)
Variant = collections.namedtuple("Variant", "cases is_enum")  # cases: (name, type or None)
Resource = collections.namedtuple("Resource", "functions")  # their full names
Function = collections.namedtuple("Function", "parameters result is_async")
World = collections.namedtuple("World", "imports exports")

PRIMITIVES = {"bool", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "f32", "f64", "char", "string"}
TOKEN = re.compile(r"\s+|//[^\n]*|(->|%?[A-Za-z][A-Za-z0-9-]*|\d+\.\d+\.\d+|[{}()<>,:;=./@_])")


class Reader:
    def __init__(self, text):
        self.tokens, at = [], 0
        while at < len(text):
            match = TOKEN.match(text, at)
            if not match:
                raise ValueError(f"WIT: {text[at:at + 20]!r} is not understood")
            if match[1]:
                self.tokens.append(match[1])
            at = match.end()
        self.at = 0

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self, wanted=None):
        token = self.peek()
        if token is None or (wanted and token != wanted):
            raise ValueError(f"WIT: {wanted or 'more'} expected, found {token}")
        self.at += 1
        return token.removeprefix("%")

    def skip(self, token):
        if self.peek() != token:
            return False
        self.at += 1
        return True

    def path(self):
        """wasi:io/poll@0.2.0, or a name alone."""
        text = self.take()
        while self.peek() in (":", "/", "@"):
            text += self.take() + self.take()
        return text

    def separated(self, end, read):
        found = []
        while not self.skip(end):
            found.append(read())
            if not self.skip(","):
                self.take(end)
                break
        return found

    # ---- Types ----

    def type(self):
        name = self.take()
        if name in PRIMITIVES:
            return (name,)
        if name == "tuple":
            self.take("<")
            return (name, self.separated(">", self.type))
        if name in ("list", "option", "borrow", "own"):
            self.take("<")
            inner = self.take() if name in ("borrow", "own") else self.type()
            self.take(">")
            return (name, inner)
        if name in ("result", "stream", "future"):
            arguments = self.separated(">", self.type_or_none) if self.skip("<") else []
            return (name, *(arguments + [None, None])[:2 if name == "result" else 1])
        return ("name", name)

    def type_or_none(self):
        return None if self.skip("_") else self.type()

    def named_type(self):
        name = self.take()
        self.take(":")
        return name, self.type()

    def function(self):
        is_async = self.skip("async")
        self.take("func")
        self.take("(")
        parameters = self.separated(")", self.named_type)
        result = self.type() if self.skip("->") else None
        self.take(";")
        return Function(parameters, result, is_async)

    # ---- Items of an interface ----

    def case(self):
        name, inner = self.take(), None
        if self.skip("("):
            inner = self.type()
            self.take(")")
        return name, inner

    def resource(self, name, items):
        functions = []
        items[name] = Resource(functions)
        if self.skip(";"):
            return
        self.take("{")
        while not self.skip("}"):
            member = self.take()
            if member == "constructor":
                full = f"[constructor]{name}"
                self.take("(")
                items[full] = Function(self.separated(")", self.named_type), ("own", name), False)
                self.take(";")
            else:
                self.take(":")
                is_static = self.skip("static")
                full = f"[{'static' if is_static else 'method'}]{name}.{member}"
                read = self.function()
                own = [] if is_static else [("self", ("borrow", name))]
                items[full] = read._replace(parameters=own + read.parameters)
            functions.append(full)

    def interface(self, package):
        name, _, version = package.partition("@")
        items = {}
        full = f"{name}/{self.take()}@{version}"
        self.take("{")
        while not self.skip("}"):
            self.item(items, package)
        return Interface(full, items)

    def item(self, items, package):
        word = self.take()
        if word == "use":
            path = self.path().rstrip(".")
            if "/" not in path:
                path = "{}/{}@{}".format(package.split("@")[0], path, package.split("@")[1])
            self.skip(".")
            self.take("{")
            for name in self.separated("}", self.take):
                items[name] = Use(path, name)
            self.take(";")
        elif word == "type":
            name = self.take()
            self.take("=")
            items[name] = Alias(self.type())
            self.take(";")
        elif word == "record":
            name = self.take()
            self.take("{")
            items[name] = Record(self.separated("}", self.named_type))
        elif word in ("variant", "enum"):
            name = self.take()
            self.take("{")
            items[name] = Variant(self.separated("}", self.case), word == "enum")
        elif word == "resource":
            self.resource(self.take(), items)
        else:
            self.take(":")
            items[word] = self.function()

    def world(self):
        self.take()
        self.take("{")
        imports, exports = [], []
        while not self.skip("}"):
            (imports if self.take() == "import" else exports).append(self.path())
            self.take(";")
        return World(imports, exports)


def read(text):
    """The interfaces by name, and the world."""
    r, interfaces, world = Reader(text), {}, None
    while r.peek():
        word = r.take()
        if word == "world":
            world = r.world()
            continue
        package = r.path()
        if r.skip(";"):
            continue
        r.take("{")
        while not r.skip("}"):
            r.take("interface")
            found = r.interface(package)
            interfaces[found.name] = found
    return interfaces, world
