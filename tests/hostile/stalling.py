"""Cases of tests/hostile/run: nobody reads what the host writes, or a worker stands still. The other workers serve, and
signals are heard."""
import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import threading
import time

import telling
from hosting import expect, refused, serving

END_S = 2  # a log that nobody reads is waited for at the end
CUT_S = 3  # from the second signal to the end of the process
LATE_S = 15  # of a busy machine
STILL = ["--cpu-timeout", "100s", "--timeout", "off"]


class Silent:
    """A host with a file or pipe of the test's own as standard error, or output."""

    def __init__(self, test, module, *options, **streams):
        self.address = telling.free_address()
        self.host, self.port = self.address.split(":")
        self.process = subprocess.Popen([test.program, "serve", module, "--listen", self.address, "--workers", "1",
                                         *options], stdin=subprocess.DEVNULL,
                                        **{"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **streams})
        until = time.monotonic() + 20
        while time.monotonic() < until and self.process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection((self.host, int(self.port)), 1):
                return
            time.sleep(0.02)
        self.kill()
        raise AssertionError("it did not start")

    def get(self, path, within_s=60):
        with socket.create_connection((self.host, int(self.port)), within_s) as c:
            c.sendall(f"GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".encode())
            return int(c.recv(4096)[9:12] or 0)

    def signal(self, number):
        self.process.send_signal(number)

    def ends(self, within_s):
        """The exit code, and the seconds that it took."""
        began = time.monotonic()
        return self.process.wait(within_s), time.monotonic() - began

    def kill(self):
        self.process.kill()
        self.process.wait()


@contextlib.contextmanager
def silent(*arguments, **streams):
    host = Silent(*arguments, **streams)
    try:
        yield host
    finally:
        host.kill()


@contextlib.contextmanager
def full_pipe():
    """The writing end of a pipe in which there is no room. Reading it is the test's affair."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with contextlib.suppress(BlockingIOError):
        while os.write(writer, b"x" * 4096):
            pass
    os.set_blocking(writer, True)
    try:
        yield reader, writer
    finally:
        os.close(reader)
        os.close(writer)


def stand_still(host):
    """Its only worker: a kind of requests that has proved quick is called directly, and then never returns."""
    for _ in range(24):
        expect(host.get("/health") == 200, "not even /health")

    def ask():
        with contextlib.suppress(OSError):
            host.get("/health?e", 60)

    threading.Thread(target=ask, daemon=True).start()
    time.sleep(0.5)
    try:
        host.get("/health", 0.5)
    except TimeoutError:
        return
    expect(False, "the worker does not stand still")


def unread_log(test):
    """No worker waits for a reader of standard error, nor does the end."""
    stats = telling.free_address()
    with full_pipe() as (_, writer), silent(test, test.guests.get("requests"), "--stats", stats,
                                            stderr=writer) as host:
        for path in ("/flood", "/flood-wide", "/escape", "/ok"):
            expect(host.get(path) == 200, path)
        dropped = telling.ask(stats, "/stats")["log_lines_dropped"]
        expect(dropped > 100000, f"{dropped} lines dropped")
        host.signal(signal.SIGTERM)
        code, seconds = host.ends(END_S + LATE_S)
        expect(code == 0 and seconds > END_S - 1, f"code {code} after {seconds:.1f} s")


def unread_access_log(test):
    with full_pipe() as (_, writer), silent(test, test.guests.get("requests"), "--access-log", "-",
                                            stdout=writer) as host:
        for _ in range(20):
            expect(host.get("/ok") == 200, "/ok")
        time.sleep(1.2)  # the writer stands still
        expect(host.get("/ok") == 200, "/ok")
        host.signal(signal.SIGTERM)
        code, seconds = host.ends(END_S + LATE_S)
        expect(code == 0, f"code {code} after {seconds:.1f} s")


def read_late(test):
    """Lines that wait for a reader are there when it comes, also at the end."""
    with full_pipe() as (reader, writer), silent(test, test.guests.get("requests"), stderr=writer) as host:
        expect(host.get("/escape") == 200, "/escape")
        host.signal(signal.SIGTERM)
        time.sleep(0.3)
        expect(host.process.poll() is None, "it did not wait")
        text = b""
        os.set_blocking(reader, False)
        until = time.monotonic() + LATE_S
        while host.process.poll() is None and time.monotonic() < until:
            with contextlib.suppress(BlockingIOError):
                text += os.read(reader, 65536)
            time.sleep(0.001)
        with contextlib.suppress(BlockingIOError):
            text += os.read(reader, 65536)
        lines = text.lstrip(b"x").splitlines(True)
        expect(host.process.poll() == 0, host.process.poll())
        expect(any(b"serving" in line for line in lines) and b"red \\x1b" in text, lines[:5])
        expect(all(line.startswith(b"mocket: ") and line.endswith(b"\n") for line in lines), lines[-3:])


def full_disk(test):
    """What cannot be written is counted; the log says so."""
    stats = telling.free_address()
    with serving(test, test.guests.get("requests"), "--access-log", "/dev/full", "--stats", stats) as host:
        host.want("/ok", 200)
        host.says("1 lines of the access log lost: it could not be written (is the disk full?)")
        host.want("/ok", 200)
        expect(telling.ask(stats, "/stats")["access_lines_dropped"] >= 1, "it was not counted")
    with silent(test, test.guests.get("requests"), "--stats", stats, stderr=open("/dev/full", "wb")) as host:
        expect(host.get("/escape") == 200, "/escape")
        until = time.monotonic() + LATE_S
        while telling.ask(stats, "/stats")["log_lines_dropped"] < 3 and time.monotonic() < until:
            time.sleep(0.05)
        expect(telling.ask(stats, "/stats")["log_lines_dropped"] >= 3, "lines were not counted")


def second_signal(test):
    """It ends the process though its worker stands still and nobody reads its log."""
    for first, second in ((signal.SIGTERM, signal.SIGTERM), (signal.SIGINT, signal.SIGTERM)):
        with full_pipe() as (_, writer), silent(test, test.guests.get("fair", 1), *STILL,
                                                stderr=writer) as host:
            stand_still(host)
            host.signal(first)
            time.sleep(0.5)
            expect(host.process.poll() is None, "the first signal does not wait for requests")
            host.signal(second)
            code, seconds = host.ends(CUT_S + LATE_S)
            expect(code == -second and seconds > CUT_S - 1, f"code {code} after {seconds:.1f} s")


def third_signal(test):
    """It ends the process at once."""
    with silent(test, test.guests.get("fair", 1), *STILL) as host:
        stand_still(host)
        for _ in range(3):
            expect(host.process.poll() is None, "it ended too early")
            host.signal(signal.SIGTERM)
            time.sleep(0.2)
        code, _ = host.ends(CUT_S - 1)
        expect(code == -signal.SIGTERM, f"code {code}")


def stop_in_time(test):
    """One signal is enough: when a worker does not stop, the process ends without it."""
    with tempfile.TemporaryFile() as log, silent(test, test.guests.get("fair", 1), *STILL,
                                                 stderr=log) as host:
        stand_still(host)
        host.signal(signal.SIGTERM)
        code, seconds = host.ends(10 + 5 + CUT_S + LATE_S)
        expect(code == -signal.SIGTERM and seconds > 15, f"code {code} after {seconds:.1f} s")
        log.seek(0)
        text = log.read()
        line = b"mocket: warning: the server did not stop in time: the remaining connections are cut\n"
        expect(line in text, text)


def hang_up(test):
    with serving(test, test.guests.get("requests")) as host:
        host.process.send_signal(signal.SIGHUP)
        host.says("mocket: warning: SIGHUP is ignored")
        host.want("/ok", 200, "hello")


def service_manager(test):
    """systemd learns when requests are answered, and that the end has begun. A name that is none harms nothing."""
    with tempfile.TemporaryDirectory() as folder:
        for name, address in ((f"{folder}/notify", f"{folder}/notify"),
                              (f"@mocket-{os.getpid()}", f"\0mocket-{os.getpid()}"), (f"{folder}/nobody", None),
                              ("relative", None), (f"/{'x' * 200}", None), ("@", None)):
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
                manager.settimeout(LATE_S)
                if address:
                    manager.bind(address)
                with serving(test, test.guests.get("requests"), env={"NOTIFY_SOCKET": name}) as host:
                    if address:
                        expect(manager.recv(100) == b"READY=1", "it does not tell that it answers")
                    host.want("/ok", 200, "hello")
                    host.process.send_signal(signal.SIGTERM)
                    if address:
                        expect(manager.recv(100) == b"STOPPING=1", "it does not tell that it stops")
                    code = host.process.wait(LATE_S)
                    expect(code == 0, f"{name}: code {code}")


def hang_up_at_start(test):
    """Standard input is not at its end: nothing is served yet."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen([test.program, "serve", "-"], stdin=subprocess.PIPE, stderr=log)
        try:
            time.sleep(0.5)
            process.send_signal(signal.SIGHUP)
            time.sleep(0.5)
            expect(process.poll() is None, "SIGHUP ends it")
            expect(b"SIGHUP is ignored" in os.pread(log.fileno(), 4096, 0), os.pread(log.fileno(), 4096, 0))
            process.send_signal(signal.SIGTERM)
            expect(process.wait(LATE_S) == -signal.SIGTERM, process.returncode)
        finally:
            process.kill()
            process.wait()
            process.stdin.close()


def pipe_as_access_log(test):
    """Without a reader it is refused, not waited for; a reader that leaves costs lines, and nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "pipe")
        os.mkfifo(path)
        refused(test, test.guests.get("requests"), [f"{path}: this pipe has no reader"], "--access-log", path)
        reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        with serving(test, test.guests.get("requests"), "--access-log", path) as host:
            host.want("/ok", 200)
            until, text = time.monotonic() + LATE_S, b""
            while not text.endswith(b"\n") and time.monotonic() < until:
                with contextlib.suppress(BlockingIOError):
                    text += os.read(reader, 4096)
                time.sleep(0.02)
            expect(b'"GET /ok HTTP/1.1" 200 ' in text, text)
            os.close(reader)
            host.want("/ok", 200)
            host.says("1 lines of the access log lost: it could not be written")


def rotation(test):
    """A moved access log is made anew, with SIGHUP as rotators send it and without."""
    with tempfile.TemporaryDirectory() as folder:
        path, moved = pathlib.Path(folder, "log"), pathlib.Path(folder, "log.1")
        with serving(test, test.guests.get("requests"), "--access-log", path) as host:
            host.want("/ok", 200)
            telling.lines_of(path, 1)
            path.rename(moved)
            host.process.send_signal(signal.SIGHUP)
            until = time.monotonic() + LATE_S
            while not path.exists() and time.monotonic() < until:
                time.sleep(0.02)
            host.want("/ok", 200)
            lines = telling.lines_of(path, 1)
        expect(len(lines) == 1 and len(moved.read_text().splitlines()) == 1, lines)


def cases():
    yield "log that nobody reads", unread_log
    yield "access log that nobody reads", unread_access_log
    yield "log that is read late", read_late
    yield "log on a full disk", full_disk
    yield "second signal", second_signal
    yield "third signal", third_signal
    yield "stop in time", stop_in_time
    yield "hang up", hang_up
    yield "service manager", service_manager
    yield "hang up at the start", hang_up_at_start
    yield "pipe as access log", pipe_as_access_log
    yield "rotation of the access log", rotation
