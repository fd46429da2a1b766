"""Bundles on their runtimes: each is started by its `run`, asked by HTTP, and stopped by SIGTERM."""
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

from support import ROOT, Skip, bundle, expect, guest, sha256
from suite import free_port

SERVERS = ("node", "deno", "bun")  # they choose a port, and finish requests when they stop
GUESTS = ("hello", "routes", "realtime", "moonbit-routes", "moonbit-realtime", "moonbit-routes-gc",
          "moonbit-realtime-gc")
START_S = 60


def runtimes():
    """The folder of the pinned runtimes."""
    done = subprocess.run([ROOT / "tools/setup-js", "--find"], capture_output=True, text=True)
    if done.returncode != 0:
        raise Skip("no JavaScript runtimes (tools/setup-js)")
    return pathlib.Path(done.stdout.strip()) / "bin"


class Running:
    """A bundle that serves. Its log is read all the time, so that it never waits for us."""

    def __init__(self, command, **env):
        self.lines = []
        self.host = env.get("HOST", "127.0.0.1")
        path = f"{runtimes()}:/usr/bin:/bin"
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                                        stderr=subprocess.STDOUT, errors="replace",
                                        env={"PATH": path, "PORT": "0", "HOST": "127.0.0.1", "HOME": "/nowhere", **env})
        self.reader = threading.Thread(target=lambda: self.lines.extend(iter(self.process.stdout.readline, "")))
        self.reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join()

    def line(self, pattern):
        """The match of a line of the log that comes, or came."""
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            found = [match for match in (re.search(pattern, line) for line in list(self.lines)) if match]
            if found:
                return found[0]
            if self.process.poll() is not None:
                self.reader.join()
                if not re.search(pattern, "".join(self.lines)):
                    raise AssertionError(f"ended with {self.process.returncode}: {''.join(self.lines)}")
            time.sleep(0.02)
        raise AssertionError(f"no line {pattern}: {''.join(self.lines)}")

    def ready(self):
        found = self.line(r"(?:serving|starting) app\.wasm \(SHA-256 ([0-9a-f]{64})\) .*on http://\S+:(\d+)")
        self.hash, self.port = found[1], int(found[2])
        self.wait_until_open()
        return self

    def wait_until_open(self):
        """workerd and Python do not say when they listen."""
        until = time.monotonic() + START_S
        while True:
            try:
                return socket.create_connection((self.host, self.port), 30).close()
            except ConnectionRefusedError:
                if time.monotonic() > until or self.process.poll() is not None:
                    raise
            time.sleep(0.02)

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        connection.request(method, path, body)
        response = connection.getresponse()
        answer = response.status, response.read()
        connection.close()
        return answer

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        expect(self.process.returncode, 0, f"exit code after SIGTERM: {''.join(self.lines)}")


def ask_all(running, name):
    """Requests that fit the example."""
    if name == "hello":
        expect(running.ask("GET", "/")[0], 200, "GET /")
    elif "routes" in name:
        expect(running.ask("GET", "/hello/moon"), (200, b"Hello, moon!"), "GET /hello/moon")
        expect(running.ask("POST", "/echo", b"abc"), (200, b"abc"), "POST /echo")
    else:
        began = time.monotonic()
        expect(running.ask("GET", "/sleep/50")[0], 200, "GET /sleep/50")
        expect(time.monotonic() - began >= 0.05, True, "it slept")
    expect(running.ask("GET", "/no/such/path")[0], 404, "a path without a route")


def serves(target, name):
    def case(folder):
        module = guest(name)
        bundle(target, module, folder / "a bundle")
        with Running([folder / "a bundle/run"], PORT="0" if target in SERVERS else str(free_port())) as running:
            running.ready()
            expect(running.hash, sha256(module), "the hash in the log")
            ask_all(running, name)
            running.stop()
    return f"{name} on {target}", case


def chats(target):
    def case(folder):
        bundle(target, guest("chat"), folder / "out")
        if target == "node":
            with Running([folder / "out/run"]) as running:
                running.ready()
                running.line("which need the package \"ws\"")
            (folder / "out/node_modules").mkdir()
            (folder / "out/node_modules/ws").symlink_to(runtimes().parent / "node_modules/ws")
        with Running([folder / "out/run"], PORT="0" if target in SERVERS else str(free_port())) as running:
            running.ready()
            done = subprocess.run([runtimes() / "node", ROOT / "tests/bundle/chat.js", str(running.port)],
                                  capture_output=True, text=True, timeout=60)
            expect(done.returncode, 0, done.stderr)
            running.stop()
    return f"chat on {target}", case


def ends_well(target):
    def case(folder):
        """A request under way is answered before the process ends."""
        bundle(target, guest("realtime"), folder / "out")
        with Running([folder / "out/run"]) as running:
            running.ready()
            answers = []
            asking = threading.Thread(target=lambda: answers.append(running.ask("GET", "/sleep/3000")[0]))
            asking.start()
            time.sleep(1)  # until the app has got it
            running.stop()
            asking.join()
            expect(answers, [200], "the request under way")
    return f"SIGTERM lets requests finish on {target}", case


def serves_ipv6(target):
    def case(folder):
        if not os.path.exists("/proc/net/if_inet6"):
            raise Skip("this system has no IPv6")
        bundle(target, guest("hello"), folder / "out")
        with Running([folder / "out/run"], HOST="::1", PORT="0" if target in SERVERS else str(free_port())) as running:
            running.ready()
            running.line(r"on http://\[::1\]:\d+")
            expect(running.ask("GET", "/")[0], 200, "GET /")
            running.stop()
    return f"HOST=::1 on {target}", case


def complains(target):
    def case(folder):
        bundle(target, guest("hello"), folder / "out")
        with Running([folder / "out/run"], PORT="many") as running:
            running.line(r'mocket: error: the port \(PORT\) must be .* not "many"')
            expect(running.process.wait(60), 1, "exit code for a PORT that is no number")
        with Running([folder / "out/run"], PATH="/nonexistent") as running:
            running.line(rf"run: {target} is not on the PATH")
            expect(running.process.wait(60), 127, "exit code without the runtime")
        (folder / "out/app.wasm").write_bytes(b"\0asm\1\0\0\0")
        with Running([folder / "out/run"]) as running:
            running.line(r'mocket: error: it exports no memory named "memory"')
            expect(running.process.wait(60), 1, "exit code for a module that is no app")
    return f"mistakes are told on {target}", case


# ---- A tree that holds the runtime and nothing else ----

INSIDE = 'mount --rbind /proc "$0/proc" && mount --bind /dev/null "$0/dev/null" && exec chroot "$0" /app/run'


def copy_into(tree, path, place=None):
    target = tree / (place or str(path).lstrip("/"))
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, target)


def libraries(program):
    said = subprocess.run(["ldd", program], capture_output=True, text=True).stdout
    return re.findall(r"(/\S+) \(0x", said)


def alone(target):
    def case(folder):
        """The runtime, the C libraries that it links, a shell for `run`, and of the system /proc and /dev/null."""
        tree, module = folder / "tree", guest("routes")
        enter = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
        if subprocess.run([*enter, "true"], capture_output=True).returncode != 0:
            raise Skip("no right to mount, not even in a user namespace")
        copy_into(tree, (runtimes() / target).resolve(), f"bin/{target}")
        copy_into(tree, pathlib.Path("/bin/sh").resolve(), "bin/sh")
        for library in {*libraries(tree / f"bin/{target}"), *libraries(tree / "bin/sh")}:
            copy_into(tree, library)
        for name in ("tmp", "dev", "proc", "root"):  # what every Debian has
            (tree / name).mkdir()
        (tree / "dev/null").touch()
        bundle(target, module, tree / "app")
        with Running([*enter, "sh", "-c", INSIDE, tree], PATH="/usr/sbin:/usr/bin:/bin") as running:
            running.ready()
            expect(running.hash, sha256(module), "the hash in the log")
            ask_all(running, "routes")
            running.stop()
    return f"alone with {target} in a tree", case


# ---- The browser ----

def browse(url, *words):
    """What the app in a service worker answers to a page: status and text."""
    chromium = shutil.which("chromium")
    if not chromium:
        raise Skip("no chromium (tools/setup --tests)")
    done = subprocess.run([runtimes() / "node", ROOT / "tests/bundle/browse.js", url, *words], capture_output=True,
                          text=True, timeout=120,
                          env={**os.environ, "MODULES": str(runtimes().parent / "node_modules"), "CHROMIUM": chromium})
    expect(done.returncode, 0, done.stderr)
    return json.loads(done.stdout)


def in_a_browser(name):
    def case(folder):
        bundle("service-worker", guest(name), folder / "a bundle")
        with Running([folder / "a bundle/run"], PORT=str(free_port()), PYTHONUNBUFFERED="1") as running:
            running.port = int(running.line(r"Serving HTTP on .* port (\d+)")[1])
            running.wait_until_open()
            url = f"http://127.0.0.1:{running.port}/"
            expect(browse(url, "GET", "/hello/moon"), [200, "Hello, moon!"], "GET /hello/moon")
            expect(running.ask("GET", "/hello/moon")[0], 404, "the server of files alone")
    return f"{name} on service-worker", case


def cases():
    for name in ("routes", "moonbit-routes", "moonbit-routes-gc"):
        yield in_a_browser(name)
    for name in GUESTS:
        yield serves("workerd", name)
    for target in (*SERVERS, "workerd"):
        yield chats(target)
        yield serves_ipv6(target)
    for target in SERVERS:
        for name in GUESTS:
            yield serves(target, name)
        yield ends_well(target)
        yield complains(target)
        yield alone(target)
