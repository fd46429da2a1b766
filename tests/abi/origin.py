"""The other server, which guests send requests to."""

import contextlib
import re
import socket
import threading
import time
import urllib.parse
import weakref


class BadBody(Exception):
    """A request body that is shorter than it says."""


class Origin:
    """Speaks as much HTTP/1.1 as is needed to be rude in it; a thread for each connection."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = self.socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.open, self.requests, self.lock = 0, 0, threading.Lock()
        self.used = weakref.WeakSet()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            with contextlib.suppress(OSError):
                connection, _ = self.socket.accept()
                threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with self.lock:
            self.open += 1
        try:
            with connection, connection.makefile("rb") as lines:
                while self.serve_one(connection, lines):
                    pass
        except OSError:
            pass
        with self.lock:
            self.open -= 1

    def serve_one(self, connection, lines):
        first = lines.readline().split()
        if len(first) != 3:
            return False
        with self.lock:
            self.requests += 1
        fields = {}
        while (line := lines.readline().strip()):
            name, _, value = line.partition(b":")
            fields[name.lower()] = value.strip()
        path = re.sub(rb"/[^/]*/\.\./", b"/", first[1]).decode("latin-1")
        _, what, *rest = path.split("/")
        return getattr(self, "do_" + what.replace("-", "_"))(connection, lines, fields, *rest)

    def send(self, connection, body, status="200 OK", fields=""):
        connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{fields}\r\n".encode() + body)
        self.used.add(connection)
        return True

    def body(self, lines, fields):
        """Of a request, piece by piece."""
        if b"content-length" in fields:
            left = int(fields[b"content-length"])
            while left > 0 and (piece := lines.read(min(left, 65536))):
                left -= len(piece)
                yield piece
            if left:
                raise BadBody
            return
        while b"transfer-encoding" in fields:
            size = int(lines.readline(), 16)
            piece = lines.read(size)
            lines.readline()
            if size == 0:
                return
            yield piece

    def do_hello(self, connection, *_):
        return self.send(connection, b"hello", fields="X-Mixed: Case\r\n")

    def do_status(self, connection, _lines, _fields, status, *_):
        return self.send(connection, b"told", urllib.parse.unquote(status))

    def do_dies(self, connection, lines, fields, *_):
        """A connection that has carried an answer breaks when it is used again."""
        if connection in self.used:
            return False
        return self.send(connection, b"".join(self.body(lines, fields)))

    def do_told(self, connection, _lines, fields, *rest):
        """The target that came, and who sent it."""
        return self.send(connection, "/".join(rest).encode() + b" " + fields.get(b"user-agent", b"nobody"))

    def do_host(self, connection, _lines, fields, *_):
        return self.send(connection, fields[b"host"])

    def do_slow(self, connection, _lines, _fields, ms, *_):
        time.sleep(int(ms) / 1000)
        return self.send(connection, b"slow")

    def do_pause(self, connection, _lines, _fields, ms, *_):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst")
        time.sleep(int(ms) / 1000)
        connection.sendall(b" then")
        return False

    def do_count(self, connection, lines, fields, *_):
        try:
            total = sum(map(len, self.body(lines, fields)))
        except (ValueError, BadBody):
            return False
        return self.send(connection, str(total).encode())

    def do_echo(self, connection, lines, fields, *_):
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for piece in self.body(lines, fields):
            connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        connection.sendall(b"0\r\n\r\n")
        return True

    def do_bytes(self, connection, _lines, _fields, count, *_):
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {count}\r\n\r\n".encode())
        left, piece = int(count), b"x" * 65536
        while left > 0:
            connection.sendall(piece[:left])
            left -= len(piece)
        return True

    def do_cut(self, connection, *_):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        return False

    def do_close(self, _connection, *_):
        return False

    def do_early(self, connection, lines, *_):
        self.send(connection, b"no", "403 Forbidden")
        lines.read()  # until it is over
        return False

    def do_refuse(self, connection, *_):
        """Answers, and reads no more."""
        self.send(connection, b"too much", "413 Content Too Large", "Connection: close\r\n")
        time.sleep(0.3)
        return False

    def do_to(self, connection, _lines, _fields, *where):
        target = "/".join(where)
        target = target if target.startswith("http") else "/" + target
        return self.send(connection, b"", "302 Found", f"Location: {target}\r\n")

    def do_hold(self, connection, lines, *_):
        """Says nothing until it is left."""
        connection.settimeout(20)
        with contextlib.suppress(OSError):
            lines.read(1)
        return False
