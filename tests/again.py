"""Tests that measure time, on a machine that has other work too.

Such a test fails now and then because the machine was late; a fault of ours makes it fail every time. So a test may be
tried as often as MOCKET_TEST_TRIES says: once by hand, three times at the gate (.ci/run), where each further try is
told with its reason. Final at once is what may show only now and then: a crash, a sanitizer's report, and what never
came, because waits for it are long."""
import errno
import os
import subprocess
import time

import suite

TRIES = int(os.environ.get("MOCKET_TEST_TRIES", "1"))
FINAL = ("Sanitizer", "runtime error", "ended with", "core dumped", "nothing for", "timed out", "does not stop")


def may_be_late(problem):
    return not any(word in str(problem) for word in FINAL)


def end_of(process, wait_s, error):
    """The exit code of a server that was told to stop. None where a test had failed already and it had to be killed."""
    try:
        return process.wait(wait_s)
    except subprocess.TimeoutExpired:
        process.kill()
        code = process.wait()
        return None if error else code


def attempt(name, test, errors=Exception):
    """What the test returned and None, or None and why it failed the last time."""
    for left in reversed(range(TRIES)):
        try:
            return test(), None
        except errors as problem:
            if not left or not may_be_late(problem):
                return None, problem
            first = next(iter(str(problem).splitlines()), "")
            print(f"again   {name}: {type(problem).__name__}: {first}", flush=True)
    raise ValueError("MOCKET_TEST_TRIES must be 1 or more")


def tests_of(script):
    """The functions test_* of a script's globals(), as pairs of a name without test_ and a function."""
    return [(name[len("test_"):], test) for name, test in script.items() if name.startswith("test_")]


def run_tests(tests, words):
    """Runs the functions test_* of a script whose names contain one of words, or all of them without words. Prints the
    closing line and returns the exit code, which is 1 if a test failed, and also if there was none to run."""
    passed = failed = skipped = 0
    for name, test in suite.chosen(tests_of(tests), words):
        began = time.monotonic()
        reason, problem = attempt(name, test)
        if isinstance(problem, OSError) and problem.errno == errno.EADDRNOTAVAIL:
            reason, problem = f"an address is missing here: {problem}", None
        if problem:
            where = problem.__traceback__
            while where.tb_next and where.tb_next.tb_frame.f_code.co_filename == tests["__file__"]:
                where = where.tb_next
            print(f"FAILED {name} (line {where.tb_lineno}): {type(problem).__name__}: {problem}", flush=True)
        else:
            took = time.monotonic() - began
            print(f"{'skipped ' if reason else ''}{name}{': ' + reason if reason else ''} ({took:.1f} s)", flush=True)
        failed, skipped = failed + bool(problem), skipped + bool(reason)
        passed += not problem and not reason
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed + skipped else 0
