"""A client over TLS that looks like a socket: cases are written for bytes, and a thread carries them."""

import pathlib
import select
import socket
import ssl
import subprocess
import tempfile
import threading

PIECE = 65536


def make_certificate():
    """A folder with cert.pem and key.pem for localhost, which its owner cleans up."""
    folder = tempfile.TemporaryDirectory(prefix="mocket-tls-")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", f"{folder.name}/key.pem", "-out", f"{folder.name}/cert.pem", "-days", "2",
                    "-subj", "/CN=localhost"], check=True, capture_output=True, timeout=30)
    assert pathlib.Path(folder.name, "cert.pem").exists()
    return folder


class Relay(threading.Thread):
    """Carries bytes between the test's socket and a TLS connection, and the ends of both sides."""

    def __init__(self, raw, plain):
        super().__init__(daemon=True)
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.raw, self.plain = raw, plain
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.side = context.wrap_bio(self.incoming, self.outgoing)
        self.to_plain = b""
        self.raw_ended = self.plain_ended = False
        self.shake_hands()
        plain.setblocking(False)
        raw.setblocking(False)

    def shake_hands(self):
        while True:
            try:
                self.side.do_handshake()
                self.raw.sendall(self.outgoing.read())
                return
            except ssl.SSLWantReadError:
                self.raw.sendall(self.outgoing.read())
                piece = self.raw.recv(PIECE)
                if not piece:
                    raise ConnectionError("the server ended the handshake") from None
                self.incoming.write(piece)

    def send_raw(self):
        """What is encrypted already."""
        rest = self.outgoing.read()
        while rest:
            select.select([], [self.raw], [])
            rest = rest[self.raw.send(rest):]

    def take_plain(self):
        piece = self.plain.recv(PIECE)
        if piece:
            self.side.write(piece)
            self.send_raw()
            return
        self.plain_ended = True
        try:
            self.side.unwrap()
        except ssl.SSLError:
            pass
        self.send_raw()
        self.raw.shutdown(socket.SHUT_WR)

    def take_raw(self):
        piece = self.raw.recv(PIECE)
        if piece:
            self.incoming.write(piece)
        else:
            self.incoming.write_eof()
        try:
            while got := self.side.read(PIECE):
                self.to_plain += got
            self.raw_ended = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError:
            self.raw_ended = True

    def give_plain(self):
        self.to_plain = self.to_plain[self.plain.send(self.to_plain):]

    def step(self):
        reading = [s for s, wanted in ((self.plain, not self.plain_ended),
                                       (self.raw, not self.raw_ended and not self.to_plain)) if wanted]
        readable, writable, _ = select.select(reading, [self.plain] if self.to_plain else [], [])
        if self.plain in writable:
            self.give_plain()
        if self.raw in readable:
            self.take_raw()
        if self.plain in readable:
            self.take_plain()

    def run(self):
        try:
            while not self.raw_ended or self.to_plain:
                self.step()
            self.plain.shutdown(socket.SHUT_WR)
            while not self.plain_ended:
                self.step()
        except (OSError, ValueError):
            pass
        self.plain.close()
        self.raw.close()


def connect(port, timeout_s):
    """A socket whose bytes go to that port over TLS."""
    raw = socket.create_connection(("127.0.0.1", port), timeout_s)
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    ours, theirs = socket.socketpair()
    try:
        Relay(raw, theirs).start()
    except OSError:
        raw.close()
        theirs.close()  # the test sees an end
    ours.settimeout(timeout_s)
    return ours
