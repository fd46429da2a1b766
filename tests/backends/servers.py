"""A backend (rows.py) that runs: a program that is started, asked and stopped."""

import fcntl
import os
import pathlib
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [os.fspath(TESTS / "contract"), os.fspath(TESTS)]

import rows
import session
import tls
from session import Connection, Failure, show
from suite import free_port

START_TIMEOUT_S = 60.0  # a host that compiles the app, on a busy machine
PREPARE_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 15.0


class Server:
    """A program that serves one module on a port of its own, for all cases of that module."""

    def __init__(self, command, env, ready=rows.PLAIN["ready"], stop_by="TERM", port=None, secure=False):
        self.command, self.stop_by, self.port, self.secure = command, stop_by, port, secure
        self.terminated = False
        self.folders = []  # they go when the program has ended
        self.log = tempfile.TemporaryFile()
        fcntl.fcntl(self.log, fcntl.F_SETFL, os.O_APPEND)  # several processes write it, each at its end
        stdin = subprocess.PIPE if stop_by == "EOF" else subprocess.DEVNULL
        self.process = subprocess.Popen(command, env={**os.environ, **env}, stdin=stdin, stdout=self.log,
                                        stderr=self.log)
        self.wait_ready(re.compile(ready.encode()))

    def read_log(self, start=0):
        return os.pread(self.log.fileno(), 1 << 24, start)

    def log_len(self):
        return os.fstat(self.log.fileno()).st_size

    def is_ready(self, ready):
        if self.port is not None:
            with socket.socket() as s:
                return s.connect_ex(("127.0.0.1", self.port)) == 0
        found = ready.search(self.read_log())
        if found:
            self.port = int(found.group(1))
        return bool(found)

    def wait_ready(self, ready):
        until = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < until and self.alive():
            if self.is_ready(ready):
                return
            time.sleep(0.01)
        code = self.process.poll()
        self.stop()
        problem = Failure(f"{shlex.join(self.command)} did not get ready:\n{show(self.read_log())}")
        problem.code, problem.log = code, self.read_log()
        raise problem

    def alive(self):
        return self.process.poll() is None

    def connect(self, _split):
        if self.secure:
            return Connection(tls.connect(self.port, session.READ_TIMEOUT_S), self, self.log_len())
        sock = socket.create_connection(("127.0.0.1", self.port), session.READ_TIMEOUT_S)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return Connection(sock, self, self.log_len())

    def done(self, _connection):
        if not self.alive():
            raise Failure(f"the server died with {self.process.returncode}:\n{show(self.read_log()[-3000:])}")

    def terminate(self):
        if self.alive() and self.stop_by == "EOF":
            self.process.stdin.close()
            self.terminated = True
        elif self.alive():
            self.process.send_signal(getattr(signal, f"SIG{self.stop_by.split()[0]}"))
            self.terminated = True

    def ends_in_time(self):
        try:
            self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self):
        """Ends it; what went wrong, or None. A second signal would end it at once, and only some backends get one."""
        if not self.terminated:
            self.terminate()
        for name in self.stop_by.split()[1:]:
            if not self.ends_in_time():
                print(f"again   {self.command[0]} needs a second signal to stop: SIG{name}", flush=True)
                self.process.send_signal(getattr(signal, f"SIG{name}"))
        ended = self.ends_in_time()
        if not ended:
            self.process.kill()
            self.process.wait()
        for folder in self.folders:
            folder.cleanup()
        if self.process.returncode == -signal.SIGINT and self.stop_by.startswith("INT"):
            print(f"again   {self.command[0]} had not begun to wait for SIGINT, which ended it", flush=True)
            return None  # a host of another make may serve before that
        if not ended:
            return f"{shlex.join(self.command)} did not stop within {STOP_TIMEOUT_S:.0f} s of SIG{self.stop_by}"
        if self.process.returncode != 0:
            return f"{shlex.join(self.command)} ended with {self.process.returncode}:\n{show(self.read_log()[-3000:])}"
        return None


class Pipe:
    """A program that serves one connection on standard input and output: started anew for each."""

    terminated = False

    def __init__(self, command, env):
        self.command, self.env = command, env

    def alive(self):
        return True

    def connect(self, split):
        ours, theirs = socket.socketpair()
        log = tempfile.TemporaryFile()
        env = {**os.environ, **self.env, **({"MOCKET_READ_MAX": "1"} if split else {})}
        process = subprocess.Popen(self.command, stdin=theirs, stdout=theirs, stderr=log, env=env)
        theirs.close()
        connection = Connection(ours, self, 0)
        connection.process, connection.log = process, log
        return connection

    def done(self, connection):
        try:
            code = connection.process.wait(session.READ_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            connection.process.kill()
            connection.process.wait()
            raise Failure("the program did not end with its input") from None
        if code != 0:
            raise Failure(f"the program ended with {code}:\n{show(connection.read_log()[-3000:])}")

    def stop(self):
        return None


class Kept:
    """One server for many cases; started again where a case stops it, or it fails."""

    def __init__(self, start):
        self.start, self.server = start, None

    def try_with(self, work):
        if self.server is None or not self.server.alive():
            self.server = self.start()
        server = self.server
        try:
            work(server)
        except OSError as problem:
            told = self.stop()  # whatever it does, it serves no more
            if told:
                raise Failure(f"{type(problem).__name__}: {problem}\n  {told}") from None
            raise
        except Failure as problem:
            if not server.alive() and not server.terminated:
                raise Failure(f"{problem}\n  the server has ended with {server.process.returncode}:\n"
                              f"{show(server.read_log()[-3000:])}") from None
            if server.terminated:
                self.stop()
            raise

    def stop(self):
        server, self.server = self.server, None
        return server.stop() if server else None


def words_of(text, build, words, limits):
    """A command of a row, in words: `{limits}` becomes several of them, and a path with blanks stays one."""
    out = []
    for word in text.split():
        out += limits if word == "{limits}" else [rows.fill(word, build, **words)]
    return out


def start(row, build, words, limits=(), folder=None):
    """Starts a backend. words: `app`, `module`; limits: (name, value) each; folder: (path, name) that guests are
    granted, where they have files."""
    more, env = row.words_of(limits)
    if folder and row.folder:
        more += rows.fill(row.folder, build, folder=folder[0], name=folder[1]).split()
    port = free_port() if "{port}" in " ".join((row.start, row.prepare or "", *row.env)) else None
    scratch = tempfile.TemporaryDirectory(prefix="mocket-backend-")
    words = {**words, "address": "127.0.0.1:0", "port": str(port), "scratch": scratch.name}
    certificate = tls.make_certificate() if row.over == "tls" else None
    if certificate:
        words["certificate"] = certificate.name
    for pair in row.env:
        name, _, value = rows.fill(pair, build, **words).partition("=")
        env[name] = value
    try:
        if row.prepare:
            subprocess.run(words_of(row.prepare, build, words, more), check=True, capture_output=True,
                           timeout=PREPARE_TIMEOUT_S, env={**os.environ, **env})
        command = words_of(row.start, build, words, more)
        server = Pipe(command, env) if row.over == "pipe" else Server(command, env, row.ready, row.stop, port,
                                                                              secure=certificate is not None)
    except subprocess.CalledProcessError as problem:
        scratch.cleanup()
        failed = Failure(f"{shlex.join(problem.cmd)} failed:\n{show(problem.stderr)}")
        failed.code, failed.log = problem.returncode, problem.stdout + problem.stderr
        raise failed from None
    except BaseException:
        scratch.cleanup()
        raise
    server.allows = row.allows
    if row.over == "pipe":
        scratch.cleanup()
    else:
        server.folders += [scratch, certificate] if certificate else [scratch]
    return server
