"""A WebSocket client as small as the tests of the host need it, and a crowd of them (RFC 6455)."""
import base64
import contextlib
import os
import selectors
import socket
import struct
import time

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def handshake(path, fields=()):
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [f"GET {path} HTTP/1.1", "Host: test", "Connection: Upgrade", "Upgrade: websocket",
             f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", *fields]
    return "\r\n".join([*lines, "", ""]).encode()


def frame(opcode, payload):
    """One masked frame; the mask is 0, so that what is sent can be read."""
    length = len(payload)
    if length < 126:
        head = struct.pack("!BB", 0x80 | opcode, 0x80 | length)
    elif length < 65536:
        head = struct.pack("!BBH", 0x80 | opcode, 0xfe, length)
    else:
        head = struct.pack("!BBQ", 0x80 | opcode, 0xff, length)
    return head + bytes(4) + payload


def take_frame(buffer):
    """The first frame of a bytearray, taken out of it: opcode and payload; None when it is not all there."""
    if len(buffer) < 2:
        return None
    length, at = buffer[1], 2
    if length >= 126:
        size = 2 if length == 126 else 8
        if len(buffer) < 2 + size:
            return None
        length, at = int.from_bytes(buffer[2:2 + size], "big"), 2 + size
    if len(buffer) < at + length:
        return None
    opcode, payload = buffer[0] & 15, bytes(buffer[at:at + length])
    del buffer[:at + length]
    return opcode, payload


class Refused(Exception):
    """The answer was none of 101: status and body."""


class Client:
    def __init__(self, port, path="/ws", fields=(), timeout=10, receive_buffer=None):
        self.socket = socket.socket()
        self.socket.settimeout(timeout)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer, self.over = bytearray(), False
        self.socket.sendall(handshake(path, fields))
        while b"\r\n\r\n" not in self.buffer:
            self.fill()
        head, _, rest = bytes(self.buffer).partition(b"\r\n\r\n")
        self.head, self.buffer = head.decode("latin-1"), bytearray(rest)
        status = int(self.head.split()[1])
        if status != 101:
            with contextlib.suppress(OSError):
                self.socket.settimeout(1)
                self.fill()
            self.abort()
            raise Refused(status, bytes(self.buffer).decode("latin-1"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.abort()

    def fill(self):
        piece = self.socket.recv(1 << 16)
        if not piece:
            raise ConnectionError("the server closed the connection")
        self.buffer += piece

    def send(self, text):
        self.socket.sendall(frame(TEXT, text.encode()))

    def receive(self):
        while not (found := take_frame(self.buffer)):
            self.fill()
        return found

    def text(self):
        """The next message; the server's pings are answered meanwhile."""
        while (got := self.receive())[0] == PING:
            self.socket.sendall(frame(PONG, got[1]))
        opcode, payload = got
        if opcode != TEXT:
            raise ConnectionError(f"no text but {opcode}: {payload[:80]!r}")
        return payload.decode()

    def ask(self, text):
        self.send(text)
        return self.text()

    def ended(self):
        """Reads until it is closed; the code, or 1006 when there was none. Answers the close frame."""
        self.over = True
        with contextlib.suppress(OSError):
            while True:
                opcode, payload = self.receive()
                if opcode == CLOSE:
                    self.socket.sendall(frame(CLOSE, payload[:2]))
                    return int.from_bytes(payload[:2], "big") if payload else 1005
        return 1006

    def close(self, code=1000):
        self.socket.sendall(frame(CLOSE, code.to_bytes(2, "big")))
        ended = self.ended()
        self.socket.close()
        return ended

    def abort(self):
        """A reset, unless there was an orderly end."""
        with contextlib.suppress(OSError):
            if not self.over:
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


class Crowd:
    """Many clients at once, served by one selector. heard(client, opcode, payload) is told of each frame."""

    def __init__(self, heard):
        self.selector, self.heard, self.clients = selectors.DefaultSelector(), heard, []

    def add(self, client):
        client.socket.setblocking(False)
        self.selector.register(client.socket, selectors.EVENT_READ, client)
        self.clients.append(client)

    def send(self, client, text):
        client.socket.setblocking(True)
        client.send(text)
        client.socket.setblocking(False)

    def turn(self, wait_s=0.05):
        for key, _ in self.selector.select(wait_s):
            client = key.data
            piece = client.socket.recv(1 << 18)
            if not piece:
                self.selector.unregister(client.socket)
                self.heard(client, None, b"")
            client.buffer += piece
            while found := take_frame(client.buffer):
                self.heard(client, *found)

    def until(self, done, within_s):
        end = time.monotonic() + within_s
        while not done() and time.monotonic() < end:
            self.turn()
        return done()

    def close(self):
        for client in self.clients:
            client.abort()
        self.selector.close()
