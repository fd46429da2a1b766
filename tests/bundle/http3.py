"""Components for wasi:http 0.3 under `wasmtime serve` of tools/setup-hosts: many requests in one instance. The contract
has the behaviour of single requests (tests/backends/wasi-http.md)."""
import concurrent.futures
import contextlib
import http.client
import http.server
import re
import signal
import socket
import subprocess
import threading
import time

import support
from merged import wasmtime
from support import ROOT, Skip, expect, expect_in, guest, mocket, sha256

APP = ROOT / "tests/bundle/http3.c"
DIRECT = ROOT / "tests/bundle/http3_direct.c"
FAILING = ROOT / "tests/bundle/failing.c"
SLEEPS = ROOT / "build/contract/waits.wasm"
HELLO = "hello"
COUNT, SLEEP_MS, WAIT_S = 10, 200, 30  # fewer than `wasmtime serve` gives an instance at a time (16)
GAP_S = 0.005
cases = []


def case(fn):
    cases.append(("wasi-http@0.3: " + fn.__name__.replace("_", " "), fn))
    return fn


def own_app(folder, source=APP, *words):
    """An app beside this file; the event-driven one."""
    if not (ROOT / "build/wasm/libmocket.a").exists():
        raise Skip("the guest library is not built")
    out = folder / f"{source.stem}.wasm"
    code, _, err = mocket("build", source, "-o", out, *words)
    expect((code, err), (0, ""), "mocket build")
    return out


def component(app, folder, *words, target="wasi-http@0.3"):
    out = folder / f"{app.stem}.component.wasm"
    code, said, err = mocket("bundle", "--target", target, app, "-o", out, *words)
    expect(code, 0, err)
    expect_in(f"wasmtime serve {out}", said, "what was said")
    return out, err


def stop(process):
    """The exit code. Now and then `wasmtime serve` needs a second signal (tests/backends/wasi-http.md)."""
    process.send_signal(signal.SIGINT)
    with contextlib.suppress(subprocess.TimeoutExpired):
        return process.wait(WAIT_S)
    print("again   wasmtime serve needs a second signal to stop", flush=True)
    process.send_signal(signal.SIGINT)
    return process.wait(WAIT_S)


@contextlib.contextmanager
def running(module, *words):
    """The port of a server, which must end with 0."""
    process = subprocess.Popen([wasmtime(), "serve", "-C", "cache=y", "--addr", "127.0.0.1:0", *words, module],
                               text=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        yield int(re.search(r"http://127\.0\.0\.1:(\d+)", process.stderr.readline())[1])
        expect(stop(process), 0, process.stderr.read())
    finally:
        process.kill()
        process.wait()


def ask(port, path, method="GET", body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_S)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def ask_all(port, path):
    """The answers to COUNT requests that wait at the same time, and the seconds that they took. They begin one after
    the other: `wasmtime serve` makes another instance while one is busy."""
    since = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(COUNT) as pool:
        asked = []
        for _ in range(COUNT):
            asked.append(pool.submit(ask, port, path))
            time.sleep(GAP_S)
        answers = [one.result() for one in asked]
    return answers, time.monotonic() - since


def check_shared(counts):
    """counts: "seen, at a time at most" of an instance, as answers tell it. On a busy machine there may be a second
    instance: one of the two has had half of the requests at a time."""
    most = max(int(count.split()[-1]) for count in counts)
    if most < COUNT // 2:
        raise AssertionError(f"of {COUNT} requests an instance has had {most} at a time")


@contextlib.contextmanager
def slow_server():
    """Answers 203 and 100,000 bytes after the time of a sleep."""
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def do_GET(self):
            time.sleep(SLEEP_MS / 1000)
            self.send_response(203)
            self.send_header("Content-Length", "100000")
            self.end_headers()
            self.wfile.write(b"x" * 100000)

        def handle(self):
            with contextlib.suppress(ConnectionError):  # kept connections of components that end
                super().handle()

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


@case
def requests_that_sleep_share_an_instance(folder):
    with running(component(own_app(folder), folder)[0]) as port:
        expect(ask(port, "/first"), (200, "/first 0 0"), "the first request makes the instance")
        answers, took = ask_all(port, f"/sleep/{SLEEP_MS}")
        expect({(status, text.split()[0]) for status, text in answers}, {(200, "slept")}, "answers")
        check_shared([text for _, text in answers])
    if took > COUNT * SLEEP_MS / 1000 / 2:
        raise AssertionError(f"{COUNT} sleeps of {SLEEP_MS} ms took {took:.2f} s")


@case
def requests_to_another_server_wait_at_the_same_time(folder):
    with running(component(own_app(folder), folder)[0]) as port, slow_server() as other:
        expect(ask(port, "/first")[0], 200, "the first request makes the instance")
        answers, took = ask_all(port, f"/fetch/{other}")
        expect(answers, [(200, "read 203 100000")] * COUNT, "responses")
    if took > COUNT * SLEEP_MS / 1000 / 2:
        raise AssertionError(f"{COUNT} requests to a server that takes {SLEEP_MS} ms took {took:.2f} s")


@case
def a_request_answers_others(folder):
    with running(component(own_app(folder), folder)[0]) as port:
        expect(ask(port, "/first")[0], 200, "the first request makes the instance")
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            parked = [pool.submit(ask, port, "/park") for _ in range(3)]
            until = time.monotonic() + WAIT_S / 2  # they wait for a minute
            while not all(p.done() for p in parked) and time.monotonic() < until:
                expect(ask(port, "/release")[0], 200, "a request that answers those of its instance")
                time.sleep(GAP_S)
            expect({(status, text.split()[0]) for status, text in (p.result() for p in parked)}, {(200, "released")},
                   "those that waited")


@case
def a_request_of_the_instance_outlives_the_request_that_began_it(folder):
    with running(component(own_app(folder), folder)[0]) as port, slow_server() as other:
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            expect(ask(port, "/first")[0], 200, "the first request makes the instance")
            another = pool.submit(ask, port, f"/sleep/{5 * SLEEP_MS}")  # while no request is there, no time passes
            time.sleep(SLEEP_MS / 1000)
            expect(ask(port, f"/later/{other}"), (200, "later 0 0"), "the request that began it")
            expect(another.result()[0], 200, "another request")
        expect(ask(port, "/later"), (200, "/later 203 0"), "its status")
    with running(component(own_app(folder), folder)[0]) as port, slow_server() as other:
        expect(ask(port, f"/later/{other}"), (200, "later 0 0"), "the request that began it, alone")
        expect(ask(port, f"/sleep/{3 * SLEEP_MS}")[0], 200, "the next request")
        expect(ask(port, "/later"), (200, "/later 203 0"), "its status")


@case
def an_app_that_returned_a_bad_address_is_not_entered_again(folder):
    """Neither for a request that comes then, nor for one that waits."""
    with running(component(own_app(folder), folder)[0]) as port, concurrent.futures.ThreadPoolExecutor(1) as pool:
        expect(ask(port, "/first")[0], 200, "the first request makes the instance")
        sleeper = pool.submit(ask, port, f"/sleep/{3 * SLEEP_MS}")
        time.sleep(SLEEP_MS / 1000)
        expect(ask(port, "/spoil"), (200, "spoilt 0 0"), "the last request that the app answers")
        expect(ask(port, "/first")[0], 500, "the request for which there was no place")
        expect(sleeper.result()[0], 500, "the request that waited")
        expect(ask(port, "/sleep/0"), (200, "slept 1 1"), "the first request of another instance")


@case
def a_target_for_which_there_is_no_memory_is_no_other_target(folder):
    """Requests that sleep fill the memory of their instance, until a long target does not fit any more."""
    words = ("-W", f"max-memory-size={5 << 16}", "--max-instance-concurrent-reuse-count", "100")
    module, statuses = component(own_app(folder), folder)[0], set()
    for sleepers in (10, 18, 20, 22):
        with running(module, *words) as port, contextlib.ExitStack() as held:
            expect(ask(port, "/first")[0], 200, "the first request makes the instance")
            for _ in range(sleepers):
                s = held.enter_context(socket.create_connection(("127.0.0.1", port), WAIT_S))
                s.sendall(b"GET /sleep/1500 HTTP/1.1\r\nHost: a\r\n\r\n")
                time.sleep(GAP_S)
            status, text = ask(port, "/" + "x" * 40000)
            expect(text.startswith("/ "), False, f"beside {sleepers} requests `/` was answered")
            statuses.add(status)
    expect(statuses - {500}, {414, 503}, "statuses")


@case
def bodies_come_in_pieces(folder):
    with running(component(own_app(folder), folder)[0]) as port:
        expect(ask(port, "/upload", "POST", b"x" * 1000000), (200, "read 0 1000000"), "a large one")
        expect(ask(port, "/upload", "DELETE"), (200, "/upload 0 0"), "a method that may have one, without one")


@case
def an_app_with_serial_reuse_gets_one_request_at_a_time(folder):
    app = own_app(folder, APP, "-DREUSE=MOCKET_REUSE_SERIAL")
    with running(component(app, folder)[0]) as port:
        expect(ask(port, "/first")[0], 200, "the first request makes the instance")
        answers, _ = ask_all(port, "/sleep/50")
        expect({text.split()[2] for _, text in answers}, {"1"}, "requests at a time")


@case
def while_a_handler_waits_the_bytes_of_others_are_sent(folder):
    with running(component(own_app(folder, DIRECT), folder)[0]) as port, \
            concurrent.futures.ThreadPoolExecutor(1) as pool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_S)
        connection.request("GET", "/large")
        answer = connection.getresponse()
        nap = pool.submit(ask, port, "/nap")
        time.sleep(SLEEP_MS / 1000)
        expect(len(answer.read()), 16 << 20, "the answer of another request")
        expect(nap.done(), False, "the handler waits still")
        expect(nap.result(), (200, "awake"), "its answer")
        connection.close()


@case
def a_handler_that_was_held_up_streams_its_answer(folder):
    with running(component(own_app(folder, DIRECT), folder)[0]) as port, \
            concurrent.futures.ThreadPoolExecutor(1) as pool, \
            socket.create_connection(("127.0.0.1", port), WAIT_S) as flow:
        flow.sendall(b"POST /flow HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbo")
        time.sleep(SLEEP_MS / 1000)  # its body is being read when the other request comes
        nap = pool.submit(ask, port, "/nap")
        time.sleep(SLEEP_MS / 1000)
        flow.sendall(b"dy")
        got = b"".join(iter(lambda: flow.recv(1 << 20), b""))
        expect(got.count(b"y" * 1000) >= 64 * 65536 // 1000 - 70, True, f"{len(got)} bytes came")
        expect(nap.result(), (200, "awake"), "the other request")


@case
def texts_of_errors_take_no_memory(folder):
    """20,000 errors with texts in one call of a handler, where 64 KiB are for what the platform returns, and memory
    cannot grow by as much as these texts need. The same for 0.2."""
    app = own_app(folder, FAILING)
    for target in ("wasi-http@0.3", "wasi-http"):
        (folder / target).mkdir()
        module, _ = component(app, folder / target, target=target)
        with running(module, "-W", f"max-memory-size={3 << 16}") as port:
            expect(ask(port, "/1"), (200, "1"), f"{target}: one request")
            expect(ask(port, "/20000"), (200, "20000"), target)


@case
def handlers_in_direct_style_get_instances_of_their_own(folder):
    if not SLEEPS.exists():
        raise Skip(f"{SLEEPS} is not built")
    module, warning = component(SLEEPS, folder)
    expect_in("--max-instance-concurrent-reuse-count 1", warning, "the warning")
    with running(module, "--max-instance-concurrent-reuse-count", "1") as port:
        expect(ask(port, "/quick"), (200, "quick"), "the first request")
        answers, took = ask_all(port, f"/sleep/{SLEEP_MS}")
        expect(answers, [(200, f"slept {SLEEP_MS}")] * COUNT, "answers")
    if took > COUNT * SLEEP_MS / 1000 / 2:
        raise AssertionError(f"{COUNT} sleeps of {SLEEP_MS} ms took {took:.2f} s")


@case
def the_same_answer_in_c_and_moonbit(folder):
    for name in (HELLO, "moonbit-routes", "moonbit-routes-gc"):
        with running(component(guest(name), folder)[0]) as port:
            expect(ask(port, "/")[0], 200, name)


@case
def inspect_and_serve_know_the_component(folder):
    out, _ = component(guest(HELLO), folder)
    code, said, _ = mocket("inspect", out)
    expect(code, 0, "mocket inspect")
    for part in ("wasi-http@0.3", sha256(guest(HELLO)), "wasi:http/handler@0.3.0"):
        expect_in(part, said, "mocket inspect")
    code, _, err = mocket("serve", out)
    expect(code, 1, "mocket serve")
    expect_in("wasmtime serve", err, "mocket serve")


@case
def jco_transpiles_it(folder):
    """jco 1.35 serves no component of wasi:http 0.3, but its tools are another judge of the bytes."""
    out, _ = component(guest(HELLO), folder)
    done = subprocess.run([wasmtime().parent / "jco", "transpile", "-q", out, "-o", folder / "js"], capture_output=True,
                          text=True, timeout=120)
    expect(done.returncode, 0, done.stderr)
    expect_in("wasi:http/handler@0.3.0", (folder / "js/hello.component.js").read_text(), "the module's exports")


@case
def a_manifest_is_refused(folder):
    code, _, err = mocket("bundle", "--target", "wasi-http@0.3", guest(HELLO), "-o", folder / "a.wasm", "--manifest",
                          "spin")
    expect(code, 2, "exit code")
    expect_in("--manifest is for the target wasi-http", err, "error")
    expect(support.files(folder), {}, "files")
