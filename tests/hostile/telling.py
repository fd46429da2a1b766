"""Cases of tests/hostile/run: what the host tells of itself: JSON lines, the access log, counts, the module cache."""
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import time
import urllib.request

from hosting import expect, refused, serving
from suite import free_port


def lines_of(path, count, within_s=30):
    """The lines of a file, once there are so many."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if path.exists() and path.read_bytes().count(b"\n") >= count:
            break
        time.sleep(0.05)
    return path.read_text().splitlines()


def raw(host, request):
    with socket.create_connection(("127.0.0.1", host.port), 5) as c:
        c.sendall(request)
        c.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := c.recv(4096):
            answer += piece
        return answer


def free_address():
    return f"127.0.0.1:{free_port()}"


def ask(address, path):
    with urllib.request.urlopen(f"http://{address}{path}", timeout=60) as answer:
        return json.loads(answer.read())


def access_text(test):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "access.log")
        with serving(test, test.guests.get("requests"), "--access-log", path, "--timeout", "1s") as host:
            host.want("/ok", 200)
            host.want("/trap", 500)
            raw(host, b"GET /\"x HTTP/1.1\r\nHost: h\r\nUser-Agent: a\"b\x80\r\nConnection: close\r\n\r\n")
            raw(host, b"NONSENSE\r\n\r\n")
            lines = lines_of(path, 4)
        expect(len(lines) == 4, lines)
        expect(lines[0].startswith("127.0.0.1 - - [") and '"GET /ok HTTP/1.1" 200 5 "-" "-" 0.' in lines[0], lines)
        expect('"GET /trap HTTP/1.1" 500 ' in lines[1], lines)
        expect('/\\x22x' in lines[2] or ' 400 ' in lines[2], lines)
        expect('] "" 400 ' in lines[3], lines)


def access_peer(test):
    """Behind a trusted proxy: the address that it reports, and none where two fields contradict each other."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "access.log")
        with serving(test, test.guests.get("requests"), "--access-log", path, "--trusted-proxy",
                     "127.0.0.1") as host:
            for fields in ("", "X-Forwarded-For: 192.0.2.6\r\n",
                           "X-Forwarded-For: 192.0.2.6\r\nConnection: keep-alive, x-forwarded-for\r\n",
                           "Forwarded: for=192.0.2.7\r\nConnection: forwarded\r\n",
                           "X-Forwarded-For: 192.0.2.6\r\nForwarded: for=192.0.2.7\r\n"):
                raw(host, f"GET /ok HTTP/1.1\r\nHost: h\r\n{fields}\r\n".encode())
            seen = [line.split(" ")[0] for line in lines_of(path, 5)]
        expect(seen == ["127.0.0.1", "192.0.2.6", "192.0.2.6", "192.0.2.7", "-"], seen)


def access_json(test):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "access.log")
        process = subprocess.Popen([test.program, "serve", test.guests.get("requests"), "--listen",
                                    f"unix:{folder}/s", "--workers", "1", "--log", "json", "--access-log", path],
                                   stderr=subprocess.PIPE, text=True)
        try:
            ready = json.loads(process.stderr.readline())
            with socket.socket(socket.AF_UNIX) as c:
                c.connect(f"{folder}/s")
                c.sendall(b"POST /escape HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nReferer: \\\"\r\n\r\nabc")
                c.recv(4096)
            entry = json.loads(lines_of(path, 1)[0])
        finally:
            process.terminate()
            rest = process.stderr.read()
            process.wait(60)
        expect(ready["level"] == "info" and "serving" in ready["message"] and not ready["guest"], ready)
        told = [json.loads(line) for line in rest.splitlines()]
        expect(told and all(line["guest"] and line["worker"] == 1 for line in told if "escape" in line), rest)
        expect(any("\\x1b[31m" in line["message"] for line in told), rest)
        expect(entry["target"] == "/escape" and entry["body_in"] == 3 and entry["referer"] == "\\\\\"", entry)
        expect(entry["peer"] == "unix:" and entry["status"] == 200 and entry["complete"], entry)


def counts(test):
    address = free_address()

    def ask(path):
        with urllib.request.urlopen(f"http://{address}{path}", timeout=60) as answer:
            return answer.read().decode()

    with serving(test, test.guests.get("requests"), "--stats", address, "--timeout", "1s") as host:
        for path, status in (("/ok", 200), ("/trap", 500), ("/ok", 200), ("/loop", 504), ("/ok", 200)):
            host.want(path, status)
        time.sleep(0.1)  # the guest that was too late is told so within a slice or two
        now = json.loads(ask("/stats"))
        want = {"requests": 5, "requests_2xx": 3, "requests_5xx": 2, "requests_in_flight": 0, "traps": 1,
                "deadlines": 1, "instances_started": 3, "instances_broken": 2, "instances_live": 1,
                "instances_idle": 1, "workers": 1}
        got = {name: now[name] for name in want}
        expect(got == want, got)
        expect(now["memory_bytes"] > 0 and now["resident_bytes"] > now["memory_bytes"], now)
        metrics = ask("/metrics")
        for line in ('mocket_requests_total{class="2xx"} 3', "mocket_traps_total 1"):
            expect(line in metrics.splitlines(), metrics)
        for line in metrics.splitlines():
            expect(line.startswith(("# HELP mocket_", "# TYPE mocket_", "mocket_")), line)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused(test, test.guests.get("requests"), ["--stats: "], "--stats", f"127.0.0.1:{taken.getsockname()[1]}")


def cache(test):
    """Compiled once; found again; compiled anew when the file is damaged."""
    with tempfile.TemporaryDirectory() as folder:
        kept = pathlib.Path(folder, "modules")
        for says, damage in (("compiled the module", False), ("found the compiled module", True),
                             ("checksum is wrong", False)):
            with serving(test, test.guests.get("requests"), "--cache", kept, "-v") as host:
                host.want("/ok", 200, "hello")
                host.says(says)
            files = list(kept.iterdir())
            expect(len(files) == 1 and files[0].suffix == ".cwasm", files)
            if damage:
                content = bytearray(files[0].read_bytes())
                content[len(content) // 2] ^= 1
                files[0].write_bytes(content)
        os.chmod(kept, 0o777)
        with serving(test, test.guests.get("requests"), "--cache", kept, "-v") as host:
            host.want("/ok", 200, "hello")
            host.says("other users can write to it")


def access_left(test):
    """A client that left before any answer was sent none: status 0, and no failure of the server's."""
    for source, path in (("waits", "/sleep?60000"), ("waits", "/loop"), ("events", "/sleep?60000")):
        with tempfile.TemporaryDirectory() as folder:
            log, address = pathlib.Path(folder, "access.log"), free_address()
            with serving(test, test.guests.get(source), "--access-log", log, "--stats", address, "--timeout",
                         "60s") as host:
                with socket.create_connection(("127.0.0.1", host.port), 5) as c:
                    c.sendall(f"GET {path} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
                    until = time.monotonic() + 10
                    while not ask(address, "/stats")["requests_in_flight"] and time.monotonic() < until:
                        time.sleep(0.01)
                lines = lines_of(log, 1, 20)
                now = ask(address, "/stats")
            expect(lines and f'"GET {path} HTTP/1.1" 0 0 ' in lines[0], lines)
            expect((now["requests"], now["requests_cut"]) == (0, 1), now)


def cases():
    yield "access log as text", access_text
    yield "access log of who left", access_left
    yield "access log as json", access_json
    yield "access log behind a proxy", access_peer
    yield "counts", counts
    yield "cache", cache
