"""Cases of tests/hostile/run: requests that take long, clients that hold many connections or send a byte now and then,
and what others notice of them."""
import contextlib
import itertools
import resource
import select
import socket
import threading
import time

from hosting import expect, serving

WAIT_S = 2.0  # of a slow request (fair.c)
QUICK_S = 1.0  # less than that, however busy the machine is
STALL_S = 0.25  # half of what a request with the query s works for
ASKED = 8


def connect(host, source=None):
    return socket.create_connection(("127.0.0.1", host.port), 20, source_address=(source, 0) if source else None)


def send(stack, host, path):
    client = stack.enter_context(connect(host))
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    return client


def is_readable(client, within_s=0.0):
    poll = select.poll()
    poll.register(client, select.POLLIN)
    return bool(poll.poll(within_s * 1000))


def status_of(client):
    """0: it was closed without an answer."""
    return int(client.recv(4096)[9:12] or 0)


def flood(stack, host, paths, count):
    """So many requests at once, which stay."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 2 * count + 200:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 2 * count + 200), hard))
    return [send(stack, host, next(paths)) for _ in range(count)]


def new_paths(prefix="r"):
    return (f"/{prefix}{number}" for number in itertools.count())


def settle():
    """Until the worker has had time to learn from the requests that have come."""
    time.sleep(0.4)


def ask(host, path, times=1):
    """The slowest of some requests, one after the other, all of them 200."""
    worst = 0
    for _ in range(times):
        began = time.monotonic()
        host.want(path, 200)
        worst = max(worst, time.monotonic() - began)
    return worst


def stays_quick(test, case, options, paths, count):
    """A kind that has proved quick, beside requests that take all the places they can get."""
    with serving(test, test.guests.get("fair", case), *options) as host, contextlib.ExitStack() as stack:
        ask(host, "/health", 20)
        flood(stack, host, paths, count)
        settle()
        worst = ask(host, "/health", ASKED)
        expect(worst < QUICK_S, f"/health took {worst:.2f} s")


def proves_itself(test, case, options, count):
    """A kind that nothing is known of, beside requests that are known to take long."""
    with serving(test, test.guests.get("fair", case), *options) as host, contextlib.ExitStack() as stack:
        ask(host, "/slow")
        flood(stack, host, itertools.repeat("/slow"), count)
        settle()
        worst = ask(host, "/health", ASKED)
        expect(worst < QUICK_S, f"/health took {worst:.2f} s")

few = ["--max-instances", "8"]


def new_paths_direct(test):
    stays_quick(test, None, few, new_paths(), 60)


def new_paths_fresh(test):
    stays_quick(test, None, [*few, "--reuse", "none"], new_paths(), 60)


def new_paths_events(test):
    stays_quick(test, 1, few, new_paths(), 60)


def new_paths_shared(test):
    stays_quick(test, 2, [], new_paths(), 1600)


def slow_path_direct(test):
    proves_itself(test, None, few, 12)


def slow_path_events(test):
    proves_itself(test, 1, few, 12)


def slow_path_shared(test):
    proves_itself(test, 2, [], 1400)


def full_queue(test):
    """More requests than may wait: those of unknown kinds are refused, a kind that has proved quick is not."""
    with serving(test, test.guests.get("fair"), *few) as host, contextlib.ExitStack() as stack:
        ask(host, "/health", 20)
        clients = flood(stack, host, new_paths(), 1100)
        settle()
        worst = ask(host, "/health", ASKED)
        expect(worst < QUICK_S, f"/health took {worst:.2f} s")
        expect(any(is_readable(client) and status_of(client) == 503 for client in clients), "none was refused")


def left_early(test):
    """Requests whose clients leave at once prove nothing."""
    with serving(test, test.guests.get("fair"), *few) as host, contextlib.ExitStack() as stack:
        ask(host, "/health", 20)
        for _ in range(30):
            with contextlib.ExitStack() as brief:
                flood(brief, host, itertools.repeat("/slow"), 1)
        time.sleep(1.2)  # a guest that waits for a client that left has a second
        flood(stack, host, itertools.repeat("/slow"), 60)
        settle()
        worst = ask(host, "/health", ASKED)
        expect(worst < QUICK_S, f"/health took {worst:.2f} s")


def stalls(test):
    """Kinds that earn direct calls and then work for long: two of them stall the worker, not more."""
    with serving(test, test.guests.get("fair")) as host:
        waits = []
        for kind in range(6):
            ask(host, f"/a{kind}", 40)
            work = threading.Thread(target=ask, args=(host, f"/a{kind}?s"))
            work.start()
            time.sleep(0.05)
            waits.append(ask(host, "/health"))
            work.join()
        stalled = sum(wait > STALL_S for wait in waits)
        expect(stalled <= 2, f"/health took {', '.join(f'{wait:.2f}' for wait in waits)} s")


def per_address(test):
    def answers(host, source):
        with connect(host, source) as client:
            client.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
            return status_of(client)

    options = ["--max-per-address", "2", "--trusted-proxy", "127.0.0.3"]
    with serving(test, test.guests.get("fair"), *options) as host, contextlib.ExitStack() as stack:
        for client in [send(stack, host, "/health") for _ in range(2)]:
            expect(status_of(client) == 200, "it may have two")
        expect(answers(host, None) == 503, "the third one is served")
        expect(answers(host, "127.0.0.2") == 200, "others are refused")
        for _ in range(3):
            stack.enter_context(connect(host, "127.0.0.3"))
        expect(answers(host, "127.0.0.3") == 200, "a trusted proxy is refused")


def trickle(host, path, within_s):
    """A body that comes byte by byte: the status, 0 when there was none in this time, and how long it took."""
    began = time.monotonic()
    with connect(host) as client:
        client.sendall(f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n".encode())
        while time.monotonic() - began < within_s:
            if is_readable(client, 0.1):
                return status_of(client), time.monotonic() - began
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                client.sendall(b"x")
    return 0, time.monotonic() - began


def slow_body(test, module, path, *options):
    with serving(test, module, *options) as host:
        status, took = trickle(host, path, 15)
        expect(status == 408 and 0.9 < took < 10, f"{status} after {took:.1f} s")


def body_whole(test):
    slow_body(test, test.guests.get("fair"), "/health", "--body-timeout", "1s")


def body_streamed(test):
    slow_body(test, test.guests.get("waits", 1), "/sum", "--body-timeout", "1s")


def body_as_timeout(test):
    slow_body(test, test.guests.get("fair"), "/health", "--timeout", "1s")


def body_off(test):
    with serving(test, test.guests.get("fair"), "--timeout", "1s", "--body-timeout", "off") as host:
        status, took = trickle(host, "/health", 2.5)
        expect(status == 0, f"{status} after {took:.1f} s")


def cases():
    for case in (new_paths_direct, new_paths_fresh, new_paths_events, new_paths_shared, slow_path_direct,
                 slow_path_events, slow_path_shared, full_queue, left_early, stalls, per_address, body_whole,
                 body_streamed, body_as_timeout, body_off):
        yield "fair " + case.__name__.replace("_", " "), case
