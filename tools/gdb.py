"""For gdb: the stacks of handlers that wait in a native server (docs/debug.md).

    (gdb) source tools/gdb.py
    (gdb) mocket-handlers

A handler that waits is on a fiber: a mapping of its own, with a page without access below it and a struct mocket_fiber
at its top. The command finds these mappings of the stopped process, takes the registers that Boost.Context saved on the
stack of each fiber (x86-64), prints the backtrace, and puts the thread's own registers back."""
import gdb

# Words above the saved context (jump_x86_64_sysv_elf_gas.S of Boost 1.74).
SAVED = {"r12": 1, "r13": 2, "r14": 3, "r15": 4, "rbx": 5, "rbp": 6, "rip": 7}
WORDS = 8


def fiber_tops():
    """Ends of mappings that lie directly above a page without access."""
    guard = None
    with open(f"/proc/{gdb.selected_inferior().pid}/maps", encoding="utf-8") as maps:
        for line in maps:
            words = line.split()
            begin, end = (int(part, 16) for part in words[0].split("-"))
            if guard == begin and words[1].startswith("rw"):
                yield end
            guard = end if words[1].startswith("---") and end - begin == 4096 else None


def waiting(fiber, top):
    """Is this a fiber, and does it wait?"""
    try:
        return int(fiber["mapping"]) + int(fiber["mapping_len"]) == top and int(fiber["context"]) != 0 \
            and not fiber["done"] and int(fiber["fn"]) != 0
    except gdb.MemoryError:
        return False


class Handlers(gdb.Command):
    """Prints the stack of each handler that waits."""

    def __init__(self):
        super().__init__("mocket-handlers", gdb.COMMAND_STACK)

    def invoke(self, _argument, _from_tty):
        kind = gdb.lookup_type("struct mocket_fiber")
        registers = {name: int(gdb.parse_and_eval(f"(long)${name}")) for name in ("rsp", *SAVED)}
        count = 0
        try:
            for top in fiber_tops():
                address = (top - kind.sizeof) & ~63
                fiber = gdb.Value(address).cast(kind.pointer()).dereference()
                if not waiting(fiber, top):
                    continue
                context = int(fiber["context"])
                words = gdb.Value(context).cast(gdb.lookup_type("long").pointer())
                print(f"handler on the fiber {address:#x}:")
                for name, place in SAVED.items():
                    gdb.execute(f"set ${name} = {int(words[place])}")
                gdb.execute(f"set $rsp = {context + 8 * WORDS}")
                gdb.execute("backtrace")
                count += 1
        finally:
            for name, value in registers.items():
                gdb.execute(f"set ${name} = {value}")
        print(f"{count} handlers wait")


Handlers()
