"""Runs one case: a client that does what its steps say, and checks what comes."""

import collections
import os
import re
import select
import socket
import struct
import subprocess
import time

import answer as wire
import cases as data
import frames

READ_TIMEOUT_S = 10.0
LOG_TIMEOUT_S = 10.0
SPLIT_MAX_LEN = 4096
SHOWN_LEN = 1500


allowed = set()  # deviations that were allowed in the case that ran last: names of `allows` (tests/backends/README.md)


class Failure(Exception):
    """A case that did not come out as it should."""


class Connection:
    def __init__(self, sock, owner, log_start):
        self.sock, self.owner, self.log_start = sock, owner, log_start
        self.reader = wire.Reader(sock, READ_TIMEOUT_S)
        self.log = getattr(owner, "log", None)
        self.process = None
        self.sent = b""
        self.sent_at = time.monotonic()
        self.asked, self.answered = [], 0  # requests, and how many of them have their answer
        self.last = None  # (wanted, got), until something is sent behind it
        self.is_socket = self.left = False
        self.closing = None  # the close, or the end, that came
        self.frame = None  # one that was looked at, and not taken yet
        self.ping = b""  # what came last

    def read_log(self):
        return os.pread(self.log.fileno(), 1 << 24, self.log_start)

    def send(self, bytes_, split):
        """Reads while it sends, as a server may answer early and wait for somebody to listen. What a server that has
        already refused does not take is no failure: its answer is what counts."""
        self.sent += bytes_
        self.sent_at = time.monotonic()
        step = 1 if split and not self.process else 65536
        until = time.monotonic() + READ_TIMEOUT_S
        at = 0
        while at < len(bytes_) and not self.reader.ended and time.monotonic() < until:
            readable, writable, _ = select.select([self.sock], [self.sock], [], READ_TIMEOUT_S)
            if readable:
                self.reader.fill(until)
                until = time.monotonic() + READ_TIMEOUT_S
            elif writable:
                taken = self.send_some(bytes_[at : at + step])
                if taken == 0:
                    return
                at += max(taken, 0)
                until = time.monotonic() + READ_TIMEOUT_S
            if step == 1:
                time.sleep(0.0003)

    def send_blind(self, bytes_):
        """Reads nothing before the server has taken all of it."""
        self.sent += bytes_
        at = 0
        while at < len(bytes_):
            writable = select.select([], [self.sock], [], READ_TIMEOUT_S)[1]
            taken = self.send_some(bytes_[at : at + 65536]) if writable else 0
            if taken == 0:
                raise Failure(f"the server took {at} of {len(bytes_)} bytes")
            at += max(taken, 0)
        self.sent_at = time.monotonic()

    def send_some(self, piece):
        """Bytes taken; -1: not now; 0: the peer takes no more."""
        try:
            return self.sock.send(piece, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return -1
        except OSError:
            return 0

    def shut(self):
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        self.sock.close()
        if self.process and self.process.poll() is None:
            try:
                self.process.wait(READ_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process:
            self.log.close()


# ---- Checks ----


def show(raw):
    """Bytes as a reader can take them: printable text, everything else escaped, long runs cut."""
    text = raw if isinstance(raw, str) else raw.decode("latin-1")
    cut = f"\n... {len(text) - SHOWN_LEN} more bytes" if len(text) > SHOWN_LEN else ""
    out = []
    for c in text[:SHOWN_LEN].replace("\r\n", "\n"):
        out.append(c if c == "\n" or " " <= c <= "~" else f"\\x{ord(c):02x}")
    return "".join("    " + line + "\n" for line in ("".join(out) + cut).split("\n")).rstrip("\n")


def check_field(want, got, allowance):
    kind, name, value = want
    values = got.values(name)
    if kind == "absent":
        return None if not values or allowance.length(name) else f"{name} must be absent, is {values}"
    if not values:
        return None if allowance.length(name) else f"{name} is missing"
    spelled = [key for key, _ in got.fields]
    if kind == "spelled" and name not in spelled and not (name.lower() in spelled and allowance.use("lower-case")):
        return f"{name} is spelled {[key for key, _ in got.fields if key.lower() == name.lower()]}"
    return None


def is_refusal(want):
    return want.closed and 400 <= want.status <= 599


class Allowance:
    """What a backend may do otherwise: each use of it is counted."""

    def __init__(self, names):
        self.names = names

    def use(self, name):
        if name in self.names:
            allowed.add(name)
            return True
        return False

    def refusal(self, want, got):
        """got: an answer, or None where the connection ended without one."""
        return is_refusal(want) and (got is None or 400 <= got.status <= 599) and self.use("refusals")

    def headless(self, want):
        """An answer that is cut may end in front of its head."""
        return want.cut and self.use("headless")

    def uncut(self, got):
        """An answer without framing that is cut may look complete."""
        return got.to_close and got.status_line.startswith("HTTP/1.0 ") and self.use("uncut")

    def kept(self, want, got):
        """The end of a connection is not announced, and may not come, unless the answer is cut."""
        return (want.closed or want.cut) and not got.values("connection") and self.use("kept")

    def length(self, name):
        """The platform decides whether a body has a length or comes in chunks."""
        return name.lower() in ("content-length", "transfer-encoding") and self.use("lengths")

    def bad_frame(self, want, name):
        """Instead of a close for a bad frame only the end comes, or another close."""
        if (want.name, name) == ("end", "reset"):
            return self.use("reset")
        return want.name == "close" and want.code in (1002, 1007) and name in ("end", "reset", "close") and \
            self.use("bad-frames")

    def phrase(self, want, got):
        return want.status_line.split()[1] == str(got.status) and self.use("phrases")

    def joined(self, values, have):
        return len(values) > 1 and have == [", ".join(values)] and self.use("joined")


NONE_ALLOWED = Allowance({})


def check_values(wants, got, allowance):
    """All lines of a name, in their order, are all that the answer has of it."""
    by_name = collections.OrderedDict()
    for kind, name, value in wants:
        if kind != "absent":
            by_name.setdefault(name.lower(), []).append(value)
    for name, values in by_name.items():
        have = got.values(name)
        same = len(have) == len(values) and all(
            re.fullmatch(value[2:], text) is not None if value.startswith("~ ")
            else data.unescape(value.encode()).decode("latin-1") == text
            for value, text in zip(values, have))
        if not same and not allowance.joined(values, have) and not (not have and allowance.length(name)):
            return f"{name} must be {values}, is {have}"
    return None


def check_body(want, body):
    if want is None:
        return None
    if isinstance(want, bytes):
        sizes = f"({len(want)}, {len(body)} bytes)"
        return None if want == body else f"body must be {want[:300]!r}, is {body[:300]!r} {sizes}"
    if want.startswith("= "):
        return None if len(body) == int(want.split()[1]) else f"body must have {want[2:]}, has {len(body)}"
    if re.fullmatch(want[2:].encode(), body, re.S):
        return None
    return f"body must match {want[2:]}, is {body[:300]!r}"


def check_answer(want, got, allowance=NONE_ALLOWED):
    if want.status != got.status:
        return f"status must be {want.status}, is {got.status}"
    if want.status_line and want.status_line != got.status_line.rstrip() and not allowance.phrase(want, got):
        return f"status line must be {want.status_line!r}, is {got.status_line!r}"
    for field in want.fields:
        problem = check_field(field, got, allowance)
        if problem:
            return problem
    if want.cut != got.cut and not (want.cut and allowance.uncut(got)):
        return "the answer must be cut short" if want.cut else "the answer was cut short"
    return check_values(want.fields, got, allowance) or check_body(want.body, got.body)


def check_time(want, took_s):
    if want.after_s is not None and took_s < want.after_s - 0.005:
        return f"it must take {want.after_s} s, took {took_s:.3f}"
    if want.within_s is not None and took_s > want.within_s:
        return f"it must take {want.within_s} s at most, took {took_s:.3f}"
    return None


def check_handshake(request, got, allowance):
    """RFC 6455, section 4.1, what a client has to check."""
    accept = frames.accept_of(request.key or "")
    if got.values("sec-websocket-accept") != [accept]:
        return f"Sec-WebSocket-Accept must be {accept}, is {got.values('sec-websocket-accept')}"
    if [value.lower() for value in got.values("upgrade")] != ["websocket"]:
        return f"Upgrade is {got.values('upgrade')}"
    if "upgrade" not in [word.strip().lower() for value in got.values("connection") for word in value.split(",")]:
        return f"Connection is {got.values('connection')}"
    if got.values("sec-websocket-extensions") and not allowance.use("extensions"):
        return "an extension that nobody asked for"
    return None


def check_end(connection, want, got):
    """An answer that says close closes; one that does not leaves the connection open until our end of it."""
    says_close = any("close" in value.lower() for value in got.values("connection"))
    must_close = want.closed or want.cut or says_close or got.to_close
    if not must_close:
        connection.shut()
    try:
        rest = connection.reader.rest()
    except wire.Late:
        raise Failure("the connection was not closed" if must_close else
                      "the connection stays open though the client has ended its side") from None
    if rest:
        raise Failure(f"bytes behind the last answer:\n{show(rest)}")
    if want.closed and not says_close and not want.cut and not got.to_close:
        raise Failure(f"closed without Connection: close\n  got:\n{show(got.raw)}")


def check_log(connection, wanted):
    until = time.monotonic() + LOG_TIMEOUT_S
    while True:
        log = connection.read_log().decode("latin-1")
        missing = [line for line in wanted if not re.search(line, log)]
        if not missing:
            return
        if time.monotonic() > until:
            raise Failure(f"no line of the log matches {missing}\n  log:\n{show(log)}")
        time.sleep(0.02)


def check_announced(last):
    """An open connection must not have been closed while the next step is still to come."""
    if any("close" in value.lower() for value in last.values("connection")):
        raise Failure(f"closed before the next step\n  got:\n{show(last.raw)}")


# ---- Sockets ----


def must_be_socket(connection):
    if not connection.is_socket:
        raise Failure("no socket: there was no 101 to a handshake on this connection")


def check_frame(want, name, payload):
    shown = frames.show_one(name, payload)
    if want.name != name:
        return f"a {want.name} must come, came: {shown}"
    if name == "close":
        code = int.from_bytes(payload[:2], "big")
        if want.code != code:
            return f"the close's code must be {want.code or 'absent'}, is: {shown}"
        payload = payload[2:]
    problem = check_body(want.payload, payload)
    return f"{name}: {problem}" if problem else None


def finish_socket(connection):
    """The client closes, unless the server has; nothing else may come any more."""
    reply = connection.closing[1] if connection.closing else frames.close_payload("1000", data.unescape)
    connection.send(frames.make("close", [], reply), False)
    if not connection.closing:
        got = frames.read(connection.reader)
        if got != ("close", reply):
            raise Failure(f"after the last step the client closed with 1000; came: {frames.show_one(*got)}")
    got = frames.read(connection.reader)
    if got[0] not in ("end", "reset"):
        raise Failure(f"behind the close came: {frames.show_one(*got)}")


# ---- One case ----


class Session:
    """A case on its way: the steps, in their order, on connections that are made when they are first named."""

    def __init__(self, case, server, split):
        self.case, self.server, self.split = case, server, split
        self.allowance = Allowance(getattr(server, "allows", {}))
        self.connections = collections.OrderedDict()
        self.stopped = False

    def on(self, name):
        if name not in self.connections:
            self.connections[name] = self.server.connect(self.split)
        return self.connections[name]

    def of(self, step):
        """The log, and a stop, are of the server, whatever the connection."""
        if step.do in ("check_log", "stop_server") and self.connections:
            return next(iter(self.connections.values()))
        return self.on(step.on)

    def run(self):
        try:
            for step in self.case.steps:
                getattr(self, step.do)(self.of(step), step.what)
            for connection in self.connections.values():
                self.finish(connection)
            if self.stopped:
                problem = self.server.stop()
                if problem:
                    raise Failure(problem)
        except (Failure, wire.Broken, wire.Ended, wire.Late) as failure:
            raise Failure(f"{self.sent()}\n  {failure}") from None
        finally:
            for connection in self.connections.values():
                connection.close()

    def sent(self):
        how = " (byte by byte)" if self.split else ""
        return "\n".join(f"  sent{' on ' + name if name else ''}{how}:\n{show(connection.sent)}"
                         for name, connection in self.connections.items())

    def finish(self, connection):
        if connection.left:
            return
        if connection.closing and connection.closing[0] != "close":
            pass  # it has ended
        elif connection.is_socket:
            finish_socket(connection)
        elif connection.last:
            check_end(connection, *connection.last)
        else:
            connection.shut()
        if not self.stopped:
            self.server.done(connection)

    # ---- what a fence does ----

    def send_request(self, connection, request):
        """What follows an answer is sent when this has come, on a connection that stays open."""
        if connection.last:
            check_announced(connection.last[1])
            connection.asked = connection.asked[connection.answered:]
            connection.answered = 0
        connection.asked.append(request)
        connection.last = None
        if request.blind:
            connection.send_blind(request.bytes_)
        else:
            connection.send(request.bytes_, self.split)
        if request.shut:
            connection.shut()

    def read_answer(self, connection, want):
        until = time.monotonic() + READ_TIMEOUT_S
        while True:
            got, problem = self.one_answer(connection, want)
            if not problem:
                return
            if not want.eventually or time.monotonic() > until:
                raise Failure(f"{problem}\n  got:\n{show(got.raw)}\n  expected:\n{show(want.text)}")
            time.sleep(0.02)
            self.send_request(connection, connection.asked[-1])

    def one_answer(self, connection, want):
        request = connection.asked[min(connection.answered, len(connection.asked) - 1)]
        before = connection.reader.buffer
        allowance = self.allowance
        connection.reader.takes_http10 = "http10" in allowance.names
        try:
            got = connection.reader.read(request.method)
        except (wire.Broken, wire.Ended, wire.Late) as problem:
            if isinstance(problem, wire.Ended) and not before and not connection.reader.buffer and \
                    (allowance.refusal(want, None) or allowance.headless(want)):
                connection.last = None
                return wire.Answer(), None
            raise Failure(f"{problem}\n  got:\n{show(connection.reader.buffer or before)}\n"
                          f"  expected:\n{show(want.text)}") from None
        connection.last = (want, got)
        connection.answered += got.status >= 200
        if got.status_line.startswith("HTTP/1.0"):
            allowance.use("http10")
        expected = want
        if allowance.kept(want, got):
            want = data.kept(want)
            connection.last = (want, got)
        problem = check_answer(want, got, allowance) or check_time(want, time.monotonic() - connection.sent_at)
        if problem and allowance.refusal(expected, got):
            return got, None
        if got.status == 101 and not problem:
            problem = check_handshake(request, got, allowance)
            connection.is_socket = True
        return got, problem

    def check_log(self, connection, lines):
        check_log(connection, lines)

    def open_socket(self, connection, request):
        self.send_request(connection, request)
        want = data.build_answer(["101"], [])
        self.read_answer(connection, want)

    def send_frames(self, connection, frames_):
        bytes_ = b"".join(frames.make("pong", [], connection.ping) if one is None else one for one in frames_)
        connection.send(bytes_, self.split)

    def read_frames(self, connection, wants):
        must_be_socket(connection)
        for want in wants:
            if want.many:
                while self.next_frame(connection)[0] == want.name:
                    self.check_frame(connection, want)
            else:
                self.check_frame(connection, want)

    def next_frame(self, connection):
        if not connection.frame:
            connection.frame = frames.read(connection.reader)
        return connection.frame

    def check_frame(self, connection, want):
        name, payload = self.next_frame(connection)
        connection.frame = None
        problem = check_frame(want, name, payload)
        if problem and not self.allowance.bad_frame(want, name):
            raise Failure(problem)
        if name == "ping":
            connection.ping = payload
        elif name in ("close", "end", "reset"):
            connection.closing = (name, payload)

    def keep_quiet(self, connection, seconds):
        reader = connection.reader
        try:
            if not reader.buffer:
                reader.fill(time.monotonic() + seconds)
        except wire.Late:
            return
        raise Failure(f"something came where nothing must:\n{show(reader.buffer)}" if reader.buffer
                      else "the connection ended where nothing must come")

    def see_end(self, connection, within_s):
        """Nothing more comes, and the server closes."""
        reader = connection.reader
        until = time.monotonic() + (within_s or READ_TIMEOUT_S)
        if reader.buffer or reader.fill(until):
            raise Failure(f"bytes came where the connection must end:\n{show(reader.buffer)}")
        connection.closing = ("end", b"")
        connection.last = None

    def leave(self, connection, how):
        if how == "reset":
            connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.sock.close()
        connection.left = True

    def stop_server(self, _connection, _nothing):
        self.stopped = True
        self.server.terminate()


def run_case(case, server):
    allowed.clear()
    Session(case, server, False).run()
    total = sum(len(step.what.bytes_) for step in case.steps if step.do in ("send_request", "open_socket"))
    total += sum(len(one or b"") for step in case.steps if step.do == "send_frames" for one in step.what)
    if case.splits and total <= SPLIT_MAX_LEN:
        Session(case, server, True).run()
