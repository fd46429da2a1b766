"""Loads: what is done to a server for some seconds. Each gives (microseconds of the server's CPU per unit, units a
second, share of requests that were refused). A host that is full answers 503: that is not what is measured, but it
belongs to the picture. The load tool shares the machine, so units a second say more about it than about a server."""
import pathlib
import re
import subprocess
import tempfile

from server import BUILD

WS_LOAD = BUILD / "bench/ws_load"
STREAM_BYTES = 1 << 30


def run(command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{pathlib.Path(command[0]).name}: {done.stdout[-200:]}{done.stderr[-300:]}")
    return done.stdout


def wrk(path, connections=64, lines=()):
    """lines: of wrk's script, in Lua."""
    def load(server, seconds):
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
            script.write("\n".join(lines) + "\n")
            script.flush()
            before = server.cpu_s()
            out = run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", script.name,
                       server.url(path)])
            spent = server.cpu_s() - before
        requests = int(re.search(r"(\d+) requests in", out).group(1))
        refused = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
        good = requests - int(refused.group(1) if refused else 0)
        if not good or "Socket errors" in out:
            raise RuntimeError(f"not every answer was good: {out}")
        rate = float(re.search(r"Requests/sec: *([\d.]+)", out).group(1))
        return spent * 1e6 / good, rate * good / requests, 1 - good / requests
    return load


def sockets(path, count):
    def load(server, seconds):
        before = server.cpu_s()
        messages, took_s = run([WS_LOAD, "echo", server.port, path, count, seconds]).split()
        return (server.cpu_s() - before) * 1e6 / int(messages), int(messages) / float(took_s), 0
    return load


def curl(*what):
    """A megabyte is the unit. The number of bytes follows from the seconds."""
    def load(server, seconds):
        size = min(STREAM_BYTES, seconds * (STREAM_BYTES >> 2))
        with tempfile.NamedTemporaryFile() as sparse:
            sparse.truncate(size)
            words = [word.format(port=server.port, size=size, file=sparse.name) for word in what]
            before = server.cpu_s()
            out = run(["curl", "-sS", "--fail", "-o", "/dev/null", "-w",
                       "%{size_download} %{size_upload} %{time_total}", *words])
        down, up, took_s = (float(word) for word in out.split())
        if max(down, up) != size:
            raise RuntimeError(f"{out} is not {size} bytes")
        return (server.cpu_s() - before) * 1e12 / size, size / 1e6 / took_s, 0
    return load
