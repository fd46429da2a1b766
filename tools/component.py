"""Components as bytes (the component model's Binary.md): types from WIT, imports, core instances, lowered and lifted
functions. An index space for each sort is counted here, so that its users hold indexes only."""
import wasm
import wit

PREAMBLE = b"\0asm\x0d\0\1\0"
CORE_MODULE, CORE_INSTANCE, COMPONENT, INSTANCE, ALIAS, TYPE, CANON, IMPORT, EXPORT = 1, 2, 4, 5, 6, 7, 8, 10, 11
PRIMITIVES = {"bool": 0x7F, "s8": 0x7E, "u8": 0x7D, "s16": 0x7C, "u16": 0x7B, "s32": 0x7A, "u32": 0x79, "s64": 0x78,
              "u64": 0x77, "f32": 0x76, "f64": 0x75, "char": 0x74, "string": 0x73}
FUNC, TYPES, INSTANCES = b"\1", b"\3", b"\5"  # sorts
CORE_INSTANCE_SORT = b"\x12"


def extern_name(text):
    return b"\0" + wasm.name(text)


def optional(encoded):
    return b"\0" if encoded is None else b"\1" + encoded


class Scope:
    """Where types are defined: a component, or the type of an instance. define(bytes) -> index is the subclass's, and
    reference(interface, name) -> index of a type of another interface."""

    def __init__(self, interfaces, interface):
        self.interfaces, self.interface = interfaces, interface
        self.named, self.made, self.last = {}, {}, None  # last: the type that was made, or found, last

    def once(self, encoded):
        if encoded not in self.made:
            self.made[encoded] = self.define(encoded)
        self.last = self.made[encoded]
        return self.last

    def is_resource(self, interface, name):
        item = self.interfaces[interface].items[name]
        if isinstance(item, wit.Use):
            return self.is_resource(item.interface, item.name)
        if isinstance(item, wit.Alias):
            return item.type[0] == "name" and self.is_resource(interface, item.type[1])
        return isinstance(item, wit.Resource)

    def value(self, kind):
        """A valtype: a primitive, or the index of a type, which is a signed number here."""
        word = kind[0]
        if word in PRIMITIVES:
            return bytes([PRIMITIVES[word]])
        if word == "name" and not self.is_resource(self.interface, kind[1]):
            return wasm.signed(self.index_of(kind[1]))
        if word in ("name", "own"):
            return wasm.signed(self.once(b"\x69" + wasm.number(self.index_of(kind[1]))))
        if word == "borrow":
            return wasm.signed(self.once(b"\x68" + wasm.number(self.index_of(kind[1]))))
        if word == "tuple":
            return wasm.signed(self.once(b"\x6f" + wasm.vector(map(self.value, kind[1]))))
        if word == "result":
            return wasm.signed(self.once(b"\x6a" + b"".join(optional(t and self.value(t)) for t in kind[1:])))
        if word in ("stream", "future"):
            return wasm.signed(self.once({"stream": b"\x66", "future": b"\x65"}[word]
                                         + optional(kind[1] and self.value(kind[1]))))
        return wasm.signed(self.once({"list": b"\x70", "option": b"\x6b"}[word] + self.value(kind[1])))

    def function(self, f):
        parameters = wasm.vector(wasm.name(name) + self.value(kind) for name, kind in f.parameters)
        result = b"\1\0" if f.result is None else b"\0" + self.value(f.result)
        return self.once((b"\x43" if f.is_async else b"\x40") + parameters + result)


class InstanceType(Scope):
    """The type of an imported instance: the items that are used, and what these need."""

    def __init__(self, component, interface, wanted):
        super().__init__(component.interfaces, interface)
        self.component, self.decls, self.count = component, [], 0
        for name, item in self.interfaces[interface].items.items():
            if name in wanted and not isinstance(item, wit.Function):
                self.index_of(name)
            elif name in wanted:
                kind = self.function(item)
                self.decls.append(b"\4" + extern_name(name) + b"\1" + wasm.number(kind))

    def define(self, encoded):
        self.decls.append(b"\1" + encoded)
        self.count += 1
        return self.count - 1

    def export(self, name, bound):
        self.decls.append(b"\4" + extern_name(name) + b"\3" + bound)
        self.count += 1
        self.named[name] = self.count - 1

    def index_of(self, name):
        if name in self.named:
            return self.named[name]
        item = self.interfaces[self.interface].items[name]
        if isinstance(item, wit.Resource):
            self.export(name, b"\1")
            return self.named[name]
        if isinstance(item, wit.Use):
            outer = self.component.type_of(item.interface, item.name)
            self.decls.append(b"\2" + TYPES + b"\2" + wasm.number(1) + wasm.number(outer))
            self.count += 1
            index = self.count - 1
        elif isinstance(item, wit.Alias):
            is_resource = self.is_resource(self.interface, name)
            index = self.index_of(item.type[1]) if is_resource else self.alias(item.type)
        elif isinstance(item, wit.Record):
            index = self.define(b"\x72" + wasm.vector(wasm.name(n) + self.value(t) for n, t in item.fields))
        elif item.is_enum:
            index = self.define(b"\x6d" + wasm.vector(wasm.name(n) for n, _ in item.cases))
        else:
            index = self.define(b"\x71" + wasm.vector(wasm.name(n) + optional(t and self.value(t)) + b"\0"
                                                      for n, t in item.cases))
        self.export(name, b"\0" + wasm.number(index))
        return self.named[name]

    def alias(self, kind):
        if kind[0] in PRIMITIVES:
            return self.define(bytes([PRIMITIVES[kind[0]]]))
        if kind[0] == "name":
            return self.index_of(kind[1])
        self.value(kind)
        return self.last

    def encode(self):
        return b"\x42" + wasm.vector(self.decls)


class Component(Scope):
    def __init__(self, interfaces):
        super().__init__(interfaces, None)
        self.parts = [PREAMBLE]
        self.counts = dict.fromkeys(("module", "core instance", "core function", "component", "type", "function",
                                     "instance"), 0)
        self.instances, self.types = {}, {}

    def next(self, sort):
        self.counts[sort] += 1
        return self.counts[sort] - 1

    def section(self, kind, content):
        self.parts.append(wasm.section(kind, content))

    def __len__(self):
        return sum(map(len, self.parts))

    def build(self):
        return b"".join(self.parts)

    # ---- Types and imports ----

    def define(self, encoded):
        self.section(TYPE, wasm.vector([encoded]))
        return self.next("type")

    def import_interface(self, interface, wanted):
        kind = self.define(InstanceType(self, interface, wanted).encode())
        self.section(IMPORT, wasm.vector([extern_name(interface) + b"\5" + wasm.number(kind)]))
        self.instances[interface] = self.next("instance")

    def type_of(self, interface, name):
        """The index of a type that an imported instance exports."""
        if (interface, name) not in self.types:
            self.section(ALIAS, wasm.vector([TYPES + b"\0" + wasm.number(self.instances[interface]) + wasm.name(name)]))
            self.types[interface, name] = self.next("type")
        return self.types[interface, name]

    def index_of(self, name):
        item = self.interfaces[self.interface].items[name]
        if isinstance(item, wit.Use):
            return self.type_of(item.interface, item.name)
        return self.type_of(self.interface, name)

    # ---- Core ----

    def module(self, data):
        self.section(CORE_MODULE, data)
        return self.next("module")

    def instantiate(self, module, arguments):
        """arguments: name -> core instance."""
        rows = wasm.vector(wasm.name(n) + CORE_INSTANCE_SORT + wasm.number(i) for n, i in arguments.items())
        self.section(CORE_INSTANCE, wasm.vector([b"\0" + wasm.number(module) + rows]))
        return self.next("core instance")

    def bundle(self, functions):
        """A core instance of functions: name -> core function. Or (kind, index) for other kinds."""
        rows = [(n, f if isinstance(f, tuple) else (wasm.FUNCTION, f)) for n, f in functions.items()]
        encoded = wasm.vector(wasm.name(n) + bytes([kind]) + wasm.number(i) for n, (kind, i) in rows)
        self.section(CORE_INSTANCE, wasm.vector([b"\1" + encoded]))
        return self.next("core instance")

    def core_alias(self, instance, name, kind=wasm.FUNCTION):
        """Returns the index; and the place of the instance's number, for functions."""
        content = wasm.vector([bytes([0, kind, 1]) + wasm.number(instance) + wasm.name(name)])
        self.section(ALIAS, content)
        place = len(self) - len(content) + 4
        sort = "core function" if kind == wasm.FUNCTION else f"core {kind}"
        self.counts.setdefault(sort, 0)
        return self.next(sort), place

    def lower(self, interface, name, options):
        if name.startswith("[resource-drop]"):
            kind = self.type_of(interface, name.removeprefix("[resource-drop]"))
            self.section(CANON, wasm.vector([b"\3" + wasm.number(kind)]))
        else:
            alias = FUNC + b"\0" + wasm.number(self.instances[interface]) + wasm.name(name)
            self.section(ALIAS, wasm.vector([alias]))
            self.section(CANON, wasm.vector([b"\1\0" + wasm.number(self.next("function")) + options]))
        return self.next("core function")

    # ---- Exports ----

    def export_interface(self, interface, functions):
        """functions: name -> core function. The functions may use types of imported interfaces only."""
        self.interface, lifted = interface, {}
        items = self.interfaces[interface].items
        for name, core in functions.items():
            kind = self.function(items[name])
            self.section(CANON, wasm.vector([b"\0\0" + wasm.number(core) + wasm.vector([b"\0"]) + wasm.number(kind)]))
            lifted[name] = self.next("function")
        used = {n: self.index_of(n) for n, item in items.items() if isinstance(item, wit.Use)}
        self.section(COMPONENT, exporter(self.interfaces, interface, list(lifted)))
        rows = [wasm.name(f"import-type-{n}") + TYPES + wasm.number(i) for n, i in used.items()]
        rows += [wasm.name(f"import-func-{n}") + FUNC + wasm.number(i) for n, i in lifted.items()]
        self.section(INSTANCE, wasm.vector([b"\0" + wasm.number(self.next("component")) + wasm.vector(rows)]))
        self.section(EXPORT, wasm.vector([extern_name(interface) + INSTANCES + wasm.number(self.next("instance"))
                                          + b"\0"]))


def exporter(interfaces, interface, functions):
    """A component that exports an interface whose types and functions it imports: an instance with exports that have
    names for their types is made by instantiating such a component."""
    c = Component(interfaces)
    c.interface = interface
    items = interfaces[interface].items
    for name, item in items.items():
        if isinstance(item, wit.Use):
            c.section(IMPORT, wasm.vector([extern_name(f"import-type-{name}") + b"\3\1"]))
            c.types[item.interface, item.name] = c.next("type")
    for name in functions:
        kind = c.function(items[name])
        c.section(IMPORT, wasm.vector([extern_name(f"import-func-{name}") + b"\1" + wasm.number(kind)]))
        c.next("function")
    for name, item in items.items():
        if isinstance(item, wit.Use):
            index = c.types[item.interface, item.name]
            c.section(EXPORT, wasm.vector([extern_name(name) + TYPES + wasm.number(index) + b"\0"]))
            c.types[item.interface, item.name] = c.next("type")
    c.made.clear()
    for at, name in enumerate(functions):
        kind = c.function(items[name])
        c.section(EXPORT, wasm.vector([extern_name(name) + FUNC + wasm.number(at) + b"\1\1" + wasm.number(kind)]))
    return c.build()
