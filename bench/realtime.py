"""Waiting, streams and sockets: what a server's CPU does for them, natively, from wasm, and in Node and Bun.

A table is one kind of load on several servers, which take turns in each round. Each round gives a row its CPU per unit,
units a second, and the share of requests that were refused: a host that is full answers 503, and what it answers is
not what is measured, but belongs to the picture."""
import pathlib
import re
import resource
import statistics
import subprocess
import tempfile
import time

from server import Absent, BUILD, ROOT, Server, native, serve

EXAMPLES = BUILD / "examples"
REALTIME, FANOUT = EXAMPLES / "realtime", EXAMPLES / "fanout"
WS_LOAD = BUILD / "bench/ws_load"
RATES = {"MB": "MB/s"}
IN_FLIGHT, SOCKETS, IDLE_SOCKETS, STREAM_BYTES = 1000, 64, 10000, 1 << 30
SETTLE_S = 0.5


# ---- Servers ----

def peers_folder():
    found = subprocess.run([ROOT / "bench/setup-peers", "--find"], capture_output=True, text=True)
    return found.stdout.strip()


def peer(name):
    def start(port, _folder):
        home = peers_folder()
        if not home:
            raise Absent("bench/setup-peers installs it")
        return [f"{home}/bin/{name}", ROOT / f"bench/peers/{name}.mjs"], {"PORT": str(port), "PEERS": home,
                                                                         "BACKENDS": BACKENDS.urls}
    return start


class Backends:
    """Three quick servers for the fan-out tables, and where they are."""

    def __init__(self):
        self.servers, self.urls = [], ""

    def open(self):
        for _ in range(3):
            self.servers.append(Server(native(EXAMPLES / "hello")))
            self.servers[-1].first_answer_ms()
        self.urls = " ".join(f"http://127.0.0.1:{server.port}/" for server in self.servers)

    def close(self):
        for server in self.servers:
            server.stop()
        self.__init__()


BACKENDS = Backends()


def fanout_native(port, folder):
    return native(FANOUT, BACKENDS=BACKENDS.urls)(port, folder)


def fanout_serve(port, folder):
    return serve(FANOUT, "--env", f"BACKENDS={BACKENDS.urls}", "--allow-net", "127.0.0.1")(port, folder)


# ---- Loads: (microseconds of CPU per unit, units a second, share of requests that were refused) ----

def run(command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{pathlib.Path(command[0]).name}: {done.stdout[-200:]}{done.stderr[-300:]}")
    return done.stdout


def by_wrk(connections, path):
    def load(server, seconds):
        before = server.cpu_s()
        out = run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", f"http://127.0.0.1:{server.port}{path}"])
        spent = server.cpu_s() - before
        requests = int(re.search(r"(\d+) requests in", out).group(1))
        refused = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
        good = requests - int(refused.group(1) if refused else 0)
        if not good or "Socket errors" in out:
            raise RuntimeError(f"not every answer was good: {out}")
        rate = float(re.search(r"Requests/sec: *([\d.]+)", out).group(1))
        return spent * 1e6 / good, rate * good / requests, 1 - good / requests
    return load


def by_sockets(server, seconds):
    before = server.cpu_s()
    messages, took_s = run([WS_LOAD, "echo", server.port, "/echo", SOCKETS, seconds]).split()
    return (server.cpu_s() - before) * 1e6 / int(messages), int(messages) / float(took_s), 0


def by_curl(*what):
    """Microseconds of CPU for a megabyte, and megabytes a second. The number of bytes follows from the seconds."""
    def load(server, seconds):
        size = min(STREAM_BYTES, seconds * (STREAM_BYTES >> 2))
        with tempfile.NamedTemporaryFile() as sparse:
            sparse.truncate(size)
            words = [word.format(port=server.port, size=size, file=sparse.name) for word in what]
            before = server.cpu_s()
            out = run(["curl", "-sS", "--fail", "-o", "/dev/null", "-w",
                       "%{size_download} %{size_upload} %{time_total}", *words])
        down, up, took_s = (float(word) for word in out.split())
        if max(down, up) != size:
            raise RuntimeError(f"{out} is not {size} bytes")
        return (server.cpu_s() - before) * 1e12 / size, size / 1e6 / took_s, 0
    return load


# What it is, unit, load, path that is warm when it answers, [(row, server)]
# The same app in MoonBit is made of events, and can be concurrent; there only where its compiler is.
MOCKETS = [("realtime native", native(REALTIME)), ("realtime.wasm serial", serve(REALTIME, "--reuse", "serial"))]
MOCKETS += [(f"{name}.wasm concurrent", serve(EXAMPLES / name, "--reuse", "concurrent"))
            for name in ("moonbit-realtime", "moonbit-realtime-gc") if (EXAMPLES / f"{name}.wasm").exists()]
PEERS = [("node", peer("node")), ("bun", peer("bun"))]
TABLES = {
    "sleep100": ("sleep(10 ms), 100 in flight", "request", by_wrk(100, "/sleep/10"), "/sleep/1", MOCKETS + PEERS),
    "sleep": (f"sleep(10 ms), {IN_FLIGHT} in flight", "request", by_wrk(IN_FLIGHT, "/sleep/10"), "/sleep/1",
              MOCKETS + PEERS),
    "echo": (f"WebSocket echo, 32 bytes, {SOCKETS} sockets", "message", by_sockets, "/sleep/1", MOCKETS + PEERS),
    "fanout": ("fan-out: three back ends asked for each request, 64 in flight", "request", by_wrk(64, "/"),
               "/", [("fanout native", fanout_native), ("fanout.wasm serial", fanout_serve)] + PEERS),
    "down": ("a body streamed to the client, one at a time", "MB", by_curl("http://127.0.0.1:{port}/bytes/{size}"),
             "/bytes/1", MOCKETS + PEERS),
    "up": ("a body streamed from the client, one at a time", "MB",
           by_curl("-T", "{file}", "-X", "POST", "-H", "Expect:", "http://127.0.0.1:{port}/count"), "/bytes/1",
           MOCKETS + PEERS),
}


def start_all(rows, path):
    servers = {}
    try:
        for name, start in rows:
            try:
                servers[name] = Server(start)
                servers[name].first_answer_ms(path)
            except Absent as reason:
                print(f"skipped: {name}: {reason}")
    except BaseException:
        stop_all(servers)
        raise
    return servers


def stop_all(servers):
    for server in servers.values():
        server.stop()


def take_turns(servers, load, rounds, seconds):
    results = {name: [] for name in servers}
    for name, server in servers.items():
        load(server, 1)  # warm up
    for _ in range(rounds):
        for name, server in servers.items():
            results[name].append(load(server, seconds))
    return results


def print_table(unit, results):
    base = None
    print(f"{'':36}{'us CPU/' + unit:>15}{'range':>18}{'x native':>10}{RATES.get(unit, unit + 's/s'):>13}")
    for name, rounds in results.items():
        cpus = [cpu for cpu, _, _ in rounds]
        median = statistics.median(cpus)
        base = base or median
        refused = statistics.median(share for _, _, share in rounds)
        print(f"{name:36}{median:15.2f}{f'{min(cpus):.2f}-{max(cpus):.2f}':>18}{median / base:10.2f}"
              f"{statistics.median(rate for _, rate, _ in rounds):13.0f}"
              f"{f'   {refused:.0%} refused' if refused else ''}")


def measure(table, rounds, seconds):
    title, unit, load, path, rows = TABLES[table]
    print(f"\n{title}")
    if table == "fanout":
        BACKENDS.open()
    servers = {}
    try:
        servers = start_all(rows, path)
        print_table(unit, take_turns(servers, load, rounds, seconds))
    finally:
        stop_all(servers)
        BACKENDS.close()


# ---- Idle sockets: memory ----

IDLE = MOCKETS + [("realtime.wasm none", serve(REALTIME, "--reuse", "none"))] + PEERS


def idle_sockets(server, wanted):
    """(sockets that were let in, bytes of memory for each of them)"""
    before = server.memory()
    with subprocess.Popen([WS_LOAD, "idle", str(server.port), "/echo", str(wanted)], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as clients:
        count = int(clients.stdout.readline().split()[1])
        time.sleep(SETTLE_S)
        memory = server.memory() - before
    return count, memory / max(count, 1)


def measure_idle(wanted):
    print(f"\n{wanted} idle WebSockets")
    print(f"{'':36}{'let in':>10}{'bytes/socket':>15}")
    for name, start in IDLE:
        servers = start_all([(name, start)], "/sleep/1")
        try:
            for server in servers.values():
                count, each = idle_sockets(server, wanted)
                print(f"{name:36}{count:10}{each:15.0f}")
        finally:
            stop_all(servers)
    print("`none` gives each socket an instance: three quarters of a worker's 128 are as many as there can be")


def raise_file_limit():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
