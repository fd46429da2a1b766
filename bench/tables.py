"""What bench/run measures: each kind of load on several servers."""
import dataclasses
import typing

import loads
import peers
from server import BUILD, Server, native, native_tls, serve, serve_tls

EXAMPLES, APPS = BUILD / "examples", BUILD / "bench"
ROUTES, REALTIME, FANOUT = EXAMPLES / "routes", EXAMPLES / "realtime", EXAMPLES / "fanout"
IN_FLIGHT, SOCKETS = 1000, 64


@dataclasses.dataclass
class Load:
    """A table to be measured. warm: a path that is answered when the server is up. rows: [(name, how it is started)];
    the first one is the base of the ratios. bounds: figures.Table.exceeded."""
    title: str
    load: typing.Callable
    rows: list
    warm: str = "/hello"
    unit: str = "request"
    bounds: tuple = ()
    scheme: str = "http"
    backends: int = 0  # quick servers that rows find in BACKENDS


class Backends:
    """Quick servers for the fan-out table, and where they are."""

    def __init__(self):
        self.servers, self.urls = [], ""

    def open(self, count):
        for _ in range(count):
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


def peer(program):
    """fanout.c and realtime.c on Node or Bun."""
    def start(port, folder):
        return peers.script(program, f"{program}.mjs", BACKENDS=BACKENDS.urls)(port, folder)
    return start


def moonbit(name, reuse):
    """The same app in MoonBit, for both targets; there only where its compiler is (tools/setup-moonbit)."""
    return [(f"{each}.wasm {reuse}", serve(EXAMPLES / each, "--reuse", reuse))
            for each in (f"moonbit-{name}", f"moonbit-{name}-gc") if (EXAMPLES / f"{each}.wasm").exists()]


WASM = [("wasm serial", serve(ROUTES, "--reuse", "serial")), ("wasm none", serve(ROUTES, "--reuse", "none"))]
PEERS = [("node", peers.script("node", "routes.mjs")), ("bun", peers.script("bun", "bun-routes.mjs"))]
SERVERS = [("native", native(ROUTES)), *WASM, *moonbit("routes", "serial"), *PEERS]
WASMTIME = [("wasmtime serve", peers.wasmtime(ROUTES)),
            ("wasmtime serve, reuse", peers.wasmtime(ROUTES, "--max-instance-reuse-count", "1000000")),
            ("wasmtime serve, 0.3", peers.wasmtime(ROUTES, target="wasi-http@0.3"))]
TLS = [("native", native_tls(ROUTES)), ("nginx", peers.nginx_tls),
       ("wasm serial", serve_tls(ROUTES, "--reuse", "serial"))]
# The app in MoonBit is made of events, and can be concurrent.
REALTIMES = [("native", native(REALTIME)), ("wasm serial", serve(REALTIME, "--reuse", "serial")),
             *moonbit("realtime", "concurrent"), ("node", peer("node")), ("bun", peer("bun"))]
POST_16K = ['wrk.method = "POST"', 'wrk.headers["Content-Type"] = "text/plain"', 'wrk.body = string.rep("x", 16384)']

LOADS = {
    "plaintext": Load("GET, 12 bytes of text", loads.wrk("/hello"),
                      [SERVERS[0], ("epoll loop without HTTP", peers.floor), ("nginx", peers.nginx),
                       ("h2o, a file", peers.h2o), *SERVERS[1:]],
                      bounds=(("moonbit-routes-gc.wasm serial", "moonbit-routes.wasm serial", 1.25),)),
    "hosts": Load("one app on wasm hosts: GET, 12 bytes of text", loads.wrk("/hello"), [*WASM, *WASMTIME],
                  bounds=(("wasm none", "wasmtime serve", 1 / 5), ("wasm serial", "wasmtime serve, reuse", 1 / 3))),
    "json": Load("GET, an object of three members as JSON", loads.wrk("/json"), SERVERS),
    "tls": Load("GET over TLS, 12 bytes of text, connections stay", loads.wrk("/hello"), TLS, scheme="https"),
    "handshakes": Load("GET over TLS, a handshake for each request (TLS 1.3, ECDSA P-256)",
                       loads.wrk("/hello", lines=['wrk.headers["Connection"] = "close"']), TLS, scheme="https"),
    "routes": Load("GET, the last of 1000 routes with parameters, beside one route", loads.wrk("/last/1"), [
        ("1 route native", native(APPS / "routes_1")), ("1000 routes native", native(APPS / "routes_1000")),
        ("1 route serial", serve(APPS / "routes_1", "--reuse", "serial")),
        ("1000 routes serial", serve(APPS / "routes_1000", "--reuse", "serial"))], "/last/1"),
    "post": Load("POST, 16 KiB echoed", loads.wrk("/echo", lines=POST_16K), SERVERS),
    "sleep100": Load("sleep(10 ms), 100 in flight", loads.wrk("/sleep/10", 100), REALTIMES, "/sleep/1"),
    "sleep": Load(f"sleep(10 ms), {IN_FLIGHT} in flight", loads.wrk("/sleep/10", IN_FLIGHT), REALTIMES, "/sleep/1"),
    "echo": Load(f"WebSocket echo, 32 bytes, {SOCKETS} sockets", loads.sockets("/echo", SOCKETS), REALTIMES, "/sleep/1",
                 "message"),
    "fanout": Load("three back ends asked for each request, 64 requests in flight", loads.wrk("/"), [
        ("native", fanout_native), ("wasm serial", fanout_serve), ("node", peer("node")), ("bun", peer("bun"))], "/",
                   backends=3),
    "down": Load("a body streamed to the client, one at a time", loads.curl("http://127.0.0.1:{port}/bytes/{size}"),
                 REALTIMES, "/bytes/1", "MB"),
    "up": Load("a body streamed from the client, one at a time",
               loads.curl("-T", "{file}", "-X", "POST", "-H", "Expect:", "http://127.0.0.1:{port}/count"), REALTIMES,
               "/bytes/1", "MB"),
}
@dataclasses.dataclass
class Idle:
    """Connections that are opened and then left alone, to see what memory they take."""
    plot: str
    title: str
    rows: list
    sockets: bool = False  # WebSockets
    scheme: str = "http"
    most: int = 10000  # TLS: each is a handshake in the tool that opens them


IDLE_PATH = "/sleep/0"  # nginx answers everything
IDLE = {
    "connections": Idle("idle-connections", "connections", [*REALTIMES, ("nginx", peers.nginx)]),
    "tls-connections": Idle("idle-tls", "connections with TLS",
                            [("native", native_tls(REALTIME)), ("nginx", peers.nginx_tls)], scheme="https", most=1000),
    # `none` gives each socket an instance: three quarters of a worker's 128 are as many as there can be.
    "sockets": Idle("idle-WebSockets", "WebSockets", [*REALTIMES, ("wasm none", serve(REALTIME, "--reuse", "none"))],
                    sockets=True),
}
