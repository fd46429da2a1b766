"""What the cases of cases.txt cannot say of an example: streams, sockets, several requests at once, other servers.

STEPS: example -> a class with

    env       its variables
    nets      what a guest may reach (mocket serve --allow-net)
    checks    functions of the port, each of which raises AssertionError, or returns

made before the example starts, and closed when it has ended."""
import concurrent.futures
import http.client
import http.server
import json
import pathlib
import re
import socket
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "contract"))
import answer as wire  # noqa: E402
import frames  # noqa: E402

TIMEOUT_S = 10
SLOW_S = 60  # what nobody waits for


def ask(port, method, target, body=None, headers=None, chunked=False):
    """(status, headers, body)"""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    try:
        connection.request(method, target, body, headers or {}, encode_chunked=chunked)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def equal(got, want):
    assert got == want, f"got {got!r}, expected {want!r}"


class Socket:
    """A WebSocket's client."""

    def __init__(self, port, target):
        self.sock = socket.create_connection(("127.0.0.1", port), TIMEOUT_S)
        self.sock.sendall(f"GET {target} HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                          f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {frames.KEY}\r\n\r\n".encode())
        self.reader = wire.Reader(self.sock, TIMEOUT_S)
        until = time.monotonic() + TIMEOUT_S
        while b"\r\n\r\n" not in self.reader.buffer:
            assert self.reader.fill(until), f"no handshake: {self.reader.buffer!r}"
        head, self.reader.buffer = self.reader.buffer.split(b"\r\n\r\n", 1)
        assert head.startswith(b"HTTP/1.1 101 "), head
        assert frames.accept_of(frames.KEY).encode() in head, head

    def send(self, kind, payload):
        self.sock.sendall(frames.make(kind, (), payload))

    def expect(self, kind, payload):
        equal(frames.read(self.reader), (kind, payload))

    def close(self):
        self.send("close", (1000).to_bytes(2, "big"))
        equal(frames.read(self.reader), ("close", (1000).to_bytes(2, "big")))
        self.sock.close()


class Plain:
    env, nets, checks = {}, (), ()

    def close(self):
        pass


# ---- counter ----

class Counter(Plain):
    def __init__(self):
        self.checks = [self.counts]

    def counts(self, port):
        for _ in range(5):
            status, _, body = ask(port, "GET", "/")
            found = re.fullmatch(rb"static (\d+), worker (\d+)\n", body)
            assert status == 200 and found and int(found[1]) >= int(found[2]) >= 1, (status, body)


# ---- realtime ----

class Realtime(Plain):
    def __init__(self):
        self.checks = [self.sleeps, self.bytes, self.counts, self.events, self.echo, self.room]

    def sleeps(self, port):
        began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            for answer in pool.map(lambda _: ask(port, "GET", "/sleep/1000"), range(20)):
                equal(answer[2], b"slept 1000")
        took_s = time.monotonic() - began
        assert 1 <= took_s < 10, f"20 sleeps of a second at once took {took_s:.1f} s"

    def bytes(self, port):
        status, headers, body = ask(port, "GET", "/bytes/3000001")
        equal((status, headers["Content-Length"], body == b"x" * 3000001), (200, "3000001", True))
        status, headers, body = ask(port, "HEAD", "/bytes/1000000000000")
        equal((status, headers["Content-Length"], body), (200, "1000000000000", b""))

    def counts(self, port):
        equal(ask(port, "POST", "/count", b"y" * 3000001)[2], b"3000001")
        pieces = (b"z" * 100 for _ in range(1000))
        equal(ask(port, "POST", "/count", pieces, {"Transfer-Encoding": "chunked"}, True)[2], b"100000")

    def events(self, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
        connection.request("HEAD", "/sse")
        equal(connection.getresponse().read(), b"")  # and it is over: the connection is free for the next one
        connection.request("GET", "/sse", headers={"Last-Event-ID": "41"})
        answer = connection.getresponse()
        equal((answer.status, answer.headers["Content-Type"], answer.headers["Cache-Control"]),
              (200, "text/event-stream", "no-store"))
        want = b"retry: 1000\n\nevent: tick\nid: 42\ndata: 42\n\nevent: tick\nid: 43\ndata: 43\n\n"
        equal(answer.read(len(want)), want)
        connection.close()

    def echo(self, port):
        s = Socket(port, "/echo")
        for kind, payload in (("text", "äöü".encode()), ("binary", bytes(range(256)) * 1000), ("text", b"")):
            s.send(kind, payload)
            s.expect(kind, payload)
        s.close()

    def room(self, port):
        members = []
        for i in range(5):
            members.append(Socket(port, "/room"))
            members[i].send("text", b"here is %d" % i)
            for member in members:  # it has heard itself: it is subscribed
                member.expect("text", b"here is %d" % i)
        for i, member in enumerate(members):
            member.send("text", b"from %d" % i)
        for member in members:
            equal(sorted(frames.read(member.reader) for _ in members), [("text", b"from %d" % i) for i in range(5)])
        for member in members:
            member.close()


# ---- chat ----

class Chat(Plain):
    def __init__(self):
        self.checks = [self.page, self.refusals, self.talk]

    def page(self, port):
        status, headers, body = ask(port, "GET", "/")
        equal((status, headers["Content-Type"]), (200, "text/html; charset=utf-8"))
        for part in (b"new WebSocket(", b"[hidden] { display: none", b"setTimeout(connect, "):  # it comes back
            assert part in body, part

    def refusals(self, port):
        for target, status in (("/rooms/a?name=", 400), ("/rooms/a?name=a%09b", 400), ("/rooms/a?name=ann", 426),
                               ("/rooms/a?name=" + "%E4%BD%A0" * 20, 426), ("/rooms/a?name=" + "x" * 61, 400)):
            equal(ask(port, "GET", target)[0], status)

    def talk(self, port):
        ann = Socket(port, "/rooms/tea%20room?name=Ann")
        ann.expect("text", b"join\tAnn\t")
        other = Socket(port, "/rooms/other?name=Cid")
        other.expect("text", b"join\tCid\t")
        bob = Socket(port, "/rooms/tea%20room?name=B%C3%B6b")
        for member in (ann, bob):
            member.expect("text", "join\tBöb\t".encode())
        ann.send("text", b"hello <b>")
        for member in (ann, bob):
            member.expect("text", b"say\tAnn\thello <b>")
        bob.close()
        ann.expect("text", "leave\tBöb\t".encode())
        ann.close()
        other.close()  # and nothing had come


# ---- proxy ----

class Upstream(http.server.BaseHTTPRequestHandler):
    """/echo tells what it got; /bytes is a megabyte in chunks; /slow answers when nobody waits; /gone breaks off."""
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def body(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def answer(self, status, body, fields=()):
        self.send_response(status)
        for name, value in fields:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self):
        path, got = self.path.split("?")[0], self.body()
        if path == "/echo":
            told = {"method": self.command, "target": self.path, "len": len(got), "text": got[:100].decode("latin-1"),
                    "headers": [[name.lower(), value] for name, value in self.headers.items()]}
            self.answer(200, json.dumps(told).encode(), [("X-One", "1"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"),
                                                         ("Connection", "X-Hop"), ("X-Hop", "stays")])
        elif path == "/bytes":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for _ in range(64):
                self.wfile.write(b"4000\r\n" + b"u" * 16384 + b"\r\n")
            self.wfile.write(b"0\r\n\r\n")
        elif path == "/moved":
            self.answer(302, b"", [("Location", "/echo")])
        elif path == "/missing":
            self.answer(404, b"not here")
        elif path == "/slow":
            self.server.ended.wait(SLOW_S)
            self.answer(200, b"late")
        else:  # /gone
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
            self.close_connection = True

    do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_PATCH = do_GET


class Quiet(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, *args):
        self.taken, self.ended = [], threading.Event()
        super().__init__(*args)

    def process_request(self, request, client_address):
        self.taken.append(request)
        super().process_request(request, client_address)

    def server_close(self):
        """Kept connections too."""
        self.ended.set()
        super().server_close()
        for request in self.taken:
            try:
                request.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it has ended

    def handle_error(self, *_):
        """Clients that leave are what some checks are about."""


class Servers:
    """Upstream, on a port of its own."""

    def __init__(self):
        self.server = Quiet(("127.0.0.1", 0), Upstream)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        self.open = True

    def close(self):
        if self.open:
            self.server.shutdown()
            self.server.server_close()
            self.open = False


class Proxy:
    def __init__(self):
        self.upstream = Servers()
        self.env = {"UPSTREAM": f"http://127.0.0.1:{self.upstream.port}", "UPSTREAM_TIMEOUT_MS": "3000"}
        self.nets = ("127.0.0.1",)
        self.checks = [self.requests, self.answers, self.bodies, self.late, self.broken, self.absent]

    def close(self):
        self.upstream.close()

    def requests(self, port):
        fields = {"X-Mine": "1", "Connection": "keep-alive, X-Private", "X-Private": "2", "Content-Type": "text/x"}
        for method, body in (("GET", None), ("PUT", b"some bytes"), ("DELETE", None), ("POST", b""), ("PATCH", b"p")):
            status, headers, told = ask(port, method, "/echo?a=b%20c&d", body, fields)
            told = json.loads(told)
            equal((status, told["method"], told["target"], told["text"]),
                  (200, method, "/echo?a=b%20c&d", (body or b"").decode()))
            got = dict(told["headers"])
            equal((got["x-mine"], got.get("x-private"), got["content-type"], got["x-forwarded-for"]),
                  ("1", None, "text/x", "127.0.0.1"))
            equal(got["host"], f"127.0.0.1:{self.upstream.port}")
            equal((headers["X-One"], headers.get_all("Set-Cookie"), headers["X-Hop"]), ("1", ["a=1", "b=2"], None))

    def answers(self, port):
        status, headers, body = ask(port, "HEAD", "/echo")
        assert status == 200 and int(headers["Content-Length"]) > 100 and body == b"", (status, body)
        equal(ask(port, "GET", "/missing")[::2], (404, b"not here"))
        status, headers, _ = ask(port, "GET", "/moved")
        equal((status, headers["Location"]), (302, "/echo"))

    def bodies(self, port):
        status, _, body = ask(port, "GET", "/bytes")
        equal((status, body == b"u" * (64 * 16384)), (200, True))
        equal(json.loads(ask(port, "POST", "/echo", b"v" * 3000001)[2])["len"], 3000001)
        pieces = (b"z" * 1000 for _ in range(1000))
        told = json.loads(ask(port, "POST", "/echo", pieces, {"Transfer-Encoding": "chunked"}, True)[2])
        equal((told["len"], told["text"]), (1000000, "z" * 100))

    def late(self, port):
        equal(ask(port, "GET", "/slow")[0], 504)

    def broken(self, port):
        try:
            answer = ask(port, "GET", "/gone")
        except (http.client.IncompleteRead, ConnectionError):
            return
        raise AssertionError(f"half an answer looks whole: {answer}")

    def absent(self, port):
        self.upstream.close()
        equal(ask(port, "GET", "/missing", headers={"Connection": "close"})[0], 502)


# ---- fanout ----

class Fanout:
    def __init__(self):
        self.servers = [Servers() for _ in range(3)]
        at = [f"http://127.0.0.1:{server.port}" for server in self.servers]
        self.urls = [f"{at[0]}/missing", f"{at[1]}/slow", f"{at[2]}/missing?2"]
        self.env = {"BACKENDS": " ".join(self.urls)}
        self.nets = ("127.0.0.1",)
        self.checks = [self.partial, self.refused]

    def close(self):
        for server in self.servers:
            server.close()

    def partial(self, port):
        """The slow one never comes. The others may be late on a busy machine, but not every time."""
        wanted = [{"from": self.urls[0], "status": 404, "text": "not here"},
                  {"from": self.urls[1], "error": "timed out"},
                  {"from": self.urls[2], "status": 404, "text": "not here"}]
        for left in reversed(range(10)):
            status, _, body = ask(port, "GET", "/")
            if left == 0 or json.loads(body) == wanted:
                break
        equal((status, json.loads(body)), (200, wanted))

    def refused(self, port):
        self.servers[0].close()
        first = json.loads(ask(port, "GET", "/")[2])[0]
        assert "error" in first, first


STEPS = {"counter": Counter, "realtime": Realtime, "chat": Chat, "proxy": Proxy, "fanout": Fanout}
