"""WebSocket frames (RFC 6455, section 5) from the client's side: a maker that can also make what no client may send,
and a strict reader: what a server may not send is an error."""

import base64
import hashlib
import re
import time

import answer as wire

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # of RFC 6455, section 1.3
MASK = b"\x37\xfa\x21\x3d"
OPCODES = {"more": 0, "text": 1, "binary": 2, "close": 8, "ping": 9, "pong": 10}
NAMES = {number: name for name, number in OPCODES.items()}
FRAME_MAX = 64 * 1024 * 1024
SETTING = re.compile(r"(part|unmasked|rsv[123]|opcode=\d+|length=\d+|bytes=[278]|mask=[0-9a-f]{8})$")


def accept_of(key):
    return base64.b64encode(hashlib.sha1(key.encode() + GUID).digest()).decode()


def apply_mask(mask, data):
    long = mask * (len(data) // 4 + 1)
    return (int.from_bytes(data, "big") ^ int.from_bytes(long[: len(data)], "big")).to_bytes(len(data), "big")


def length_bytes(length, form):
    """The second byte without its mask bit, and what belongs to it. form: 0 the shortest, or 7 bits, 2 or 8 bytes."""
    if form == 7 or not form and length < 126:
        return bytes([length])
    if form == 2 or not form and length < 65536:
        return bytes([126]) + length.to_bytes(2, "big")
    return bytes([127]) + length.to_bytes(8, "big")


def make(kind, settings, payload):
    """One frame. settings, in front of the kind in a case: part (no FIN), unmasked, rsv1 to rsv3, opcode=N, length=N
    (announced, whatever comes), bytes=2 or 8 (of the length), mask=HHHHHHHH."""
    given = dict((word.split("=") + [""])[:2] for word in settings)
    first = int(given.get("opcode", OPCODES[kind])) | (0 if "part" in given else 0x80)
    for bit, name in ((0x40, "rsv1"), (0x20, "rsv2"), (0x10, "rsv3")):
        first |= bit if name in given else 0
    length = bytearray(length_bytes(int(given.get("length", len(payload))), int(given.get("bytes", 0))))
    if "unmasked" in given:
        return bytes([first]) + bytes(length) + payload
    mask = bytes.fromhex(given["mask"]) if "mask" in given else MASK
    length[0] |= 0x80
    return bytes([first]) + bytes(length) + mask + apply_mask(mask, payload)


def read(reader):
    """The next frame of a wire.Reader as (name, payload); ("end", b"") when the connection has ended in order between
    two frames, ("reset", b"") when it was reset there."""
    got = wire.Answer()
    until = time.monotonic() + reader.timeout_s
    while not reader.buffer:
        if not reader.fill(until):
            return ("reset" if reader.reset else "end"), b""
    first, second = reader.exactly(got, 2)
    name = NAMES.get(first & 15)
    if name is None or name == "more" or first & 0xf0 != 0x80:
        raise wire.Broken(f"a frame that begins with {first:#04x}: a server of ours sends no parts and no extensions")
    if second & 0x80:
        raise wire.Broken("a masked frame from a server")
    length = second
    if second >= 126:
        length = int.from_bytes(reader.exactly(got, 2 if second == 126 else 8), "big")
        if length < (126 if second == 126 else 65536):
            raise wire.Broken(f"a length of {length} that is not in its shortest form")
    if name in ("close", "ping", "pong") and length > 125 or length > FRAME_MAX:
        raise wire.Broken(f"a {name} of {length} bytes")
    payload = reader.exactly(got, length)
    check_payload(name, payload)
    return name, payload


def check_payload(name, payload):
    try:
        if name == "text":
            payload.decode("utf-8")
        if name == "close" and payload:
            payload[2:].decode("utf-8")
    except UnicodeDecodeError:
        raise wire.Broken(f"a {name} that is not UTF-8: {payload[:100]!r}") from None
    if name == "close" and len(payload) == 1:
        raise wire.Broken("a close with one byte")


def close_payload(text, unescape):
    """Of `CODE`, `CODE REASON` or nothing."""
    code, _, reason = text.partition(" ")
    return int(code).to_bytes(2, "big") + unescape(reason.encode()) if code else b""


def show_one(name, payload):
    if name == "close" and payload:
        return f"close {int.from_bytes(payload[:2], 'big')} {payload[2:].decode('utf-8', 'replace')}".rstrip()
    shown = payload[:200].decode("latin-1").encode("unicode_escape").decode()
    more = f"... ({len(payload)} bytes)" if len(payload) > 200 else ""
    return f"{name} {shown}{more}".rstrip()
