"""Apps as their own servers: wasi-server, under `wasmtime run` of tools/setup-hosts. The contract has the behaviour of
requests (tests/backends/wasi-server.md); here is what belongs to the process."""
import contextlib
import re
import socket
import subprocess
import time

from merged import wasmtime
from support import expect, expect_in, guest, mocket, sha256

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


def command(module, *words, grants="inherit-network", variables=()):
    env = [word for variable in variables for word in ("--env", variable)]
    return [wasmtime(), "run", "-C", "cache=y", "-S", grants, *env, module, *words]


@contextlib.contextmanager
def running(module, *words):
    """The port of a server that ends with its standard input; it must end with 0."""
    process = subprocess.Popen(command(module, "--until-eof", "--listen", "127.0.0.1:0", *words), text=True,
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
        time.sleep(0.3)
        with connect(port) as s:
            s.sendall(REQUEST)
            expect_in(b"200 OK", s.recv(4096), "when one has left")
        kept.pop().close()


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
