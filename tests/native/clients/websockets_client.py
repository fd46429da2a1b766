"""The Python package websockets against /echo. Usage: python3 websockets_client.py FOLDER ws://HOST:PORT"""
import asyncio
import os
import sys

sys.path.insert(0, sys.argv[1])
import websockets  # noqa: E402
from websockets.asyncio.client import connect  # noqa: E402


async def main(url):
    async with connect(url + "/about/x", subprotocols=["other", "chat.v1"]) as socket:
        assert socket.subprotocol == "chat.v1", socket.subprotocol
        await socket.send("?")
        assert (await socket.recv()).startswith("x|/about/x|-|")
    async with connect(url + "/echo", max_size=None) as socket:
        for length in (0, 1, 125, 126, 65535, 65536, 1 << 20, 4 << 20):
            data = os.urandom(length)
            await socket.send(data)
            assert await socket.recv() == data, length
        await socket.send(["grüße ", "\U0001f600", "", " bis bald"])  # fragments
        assert await socket.recv() == "grüße \U0001f600 bis bald"
        await asyncio.wait_for(await socket.ping(b"there?"), 5)
        for n in range(5000):
            await socket.send(f"message {n}")
        for n in range(5000):
            assert await socket.recv() == f"message {n}"
        await socket.close(1000, "done")
        assert socket.close_code == 1000, socket.close_code
    async with connect(url + "/closes") as socket:
        await socket.send("4001 because")
        try:
            await socket.recv()
            raise AssertionError("it was not closed")
        except websockets.ConnectionClosed as closed:
            assert (closed.rcvd.code, closed.rcvd.reason) == (4001, "because"), closed
    for path, status, origin in (("/echo", 403, "https://evil.example"), ("/nothing", 404, None)):
        try:
            async with connect(url + path, origin=origin):
                raise AssertionError("it was accepted")
        except websockets.InvalidStatus as refused:
            assert refused.response.status_code == status, refused


asyncio.run(main(sys.argv[2]))
