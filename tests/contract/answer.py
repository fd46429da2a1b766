"""A strict reader of HTTP/1.1 answers (RFC 9112): whatever a client could take in two ways is an error here."""

import re
import socket
import time

STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-5]\d\d) ([\t \x21-\x7e\x80-\xff]*)\r\n")
FIELD_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\x20-\x7e\t\x80-\xff]*?)[ \t]*\r\n")
CHUNK_SIZE = re.compile(rb"([0-9a-fA-F]{1,8})\r\n")
HEAD_MAX = 256 * 1024


class Broken(Exception):
    """Bytes that are no answer."""


class Ended(Exception):
    """The connection ended (or was reset) where more had to come."""


class Late(Exception):
    """Nothing came in time."""


class Answer:
    def __init__(self):
        self.raw = b""
        self.status = 0
        self.status_line = ""
        self.fields = []  # (name, value)
        self.body = b""
        self.cut = False
        self.to_close = False  # framed by the end of the connection

    def values(self, name):
        return [value for key, value in self.fields if key.lower() == name.lower()]


class Reader:
    """Answers of one connection, in order."""

    def __init__(self, sock, timeout_s):
        self.sock, self.timeout_s = sock, timeout_s
        self.buffer = b""
        self.ended = self.reset = False
        self.takes_http10 = False  # HTTP/1.0 in a status line

    def fill(self, until):
        """One more piece; False at the end of the connection."""
        if self.ended:
            return False
        self.sock.settimeout(max(0.001, until - time.monotonic()))
        try:
            piece = self.sock.recv(65536)
        except socket.timeout:
            raise Late(f"nothing for {self.timeout_s} s") from None
        except OSError:
            piece = b""  # a reset counts as an end: the answer has to be whole before it
            self.reset = True
        self.ended = not piece
        self.buffer += piece
        return not self.ended

    def need(self, answer, enough):
        """Reads until enough(buffer) gives a value; takes that many bytes."""
        until = time.monotonic() + self.timeout_s
        while True:
            found = enough(self.buffer)
            if found:
                answer.raw += self.buffer[:found]
                self.buffer = self.buffer[found:]
                return answer.raw[-found:]
            if not self.fill(until):
                raise Ended("the connection ended in the middle of an answer" if answer.raw or self.buffer
                            else "the connection ended without an answer")

    def line(self, answer, pattern, what):
        def enough(buffer):
            end = buffer.find(b"\n")
            if end < 0 and len(buffer) > HEAD_MAX:
                raise Broken("a line without end")
            return end + 1

        line = self.need(answer, enough)
        match = pattern.fullmatch(line)
        if not match:
            raise Broken(f"bad {what}: {line[:200]!r}")
        return match

    def exactly(self, answer, count):
        return self.need(answer, lambda buffer: count if len(buffer) >= count else 0) if count else b""

    def head(self, answer):
        match = self.line(answer, STATUS_LINE, "status line")
        if match.group(0).startswith(b"HTTP/1.0") and not self.takes_http10:
            raise Broken(f"bad status line: {match.group(0)!r}")
        answer.status = int(match.group(1))
        answer.status_line = match.group(0)[:-2].decode("latin-1")
        while not self.blank_next():
            match = self.line(answer, FIELD_LINE, "header line")
            answer.fields.append((match.group(1).decode(), match.group(2).decode("latin-1")))
        self.exactly(answer, 2)

    def blank_next(self):
        until = time.monotonic() + self.timeout_s
        while len(self.buffer) < 2:
            if not self.fill(until):
                raise Ended("the connection ended in a head")
        return self.buffer[:2] == b"\r\n"

    def chunks(self, answer):
        while True:
            size = int(self.line(answer, CHUNK_SIZE, "chunk size").group(1), 16)
            if size == 0:
                if self.exactly(answer, 2) != b"\r\n":
                    raise Broken("trailers, which nobody asked for")
                return
            while size > 0:
                step = min(size, max(1, len(self.buffer)))
                answer.body += self.exactly(answer, step)
                size -= step
            if self.exactly(answer, 2) != b"\r\n":
                raise Broken("no line end behind a chunk")

    def until_end(self, answer):
        until = time.monotonic() + self.timeout_s
        while self.fill(until):
            pass
        answer.raw += self.buffer
        answer.body, self.buffer = self.buffer, b""
        answer.to_close = True
        if self.reset:
            raise Ended("a reset, where the end of the connection would have been the end of the body")

    def body(self, answer, method):
        lengths, codings = answer.values("content-length"), answer.values("transfer-encoding")
        if len(lengths) > 1 or (lengths and not re.fullmatch(r"\d{1,15}", lengths[0])):
            raise Broken(f"Content-Length: {lengths}")
        if codings and (codings != ["chunked"] or lengths):
            raise Broken(f"Transfer-Encoding: {codings} with Content-Length: {lengths}")
        if answer.status < 200 or answer.status == 204:
            if lengths or codings:
                raise Broken(f"{answer.status} with framing")
            return
        if method == "HEAD" or answer.status == 304:
            return
        if codings:
            self.chunks(answer)
        elif lengths:
            self.sized(answer, int(lengths[0]))
        else:
            self.until_end(answer)

    def sized(self, answer, left):
        while left > 0:
            step = min(left, max(1, len(self.buffer)))
            answer.body += self.exactly(answer, step)
            left -= step

    def read(self, method):
        """The next answer, to a request of this method. An answer that ends early has cut set."""
        answer = Answer()
        self.head(answer)
        try:
            self.body(answer, method)
        except Ended:
            answer.cut = True
        dates = answer.values("date")
        if len(dates) > 1:
            raise Broken("more than one Date")
        return answer

    def rest(self):
        """What comes until the end of the connection."""
        until = time.monotonic() + self.timeout_s
        while self.fill(until):
            pass
        rest, self.buffer = self.buffer, b""
        return rest
