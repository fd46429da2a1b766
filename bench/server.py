"""Servers that are measured, and how a row of a table says which one: a function of a port and a folder that gives the
command and its environment."""
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
START_TIMEOUT_S = 60


def native(app, **env):
    def start(port, _folder):
        return [app], {"MOCKET_LISTEN": f"127.0.0.1:{port}", "MOCKET_WORKERS": "1", **env}
    return start


def certificate(folder):
    """Files of a certificate that has just been made, and of its key: ECDSA, P-256."""
    cert, key = f"{folder}/cert.pem", f"{folder}/key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "2", "-subj", "/CN=bench", "-keyout", key, "-out", cert], check=True, capture_output=True)
    return cert, key


def native_tls(app):
    def start(port, folder):
        cert, key = certificate(folder)
        env = {"MOCKET_LISTEN": f"https://127.0.0.1:{port}", "MOCKET_TLS_CERT": cert, "MOCKET_TLS_KEY": key}
        return native(app, **env)(port, folder)
    return start


def serve_tls(app, *options):
    def start(port, folder):
        cert, key = certificate(folder)
        return [BUILD / "mocket", "serve", f"{app}.wasm", "--listen", f"https://127.0.0.1:{port}", "--workers", "1",
                "--tls-cert", cert, "--tls-key", key, *options], {}
    return start


def serve(app, *options):
    def start(port, _folder):
        return [BUILD / "mocket", "serve", f"{app}.wasm", "--listen", f"127.0.0.1:{port}", "--workers", "1",
                *options], {}
    return start


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Absent(Exception):
    """A program or module that was not built or installed: its row is skipped."""


class Server:
    """scheme: http or https."""

    def __init__(self, start, scheme="http"):
        self.scheme = scheme
        self.folder = tempfile.TemporaryDirectory()
        self.port = free_port()
        command, env = start(self.port, self.folder.name)
        for word in command[:1] + [word for word in command if str(word).endswith((".wasm", ".mjs"))]:
            if not pathlib.Path(word).exists():
                raise Absent(f"{word} is not there")
        self.log = open(pathlib.Path(self.folder.name, "log"), "w+b")
        self.began = time.perf_counter()
        self.process = subprocess.Popen([str(word) for word in command], env={**os.environ, **env},
                                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    def url(self, path):
        return f"{self.scheme}://127.0.0.1:{self.port}{path}"

    def connect(self, timeout_s):
        c = socket.create_connection(("127.0.0.1", self.port), timeout_s)
        if self.scheme == "http":
            return c
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        return trusting.wrap_socket(c)

    def first_answer_ms(self, path="/"):
        """Milliseconds from the start of the process until it has answered."""
        until = self.began + START_TIMEOUT_S
        request = f"GET {path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n".encode()
        while time.perf_counter() < until and self.process.poll() is None:
            try:
                with self.connect(1) as c:
                    c.sendall(request)
                    answer = c.recv(4096)
            except OSError:
                time.sleep(0.0005)
                continue
            if answer.startswith(b"HTTP/1.1 200"):
                return (time.perf_counter() - self.began) * 1000
            raise RuntimeError(f"it answered {answer[:200]!r}")
        self.log.seek(0)
        raise RuntimeError(f"it did not start: {self.log.read()[-500:].decode(errors='replace')}")

    def cpu_s(self):
        """Time that the threads of the process had a processor, to the nanosecond: /proc/PID/stat counts in ticks of 10
        ms, too coarse for a round of a second. Threads that have ended are missing."""
        threads = pathlib.Path(f"/proc/{self.process.pid}/task").iterdir()
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9

    def memory(self):
        """Bytes of memory that are really there."""
        return int(pathlib.Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        self.folder.cleanup()
