"""Guests that are compiled, and `mocket serve` that runs them: what the cases of this folder share."""
import contextlib
import http.client
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CFLAGS = ["--target=wasm32-wasi", "-Wno-deprecated", "-std=gnu17", "-O1", f"-I{ROOT / 'include'}",
          "-Wno-infinite-recursion"]
REACTOR = ["-mexec-model=reactor"]
READY_S = 60


class Failure(Exception):
    pass


def expect(condition, what):
    if not condition:
        raise Failure(what)


# ---- Guests ----

class Guests:
    """Compiles each guest once."""

    def __init__(self, folder, compiler):
        self.folder, self.compiler, self.made = pathlib.Path(folder), compiler, {}

    def get(self, source, case=None, flags=REACTOR):
        key = (source, case, tuple(flags))
        if key not in self.made:
            out = self.folder / f"{source}-{case or 'good'}-{len(self.made)}.wasm"
            define = [f"-DCASE={case}"] if case else []
            subprocess.run([self.compiler, *CFLAGS, *define, *flags, HERE / f"{source}.c", "-o", out], check=True)
            self.made[key] = out
        return self.made[key]


# ---- The host ----

REPEATED = ("--listen", "--env", "--dir", "--allow-net")


def last_of_each(options):
    """The command takes an option once: a case's own value replaces that of its suite."""
    groups = {}
    for word in map(str, options):
        if word.startswith("-") and len(word) > 1:
            group = groups.setdefault((word, len(groups)) if word in REPEATED else word, [])
            group[:] = [word]
        else:
            group.append(word)
    return [word for group in groups.values() for word in group]


class Host:
    """A running `mocket serve`, and what it wrote."""

    def __init__(self, program, module, *options, env=None):
        self.module = module
        command = [program, "serve", module, *last_of_each(["--listen", "127.0.0.1:0", "--workers", "1", *options])]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                                        env={**os.environ, **(env or {})})
        self.log, self.port, self.ready = [], None, threading.Event()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        expect(self.ready.wait(READY_S) and self.port, f"not ready: {self.text()}")

    def read(self):
        for line in self.process.stderr:
            self.log.append(line)
            found = re.match(rb"mocket: serving .* on http://127\.0\.0\.1:(\d+)", line)
            if found:
                self.port = int(found[1])
                self.ready.set()
        self.ready.set()

    def text(self):
        return b"".join(self.log).decode("utf-8", "surrogateescape")

    def get(self, path, timeout=60, method="GET", body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        with contextlib.closing(connection):
            connection.request(method, path, body=body)
            response = connection.getresponse()
            return response.status, response.read().decode("latin-1"), response.headers

    def leave(self, path, after_s=0.2):
        """Sends a request, and closes the connection without waiting for the answer."""
        with socket.create_connection(("127.0.0.1", self.port)) as s:
            s.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            time.sleep(after_s)

    def want(self, path, status, body=None):
        got = self.get(path)
        expect(got[0] == status, f"{path}: status {got[0]}, not {status}; {self.text()[-2000:]}")
        expect(body is None or got[1] == body, f"{path}: body {got[1]!r}, not {body!r}")
        return got

    def says(self, text, within_s=30):
        until = time.monotonic() + within_s
        while text not in self.text() and time.monotonic() < until:
            time.sleep(0.02)
        expect(text in self.text(), f"the log has no {text!r}: {self.text()[-2000:]}")

    def memory_mib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failure("it does not stop") from None
        self.reader.join(5)
        expect(code == 0, f"it ended with {code}: {self.text()[-2000:]}")


@contextlib.contextmanager
def stopping(host):
    """Behind the block it has to stop well; where the block fails, whether it was there to the end is told too."""
    try:
        yield host
    except BaseException as problem:
        with contextlib.suppress(subprocess.TimeoutExpired):  # a crash takes a moment to end the process
            host.process.wait(1)
        code = host.process.poll()
        host.process.kill()
        host.process.wait()
        if code:
            raise Failure(f"the host ended with {code}: {problem}; {host.text()[-2000:]}") from None
        raise
    host.stop()


def serving(test, module, *options, env=None, program=None):
    return stopping(Host(program or test.program, module, *options, env=env))


def refused(test, module, pieces, *options):
    result = subprocess.run([test.program, "serve", module, "--listen", "127.0.0.1:0", *options], capture_output=True,
                            text=True, timeout=60, stdin=subprocess.DEVNULL)
    expect(result.returncode == 1, f"exit code {result.returncode}: {result.stderr}")
    for piece in pieces:
        expect(piece in result.stderr, f"no {piece!r} in: {result.stderr}")
