"""Cases of tests/hostile/run: what the host holds for guests and clients has one limit, --max-memory-total."""
import contextlib
import os
import re
import socket
import subprocess
import time

import telling
import ws_client
from hosting import expect, serving

LIMIT_MIB = 128
SPARE_MIB = 24  # of the process, beyond what is charged: what the allocator keeps, and fragments
MIB = 1 << 20


class Clients:
    """Connections that send something and read nothing."""

    def __init__(self, port):
        self.port, self.all = port, []

    def add(self, request, count=1):
        for _ in range(count):
            c = socket.socket()
            c.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            c.settimeout(5)
            c.connect(("127.0.0.1", self.port))
            with contextlib.suppress(OSError):  # it was refused before it had said all
                c.sendall(request)
            self.all.append(c)

    def statuses(self, wait_s=0.05):
        """How many got which status; None: nothing yet, or the connection was reset."""
        found = {}
        for c in self.all:
            c.settimeout(wait_s)
            try:
                answer = c.recv(4096)
            except OSError:
                answer = b""
            status = int(answer[9:12]) if answer.startswith(b"HTTP/1.1 ") else None
            if status == 503 and b"\r\nRetry-After: 1\r\n" not in answer:
                status = -503
            found[status] = found.get(status, 0) + 1
        return found

    def close(self):
        for c in self.all:
            c.close()
        self.all = []


def get(path):
    return f"GET {path} HTTP/1.1\r\nHost: h\r\n\r\n".encode()


def post(sent):
    return b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1048576\r\n\r\n" + b"x" * sent


@contextlib.contextmanager
def listening():
    """A server that never answers."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen(1000)
        yield s.getsockname()[1]


class Holding:
    """A host with a limit, its clients, and what --stats says."""

    def __init__(self, host, address, limit_mib):
        self.host, self.address, self.clients = host, address, Clients(host.port)
        self.limit_mib = limit_mib

    def stats(self):
        return telling.ask(self.address, "/stats")

    def until(self, what, wanted, within_s=10):
        until = time.monotonic() + within_s
        while not wanted(got := self.stats()) and time.monotonic() < until:
            time.sleep(0.05)
        expect(wanted(got), f"{what}: { {k: v for k, v in got.items() if k.startswith('held')} }")
        return got

    def full(self, part, least_mib):
        """The limit has refused something, and this part is what is held."""
        got = self.until(f"not full of {part}", lambda s: s["held_refused"] > 0)
        expect(got[f"held_{part}_bytes"] >= least_mib * MIB, f"{part}: {got}")
        expect(got["held_bytes"] <= got["held_bytes_max"] == self.limit_mib * MIB, str(got))
        self.bounded()
        self.host.want("/", 200, "hello")

    def bounded(self):
        resident = self.host.memory_mib()
        expect(resident < self.limit_mib + SPARE_MIB, f"{resident:.0f} MiB resident")

    def empty(self, part, most_mib=8):
        """Once the clients are gone nothing is left."""
        self.clients.close()
        self.until(f"{part} is left", lambda s: s[f"held_{part}_bytes"] <= most_mib * MIB)
        self.host.want("/", 200, "hello")


@contextlib.contextmanager
def holding(test, *options, source="holding", limit_mib=LIMIT_MIB):
    address = telling.free_address()
    with serving(test, test.guests.get(source), "--max-memory-total", f"{limit_mib}M", "--stats", address,
                 *options) as host:
        h = Holding(host, address, limit_mib)
        try:
            yield h
        finally:
            h.clients.close()


def answers(test):
    """respond is ENOMEM; who then answers nothing lets its client be told 503. Later there is room again."""
    with holding(test, "--max-memory", "64M") as h:
        h.clients.add(get("/quiet16"), 12)
        h.until("no answers", lambda s: s["held_answers_bytes"] >= 32 * MIB)
        h.full("answers", 32)
        status, body, _ = h.host.get("/big16")
        expect((status, body.split()[0]) == (200, "-11"), f"{status} {body}")
        got = h.clients.statuses()
        expect(set(got) == {200, 503} and got[200] >= 2, str(got))
        h.empty("answers", 1)
        status, body, _ = h.host.get("/big16")
        expect(len(body) >= 15 * MIB, f"{status} {body[:50]}")


def streams(test):
    with holding(test, limit_mib=96) as h:
        h.clients.add(get("/stream"), 1000)
        h.full("answers", 32)
        h.empty("answers")


def bodies(test):
    with holding(test) as h:
        h.clients.add(post(MIB - 1), 200)
        h.full("requests", 64)
        got = h.clients.statuses(0.01)
        expect(set(got) == {503, None} and got[503] > 20, str(got))
        h.empty("requests")
        expect(h.host.get("/", method="POST", body=b"x" * MIB)[0] == 200, "no room again")


def heads(test):
    with holding(test) as h:
        h.clients.add(b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"y" * 31000, 2000)
        h.full("requests", 64)
        got = h.clients.statuses(0.001)
        expect(set(got) == {503, None} and got[503] > 100, str(got))
        h.empty("requests")


def fetches(test):
    with listening() as port, holding(test, "--allow-net", f"127.0.0.1:{port}", limit_mib=64) as h:
        code, count = h.host.want(f"/fetch{port}", 200)[1].split()
        # ELIMIT where the limit refuses a buffer, ENOMEM where it refuses a chunk of an arena
        expect(code in ("-6", "-11") and 32 < int(count) < 256, f"{code} {count}")
        h.full("outgoing", 8)  # a build with sanitizers needs a large part of the 64 MiB for itself


def memories(test):
    """memory.grow is refused, whatever --max-memory says; the instance and others go on."""
    with holding(test, "--max-memory", "1G") as h:
        code, grown = h.host.want("/grow1000", 200)[1].split()
        expect((code, 32 < int(grown) < LIMIT_MIB) == ("-1", True), f"{code} {grown}")
        h.full("instances", 32)


def instances(test):
    """So are new ones: requests wait for those that are there."""
    with holding(test, "--timeout", "2s", source="waits") as h:
        h.clients.add(get("/sleep?60000"), 900)
        h.until("all fit", lambda s: s["held_refused"] > 0)
        h.bounded()
        h.host.says("the process has reached its memory limit (--max-memory-total)")
        expect(h.stats()["instances_failed"] == 0, "starts were tried that could not succeed")
        h.clients.close()
        until = time.monotonic() + 10
        while h.host.get("/sleep?1")[0] != 200 and time.monotonic() < until:
            time.sleep(0.1)
        expect(h.host.get("/sleep?1")[0] == 200, "no room again")


def topics(test):
    """Those of one socket are bounded by number and by bytes of their names, those of all by the limit."""
    with holding(test, limit_mib=96) as h, contextlib.ExitStack() as sockets:
        same = sockets.enter_context(ws_client.Client(h.host.port))
        expect(same.ask("t") == "-6 257", "255 bytes are not counted")
        expect(same.ask("s") == "-6 0", "there is room for a name")
        short = sockets.enter_context(ws_client.Client(h.host.port))
        expect(short.ask("s") == "-6 1024", "1024 short ones do not fit")
        for _ in range(900):
            c = sockets.enter_context(ws_client.Client(h.host.port))
            c.socket.settimeout(2)
            try:
                c.ask("t")
            except TimeoutError:  # not even the answer can be held
                break
        h.full("topics", 48)
        sockets.close()
        h.empty("topics", 1)


def messages(test):
    """Of messages under way, too: the client is told to come again later."""
    with holding(test) as h, contextlib.ExitStack() as sockets:
        whole = ws_client.frame(ws_client.BINARY, b"x" * MIB)
        for _ in range(200):
            c = sockets.enter_context(ws_client.Client(h.host.port))
            with contextlib.suppress(OSError):
                c.socket.sendall(whole[:-1])
            h.clients.all.append(c)
        got = h.until("all fit", lambda s: s["held_refused"] > 0)
        expect(got["held_websockets_bytes"] > 64 * MIB, str(got))
        expect(got["held_bytes"] <= LIMIT_MIB * MIB, str(got))
        codes = []
        for c in h.clients.all:
            c.socket.settimeout(0.05)
            codes.append(c.ended())
        expect(set(codes) == {1006, 1013} and codes.count(1013) > 40, f"{codes.count(1013)} of {len(codes)}")
        sockets.close()
        h.clients.all = []
        h.empty("websockets", 1)


def backlogs(test):
    """What a guest sends: ELIMIT."""
    with holding(test, "--max-message", "8M", "--max-memory", "32M") as h, contextlib.ExitStack() as sockets:
        told = []
        for _ in range(40):
            c = sockets.enter_context(ws_client.Client(h.host.port, receive_buffer=4096))
            c.send("m")
        got = h.until("all fit", lambda s: s["held_refused"] > 0)
        expect(got["held_websockets_bytes"] > 32 * MIB, str(got))
        h.full("websockets", 32)
        c = sockets.enter_context(ws_client.Client(h.host.port))
        told = c.ask("m")
        expect(told == "-6 0", told)
        sockets.close()
        h.empty("websockets", 1)


def published(test):
    """What it publishes: ELIMIT, before anybody got the message."""
    with holding(test, "--max-memory", "1G") as h, ws_client.Client(h.host.port) as c:
        expect(c.ask("a") == "0 0", "not subscribed")
        expect(h.host.want("/publish1", 200)[1] == "0 1", "nothing can be published")
        expect(len(c.receive()[1]) == MIB, "it does not come")
        h.host.want("/grow1000", 200)
        expect(h.host.want("/publish2", 200)[1] in ("-6 0", "-6 1"), "more is held than may be")
        h.until("messages are left", lambda s: s["held_published_bytes"] == 0)
        h.full("instances", 32)


def too_small(test):
    module = test.guests.get("holding")
    for size in ("20M", "8M", "64K"):
        result = subprocess.run([test.program, "serve", module, "--listen", "127.0.0.1:0", "--max-memory-total",
                                 size], capture_output=True, text=True, timeout=120, check=False)
        found = re.search(r"--max-memory-total: \d+ bytes are too few for one instance of holding\S* beside the "
                          r"\d+ that the process has", result.stderr)
        expect(result.returncode == 1 and found, result.stderr)


def by_the_machine(test):
    address = telling.free_address()
    with serving(test, test.guests.get("holding"), "--stats", address, "-v") as host:
        got = telling.ask(address, "/stats")
        machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        expect(0 < got["held_bytes_max"] <= machine // 4 * 3, str(got))
        parts = sum(v for k, v in got.items() if re.fullmatch(r"held_.+_bytes", k))
        expect(abs(parts - got["held_bytes"]) < MIB and got["held_process_bytes"] > MIB, str(got))
        host.says(f"memory limit: {got['held_bytes_max']} bytes in all (--max-memory-total)")


def cases():
    for case in (answers, streams, bodies, heads, fetches, memories, instances, topics, messages, backlogs, published):
        yield f"held {case.__name__}", case
    yield "held: too small a limit", too_small
    yield "held: a limit by the machine", by_the_machine
