"""Servers that are measured, and how a row of a table says which one: a function of a port and a folder that gives the
command and its environment."""
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
HZ = os.sysconf("SC_CLK_TCK")
START_TIMEOUT_S = 60


def native(app, **env):
    def start(port, _folder):
        return [app], {"MOCKET_LISTEN": f"127.0.0.1:{port}", "MOCKET_WORKERS": "1", **env}
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
    def __init__(self, start):
        self.folder = tempfile.TemporaryDirectory()
        self.port = free_port()
        command, env = start(self.port, self.folder.name)
        for word in command[:1] + [word for word in command if str(word).endswith(".wasm")]:
            if not pathlib.Path(word).exists():
                raise Absent(f"{word} is not there")
        self.log = open(pathlib.Path(self.folder.name, "log"), "w+b")
        self.began = time.perf_counter()
        self.process = subprocess.Popen([str(word) for word in command], env={**os.environ, **env},
                                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    def first_answer_ms(self, path="/"):
        """Milliseconds from the start of the process until it has answered."""
        until = self.began + START_TIMEOUT_S
        request = f"GET {path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n".encode()
        while time.perf_counter() < until and self.process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as c:
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
        """User and system time of the process and all its threads."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / HZ

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
