"""The app of tests/native/fetch, and the servers that it asks: our own, and nginx for HTTP/2."""
import contextlib
import hashlib
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.parse

import again
from suite import free_port

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
READY = re.compile(rb"listening on http://127\.0\.0\.1:(\d+)")
WAIT_S = 30  # nothing of ours takes so long; the machine may have other work
program = ROOT / "build/tests/native/fetcher"  # fetch sets it


# ---- The servers that are fetched from ----

class Request:
    def __init__(self, line, fields, reader):
        self.method, self.target, self.version = line.split(" ")
        self.path, _, self.query = self.target.partition("?")
        self.fields, self.reader = fields, reader

    def get(self, name):
        return next((value for key, value in self.fields if key.lower() == name.lower()), None)

    def pieces(self):
        """The body as it comes."""
        if self.get("Transfer-Encoding") == "chunked":
            while size := int(self.reader.readline(), 16):
                yield self.reader.read(size)
                self.reader.readline()
            self.reader.readline()
            return
        left = int(self.get("Content-Length") or 0)
        while left:
            piece = self.reader.read1(min(left, 65536))
            if not piece:
                raise ConnectionError("the body was cut")
            left -= len(piece)
            yield piece


def answer(body=b"", status="200 OK", *fields):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *fields, "", ""]
    return "\r\n".join(lines).encode() + body


class Backend:
    """A server on a port of its own; handle(self, request, connection) writes what it likes and returns whether the
    connection is good for more."""

    def __init__(self, handle=None, tls=None, host="127.0.0.1", port=0):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.listener = socket.create_server((host, port), family=family, backlog=512)
        self.port = self.listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://{host}:{self.port}"
        self.handle, self.tls = handle or Backend.plain, tls
        self.connections = self.open = self.requests = 0
        self.seen = []
        self.lock = threading.Lock()

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                with self.lock:
                    self.connections += 1
                    self.open += 1
                threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with contextlib.suppress(OSError, ValueError, ssl.SSLError), contextlib.ExitStack() as stack:
            stack.callback(self.count_closed)
            stack.enter_context(connection)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls:
                connection = stack.enter_context(self.tls.wrap_socket(connection, server_side=True))
            reader = stack.enter_context(connection.makefile("rb", 262144))
            while line := reader.readline().decode("latin-1").rstrip("\r\n"):
                fields = []
                while field := reader.readline().decode("latin-1").rstrip("\r\n"):
                    name, _, value = field.partition(":")
                    fields.append((name, value.strip()))
                request = Request(line, fields, reader)
                with self.lock:
                    self.requests += 1
                    self.seen.append(request)
                if not self.handle(self, request, connection):
                    return

    def count_closed(self):
        with self.lock:
            self.open -= 1

    def plain(self, request, connection):
        body = b"".join(request.pieces())
        told = b"" if request.method == "HEAD" else b"%s %s" % (request.method.encode(), body or b"-")
        connection.sendall(answer(told, "200 OK", "X-Kind: plain"))
        return True


def soon(what, most_s=WAIT_S):
    """Waits until it is true."""
    until = time.monotonic() + most_s
    while not what():
        assert time.monotonic() < until, "it did not come true in time"
        time.sleep(0.01)


def blob(size):
    return hashlib.shake_128(b"mocket").digest(65536) * (size // 65536)


# ---- Servers of TLS and HTTP/2 ----

class Authority:
    """A certificate authority in a folder, and a server's certificate for localhost and 127.0.0.1."""

    def __init__(self, folder, name="ca"):
        self.ca, key = folder / f"{name}.pem", folder / f"{name}.key"
        self.cert, self.key, request = folder / f"{name}-s.pem", folder / f"{name}-s.key", folder / f"{name}-s.csr"
        names = folder / f"{name}.ext"
        names.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        for command in (
                f"req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN={name} -keyout {key} "
                f"-out {self.ca} -addext basicConstraints=critical,CA:TRUE",
                f"req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout {self.key} "
                f"-out {request}",
                f"x509 -req -in {request} -CA {self.ca} -CAkey {key} -CAcreateserial -days 2 -out {self.cert} "
                f"-extfile {names}"):
            subprocess.run(["openssl", *command.split()], check=True, capture_output=True)

    def context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert, self.key)
        return context


def nginx_program():
    """Its path, also where PATH has no sbin; None when there is none."""
    found = subprocess.run([ROOT / "tools/find-nginx", "--find"], capture_output=True, text=True)
    return found.stdout.splitlines()[-1] if found.returncode == 0 else None


@contextlib.contextmanager
def nginx(folder, authority):
    """nginx with HTTP/2 on a port of its own: the port."""
    port = free_port()
    folder.chmod(0o755)  # its workers may be somebody else
    (folder / "big").write_bytes(blob(20 << 20))
    (folder / "small").write_bytes(b"small")
    (folder / "nginx.conf").write_text(f"""
daemon off; worker_processes 1; pid {folder}/pid; error_log stderr;
events {{ worker_connections 512; }}
http {{
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/p;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; client_max_body_size 0;
  log_format main '$server_protocol $connection $request_method $status'; access_log {folder}/log main;
  server {{
    listen 127.0.0.1:{port} ssl http2; ssl_certificate {authority.cert}; ssl_certificate_key {authority.key};
    root {folder};
    location /say {{ return 200 "$request_method $http_x_a"; }}
    location /move {{ return 302 /small; }}
  }}
}}""")
    process = subprocess.Popen([nginx_program(), "-p", folder, "-e", "stderr", "-c", folder / "nginx.conf"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        def is_up():
            assert process.poll() is None, "nginx does not start"
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), 1).close()
                return True
            return False
        soon(is_up)
        yield port
    finally:
        process.terminate()
        process.wait()


# ---- The app ----

class App:
    def __init__(self, **env):
        self.env = {**os.environ, "MOCKET_LISTEN": "127.0.0.1:0", "MOCKET_WORKERS": "1", **env}

    def __enter__(self):
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen([program], env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=self.log)
        soon(lambda: READY.search(self.text()) or self.process.poll() is not None, WAIT_S)
        self.port = int(READY.search(self.text()).group(1))
        return self

    def text(self):
        return os.pread(self.log.fileno(), 1 << 20, 0)

    def __exit__(self, kind, error, _trace):
        self.process.send_signal(signal.SIGTERM)
        code = again.end_of(self.process, WAIT_S, error)
        text = self.text()
        self.log.close()
        assert code in (None, 0), f"it ended with {code}: {error or ''} {text.decode(errors='replace')}"

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), WAIT_S)

    def threads(self):
        return len(os.listdir(f"/proc/{self.process.pid}/task"))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def rss_kib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1))

    def peak_kib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status).group(1))

    def ask(self, path, verb="GET", body=None, fields=(), /, **query):
        """Status and body of the app's own answer."""
        with self.connect() as client:
            client.sendall(head(path, verb, fields, **query) if body is None else
                           head(path, verb, (*fields, f"Content-Length: {len(body)}"), **query) + body)
            return read_answer(client)

    def get(self, url, method="GET", body=None, fields=(), **query):
        """What the app's /get tells: (status, body's result, fields, body), or a number below zero."""
        if body is not None:
            query["body"] = 1
        status, text = self.ask("/get", "GET" if body is None else "POST", body, [f"X-Send: {line}" for line in fields],
                                url=url, method=method, **query)
        assert status == 200, (status, text)
        if text.startswith(b"error "):
            return int(text[6:])
        told, _, content = text.partition(b"\n\n")
        lines = told.decode("latin-1").split("\n")
        code, result = map(int, lines[1].split())
        return code, result, dict(line.split(": ", 1) for line in lines[2:]), content


def head(path, verb="GET", fields=(), /, **query):
    target = path + ("?" + urllib.parse.urlencode(query) if query else "")
    return "\r\n".join([f"{verb} {target} HTTP/1.1", "Host: app", "Connection: close", *fields, "", ""]).encode()


def read_answer(client):
    got = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := client.recv(262144):
            got += piece
    first, _, rest = got.partition(b"\r\n\r\n")
    assert first.startswith(b"HTTP/1.1 "), got[:200]
    if re.search(rb"(?i)transfer-encoding: chunked", first):
        pieces, at = [], 0
        while at < len(rest):
            end = rest.index(b"\r\n", at)
            size, at = int(rest[at:end], 16), end + 2
            if size == 0:
                return int(first.split()[1]), b"".join(pieces)
            pieces.append(rest[at:at + size])
            at += size + 2
        return int(first.split()[1]), None  # it was cut
    return int(first.split()[1]), rest
