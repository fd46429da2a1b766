"""Apps as their own servers: wasi-server, under `wasmtime run` of tools/setup-hosts. The contract has the behaviour of
requests (tests/backends/wasi-server.md); here is what belongs to the process."""
import contextlib
import http.server
import pathlib
import re
import socket
import subprocess
import threading
import time

from merged import wasmtime
from support import ROOT, Skip, expect, expect_in, guest, mocket, sha256

APP = pathlib.Path(__file__).resolve().parent / "server.c"
MIB = 1 << 20
OWN_GRANTS = "inherit-network,http"

REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
HELLO = "hello"
WAIT_S = 30
cases = []


def case(fn):
    cases.append(("server: " + fn.__name__.replace("_", " "), fn))
    return fn


def component(folder, name=HELLO):
    out = folder / f"{name}.wasm"
    code, said, _ = mocket("bundle", "--target", "wasi-server", guest(name), "-o", out)
    expect(code, 0, "mocket bundle")
    expect_in(f"wasmtime run -S inherit-network,http {out} --listen ", said, "what was said")
    return out


def command(module, *words, grants="inherit-network", variables=(), engine=()):
    env = [word for variable in variables for word in ("--env", variable)]
    return [wasmtime(), "run", "-C", "cache=y", "-S", grants, *engine, *env, module, *words]


@contextlib.contextmanager
def running(module, *words, **more):
    """The port of a server that ends with its standard input; it must end with 0."""
    process = subprocess.Popen(command(module, "--until-eof", "--listen", "127.0.0.1:0", *words, **more), text=True,
                               stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        port = int(re.search(r"listening on http://127\.0\.0\.1:(\d+)", process.stderr.readline())[1])
        yield port
        process.stdin.close()
        expect(process.wait(WAIT_S), 0, "exit code")
    finally:
        process.kill()
        process.wait()


def connect(port):
    return socket.create_connection(("127.0.0.1", port), WAIT_S)


def refused(module, *words, **more):
    """What a server that must not start says."""
    done = subprocess.run(command(module, *words, **more), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=120)
    expect(done.returncode, 1, str(words))
    return done.stderr


@case
def the_same_answer_in_c_and_moonbit(folder):
    for name in (HELLO, "moonbit-routes", "moonbit-routes-gc"):
        with running(component(folder, name)) as port, connect(port) as s:
            s.sendall(REQUEST)
            expect(s.recv(65536)[:17], b"HTTP/1.1 200 OK\r\n", name)


@case
def inspect_knows_the_component(folder):
    out = component(folder)
    code, said, _ = mocket("inspect", out)
    expect(code, 0, "mocket inspect")
    for part in ("wasi-server", sha256(guest(HELLO)), "wasmtime run"):
        expect_in(part, said, "mocket inspect")


@case
def a_long_pipeline_is_answered_whole(folder):
    """Its answers together are larger than what waits for a client at most."""
    count = 3000
    with running(component(folder)) as port, connect(port) as s:
        s.sendall(REQUEST * count)
        got = b""
        while got.count(b"HTTP/1.1 200 OK") < count:
            piece = s.recv(1 << 20)
            expect(bool(piece), True, f"an answer behind {got.count(b'HTTP/1.1 200 OK')}")
            got += piece


@case
def connections_above_the_limit_get_503(folder):
    with running(component(folder), "--max-connections", "2") as port:
        kept = [connect(port) for _ in range(2)]
        for s in kept:
            s.sendall(REQUEST)
            expect_in(b"200 OK", s.recv(4096), "within the limit")
        with connect(port) as s:
            expect_in(b"503 Service Unavailable", s.recv(4096), "above the limit")
        kept.pop().close()
        until, got = time.monotonic() + WAIT_S, b""
        while b"200 OK" not in got and time.monotonic() < until:
            with connect(port) as s, contextlib.suppress(ConnectionError):  # of a connection that is refused
                s.sendall(REQUEST)
                got = s.recv(4096)
        expect_in(b"200 OK", got, "when one has left")
        kept.pop().close()


def own_component(folder):
    """Of server.c, whose bodies may be large."""
    if not (ROOT / "build/wasm/libmocket.a").exists():
        raise Skip("the guest library is not built")
    module, out = folder / "own.wasm", folder / "own.server.wasm"
    expect(mocket("build", APP, "-o", module)[0], 0, "mocket build")
    expect(mocket("bundle", "--target", "wasi-server", module, "-o", out)[0], 0, "mocket bundle")
    return out


def running_own(folder, *words, memory):
    """In so many MiB of memory, once for the app and once for the server."""
    return running(own_component(folder), *words, grants=OWN_GRANTS, engine=("-W", f"max-memory-size={memory * MIB}"))


def post(port, length, sent=b""):
    s = connect(port)
    s.sendall(b"POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % length + sent)
    return s


@case
def a_declared_length_holds_no_memory(folder):
    """1.6 GB declared, in 48 MiB of memory."""
    with running_own(folder, "--max-memory-total", "32M", memory=48) as port:
        silent = [post(port, 16 * MIB, b"x" * (n % 2)) for n in range(100)]
        with connect(port) as s:
            s.sendall(REQUEST)
            expect_in(b"200 OK", s.recv(4096), "a small request beside them")
        with post(port, 16 * MIB, bytes(16 * MIB)) as s:
            expect_in(b"\r\n\r\n16777216", s.recv(4096), "a large request beside them")
        for s in silent:
            s.close()


@case
def bodies_above_the_memory_limit_get_503_and_small_requests_are_answered(folder):
    with running_own(folder, "--max-memory-total", "16M", memory=64) as port:
        for size in (MIB // 16, MIB, 3 * MIB, MIB // 2):  # buffers of every size fit where others were
            too_much = size > MIB // 16
            full = [post(port, 8 * MIB, bytes(size)) for _ in range(60 if too_much else 40)]
            time.sleep(0.5)
            with connect(port) as s:
                s.sendall(REQUEST)
                expect_in(b"200 OK", s.recv(4096), f"a small request beside {len(full)} of {size}")
            answers, until = {answer_of(s) for s in full}, time.monotonic() + WAIT_S
            while too_much and not has_503(answers) and time.monotonic() < until:
                answers |= {answer_of(s) for s in full}
            expect(has_503(answers), too_much, f"503 at {size}: {answers}")
            expect({a[:13] for a in answers} <= {b"", b"HTTP/1.1 503 "}, True, f"other answers at {size}")
            for s in full:
                s.close()
        until = time.monotonic() + WAIT_S
        while time.monotonic() < until and not (got := large(port)).endswith(b"\r\n\r\n7340032"):
            time.sleep(0.1)
        expect_in(b"\r\n\r\n7340032", got, "when they have left")
    said = refused(own_component(folder), "--max-memory-total", "1K", grants=OWN_GRANTS)
    expect_in("--max-memory-total: use 64K or more", said, "1K")


def large(port):
    """The answer to 7 MiB."""
    with contextlib.suppress(ConnectionError), post(port, 7 * MIB, bytes(7 * MIB)) as s:
        return s.recv(4096)
    return b""


def has_503(answers):
    return any(b" 503 " in answer and b"Retry-After: 1" in answer for answer in answers)


def answer_of(s):
    """What has arrived; nothing, if the server still waits."""
    s.settimeout(0.02)
    try:
        return s.recv(4096)
    except TimeoutError:
        return b""
    except ConnectionError:
        return b"HTTP/1.1 503 Retry-After: 1"  # it closed with bytes unread


class Heads(http.server.BaseHTTPRequestHandler):
    """Answers with 68 KB of fields."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        for i in range(17):
            self.send_header(f"x-{i}", "v" * 4000)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@case
def heads_of_many_responses_use_the_same_memory(folder):
    """100 heads of 68 KB within one request, in 10 MiB of memory; the app keeps them until it is over."""
    origin = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Heads)
    threading.Thread(target=origin.serve_forever, daemon=True).start()
    with running_own(folder, memory=10) as port, connect(port) as s:
        url = f"http://127.0.0.1:{origin.server_port}/".encode()
        s.sendall(b"GET /ask?url=%s HTTP/1.1\r\nHost: a\r\n\r\n" % url)
        expect_in(b"\r\n\r\nasked", s.recv(4096), "answer")
    origin.shutdown()


@case
def limits_of_time_and_size_are_kept(folder):
    words = ("--head-timeout", "200ms", "--idle-timeout", "200ms", "--max-head", "2K")
    with running(component(folder), *words) as port:
        with connect(port) as s:
            s.sendall(b"GET / HT")
            expect_in(b"408 Request Timeout", s.recv(4096), "--head-timeout")
        with connect(port) as s:
            expect(s.recv(4096), b"", "--idle-timeout")
        with connect(port) as s:
            s.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nA: " + b"a" * 3000 + b"\r\n\r\n")
            expect_in(b" 431 ", s.recv(4096), "--max-head")


@case
def a_server_that_cannot_start_says_why(folder):
    out = component(folder)
    expect_in("cannot listen on 127.0.0.1:0: the host does not grant it",
              refused(out, "--listen", "127.0.0.1:0", grants="inherit-network=n"), "no grant")
    for words, part in ((("--listen", "host:1"), "--listen host:1: use address:port"),
                        (("--listen", "::1:1"), "--listen ::1:1: use address:port"),
                        (("--listen", "127.0.0.1:65536"), "use address:port"),
                        (("--listen",), "--listen: use address:port"),
                        (("--timeout", "5"), "--timeout 5: use a time above 0 with ms, s, m or h"),
                        (("--max-head=x",), "--max-head x: use a number of bytes"),
                        (("--nothing",), "--nothing: unknown option"),
                        (("word",), "word: arguments of the app follow `--`")):
        expect_in(part, refused(out, *words), str(words))
    for variable, part in (("PORT=70000", "PORT 70000: it is not a port"), ("HOST=name", "HOST name: it is not an IP"),
                           ("MOCKET_LISTEN=x", "MOCKET_LISTEN x: use address:port")):
        expect_in(part, refused(out, variables=[variable]), variable)
    with running(out) as port:
        expect_in("the port is in use", refused(out, "--listen", f"127.0.0.1:{port}"), "a port in use")
