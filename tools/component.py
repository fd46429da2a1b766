"""Components as bytes (the component model's Binary.md): types from WIT, imports, core instances, lowered and lifted
functions. An index space for each sort is counted here, so that its users hold indexes only."""
import re

import wasm
import wit

PREAMBLE = b"\0asm\x0d\0\1\0"
CORE_MODULE, CORE_INSTANCE, COMPONENT, INSTANCE, ALIAS, TYPE, CANON, IMPORT, EXPORT = 1, 2, 4, 5, 6, 7, 8, 10, 11
PRIMITIVES = {"bool": 0x7F, "s8": 0x7E, "u8": 0x7D, "s16": 0x7C, "u16": 0x7B, "s32": 0x7A, "u32": 0x79, "s64": 0x78,
              "u64": 0x77, "f32": 0x76, "f64": 0x75, "char": 0x74, "string": 0x73}
FUNC, TYPES, INSTANCES = b"\1", b"\3", b"\5"  # sorts
CORE_INSTANCE_SORT = b"\x12"
MEMORY, REALLOC, ASYNC, CALLBACK = 3, 4, 6, 7  # options of canonical functions
# Functions of the canonical ABI, by the names that tools of the component model give them as imports: `$root` has those
# without a type; those of streams and futures are with the function whose N-th stream or future has their type.
ROOT, EXPORTED, LOWERED = "$root", "[export]", "[async-lower]"
UNTYPED = {"waitable-set-new": b"\x1f", "waitable-set-wait": b"\x20\0", "waitable-set-poll": b"\x21\0",
           "waitable-set-drop": b"\x22", "waitable-join": b"\x23", "subtask-cancel": b"\x06\0", "subtask-drop": b"\x0d",
           "task-cancel": b"\x05", "context-get-0": b"\x0a\x7f\0", "context-set-0": b"\x0b\x7f\0"}
ASYNC_LIFT, CALLED_BACK = "[async-lift]", "[callback]"
NEEDS_MEMORY = ("waitable-set-wait", "waitable-set-poll")
PIPE = re.compile(r"\[(stream|future)-([a-z-]+)-(\d+|unit)\](.*)")
PIPES = {"stream": 0x0E, "future": 0x15}  # the code of `new`; the others follow
VERBS = ("new", "read", "write", "cancel-read", "cancel-write", "drop-readable", "drop-writable")


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


    def alias(self, kind):
        if kind[0] in PRIMITIVES:
            return self.define(bytes([PRIMITIVES[kind[0]]]))
        if kind[0] == "name":
            return self.index_of(kind[1])
        self.value(kind)
        return self.last

    def define_item(self, item):
        """A named type that is not a resource."""
        if isinstance(item, wit.Alias):
            return self.alias(item.type)
        if isinstance(item, wit.Record):
            return self.define(b"\x72" + wasm.vector(wasm.name(n) + self.value(t) for n, t in item.fields))
        if item.is_enum:
            return self.define(b"\x6d" + wasm.vector(wasm.name(n) for n, _ in item.cases))
        return self.define(b"\x71" + wasm.vector(wasm.name(n) + optional(t and self.value(t)) + b"\0"
                                                 for n, t in item.cases))


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
        elif isinstance(item, wit.Alias) and self.is_resource(self.interface, name):
            index = self.index_of(item.type[1])
        else:
            index = self.define_item(item)
        self.export(name, b"\0" + wasm.number(index))
        return self.named[name]

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

    def builtin(self, name, memory):
        word = name.strip("[]")
        self.section(CANON, wasm.vector([UNTYPED[word] + (wasm.number(memory) if word in NEEDS_MEMORY else b"")]))
        return self.next("core function")

    def task_return(self, interface, name, options):
        self.interface = interface
        result = self.interfaces[interface].items[name].result
        encoded = b"\1\0" if result is None else b"\0" + self.value(result)
        self.section(CANON, wasm.vector([b"\x09" + encoded + wasm.vector(options)]))
        return self.next("core function")

    def pipe(self, interface, name, options):
        """A function of a stream or a future."""
        sort, verb, which, function = PIPE.fullmatch(name).groups()
        if which == "unit":
            kind = (sort, None)
        else:
            kind = pipes_of(self.interfaces[interface].items[function])[int(which)]
        self.interface = interface
        self.value(kind)
        end = {"read": wasm.vector(options), "write": wasm.vector(options), "cancel-read": b"\0",
               "cancel-write": b"\0"}.get(verb, b"")
        code = bytes([PIPES[sort] + VERBS.index(verb)])
        self.section(CANON, wasm.vector([code + wasm.number(self.last) + end]))
        return self.next("core function")

    def lower(self, interface, name, memory, realloc):
        """The core function of an import of this name."""
        is_async, name = name.startswith(LOWERED), name.removeprefix(LOWERED)
        options = [bytes([MEMORY]) + wasm.number(memory), bytes([REALLOC]) + wasm.number(realloc)]
        options += [bytes([ASYNC])] if is_async else []
        if interface.startswith(EXPORTED):
            return self.task_return(interface.removeprefix(EXPORTED), name.removeprefix("[task-return]"), options[:1])
        if PIPE.fullmatch(name):
            return self.pipe(interface, name, options)
        if interface == ROOT:
            return self.builtin(name, memory)
        if name.startswith("[resource-drop]"):
            kind = self.type_of(interface, name.removeprefix("[resource-drop]"))
            self.section(CANON, wasm.vector([b"\3" + wasm.number(kind)]))
        else:
            alias = FUNC + b"\0" + wasm.number(self.instances[interface]) + wasm.name(name)
            self.section(ALIAS, wasm.vector([alias]))
            self.section(CANON, wasm.vector([b"\1\0" + wasm.number(self.next("function")) + wasm.vector(options)]))
        return self.next("core function")

    # ---- Exports ----

    def export_interface(self, interface, functions, memory):
        """functions: name -> core function; an async function: (core function, its callback). The functions may use
        types of imported interfaces only."""
        self.interface, lifted = interface, {}
        items = self.interfaces[interface].items
        for name, core in functions.items():
            kind, options = self.function(items[name]), [b"\0"]
            if items[name].is_async:
                core, callback = core
                options = [bytes([MEMORY]) + wasm.number(memory), bytes([ASYNC]),
                           bytes([CALLBACK]) + wasm.number(callback)]
            lift = b"\0\0" + wasm.number(core) + wasm.vector(options) + wasm.number(kind)
            self.section(CANON, wasm.vector([lift]))
            lifted[name] = self.next("function")
        inner = Exporter(self.interfaces, interface, list(lifted))
        used = [(name, self.type_of(*place)) for place, name in inner.imported.items()]
        self.section(COMPONENT, inner.build())
        rows = [wasm.name(f"import-type-{n}") + TYPES + wasm.number(i) for n, i in used]
        rows += [wasm.name(f"import-func-{n}") + FUNC + wasm.number(i) for n, i in lifted.items()]
        self.section(INSTANCE, wasm.vector([b"\0" + wasm.number(self.next("component")) + wasm.vector(rows)]))
        self.section(EXPORT, wasm.vector([extern_name(interface) + INSTANCES + wasm.number(self.next("instance"))
                                          + b"\0"]))


def pipes_of(function):
    """The types of the streams and futures of a function: of its parameters, then of its result."""
    found = []

    def look(kind):
        if kind is None or kind[0] in (*wit.PRIMITIVES, "name", "own", "borrow"):
            return
        for inner in kind[1] if kind[0] == "tuple" else kind[1:]:
            look(inner)
        if kind[0] in PIPES:
            found.append(kind)

    for _, kind in function.parameters:
        look(kind)
    look(function.result)
    return found


class Exporter(Component):
    """A component that exports an interface whose types and functions it imports: an instance with exports that have
    names for their types is made by instantiating such a component."""

    def __init__(self, interfaces, interface, functions):
        super().__init__(interfaces)
        self.interface, self.imported = interface, {}  # imported: (interface, name) -> name of the import
        items = interfaces[interface].items
        for name, item in items.items():
            if isinstance(item, wit.Use):
                self.type_of(item.interface, item.name)
        for name in functions:
            kind = self.function(items[name])
            self.section(IMPORT, wasm.vector([extern_name(f"import-func-{name}") + b"\1" + wasm.number(kind)]))
            self.next("function")
        for name, item in items.items():
            if isinstance(item, wit.Use):
                index = self.types[item.interface, item.name]
                self.section(EXPORT, wasm.vector([extern_name(name) + TYPES + wasm.number(index) + b"\0"]))
                self.types[item.interface, item.name] = self.next("type")
        self.made.clear()
        for at, name in enumerate(functions):
            kind = self.function(items[name])
            self.section(EXPORT, wasm.vector([extern_name(name) + FUNC + wasm.number(at) + b"\1\1"
                                              + wasm.number(kind)]))

    def type_of(self, interface, name):
        """A type of another interface is imported; so are the types that it consists of."""
        if (interface, name) in self.types:
            return self.types[interface, name]
        bound, here = b"\1", self.interface
        if not self.is_resource(interface, name):
            self.interface = interface
            bound = b"\0" + wasm.number(self.define_item(self.interfaces[interface].items[name]))
            self.interface = here
        self.section(IMPORT, wasm.vector([extern_name(f"import-type-{name}") + b"\3" + bound]))
        self.imported[interface, name] = name
        self.types[interface, name] = self.next("type")
        return self.types[interface, name]
