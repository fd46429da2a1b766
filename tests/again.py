"""Tests that measure time, on a machine that has other work too.

Such a test fails now and then because the machine was late; a fault of ours makes it fail every time. There are two
answers, both only where MOCKET_TEST_TRIES is more than 1 (.ci/run sets it to 3; by hand a test is tried once, but for
an input of a fuzzer that took too long, which tools/fuzz tries by itself):

- A suite that measures time tries a case that often, at once (attempt), and prints the reason of each further try. What
  never came is not tried again at once: waits for it are long.
- When all suites have ended, tools/test runs the failed cases of every suite once more, with nothing beside them, and
  tells which passed then (second_try).

A crash and a sanitizer's report are final in both: a fault of ours may show only now and then."""
import errno
import os
import re
import subprocess
import time

import suite

TRIES = int(os.environ.get("MOCKET_TEST_TRIES", "1"))
FINAL = ("ended with", "nothing for", "timed out", "does not stop")
# SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS: by Python's number, a shell's, or name; and cmocka's words.
CRASH = re.compile(r"Sanitizer|runtime error|core dumped|deadly signal|Test failed with exception|"
                   r"\b(?:exit|code|with|signal)\W*-(?:4|5|6|7|8|11|31)\b|\b(?:exit|code|with)\W*(?:13[2-6]|139|159)\b|"
                   r"\bSIG(?:ILL|TRAP|ABRT|BUS|FPE|SEGV|SYS)\b")
MANY = 40  # so many failures of a suite are not those of a slow machine


def may_be_late(problem):
    text = str(problem)
    return not is_crash(text) and not any(word in text for word in FINAL)


def is_crash(text):
    return bool(CRASH.search(text))


def end_of(process, wait_s, error):
    """The exit code of a server that was told to stop. None where a test had failed already and it had to be killed."""
    try:
        return process.wait(wait_s)
    except subprocess.TimeoutExpired:
        process.kill()
        code = process.wait()
        return None if error else code


def attempt(name, test, errors=Exception, cases=None):
    """What the test returned and None, or None and why it failed the last time. cases: the names of those to run to see
    the failure again, if that is not the name itself."""
    for left in reversed(range(TRIES)):
        try:
            return test(), None
        except errors as problem:
            if not left or not may_be_late(problem):
                suite.tell_failed(problem, *(cases or [name]))
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


# ---- The second try, for tools/test ----

class Failed:
    """A failure of a suite. cases: the names of those to run to see it again; none: the whole suite."""

    def __init__(self, why, cases=(), count=1, final=False):
        self.why, self.cases, self.count = why, tuple(cases), count
        self.final = final or is_crash(why)

    def __str__(self):
        name = self.cases[0] if self.cases else "the suite"
        more = f" and {len(self.cases) - 1} more" if len(self.cases) > 1 else ""
        first = next((line.strip() for line in self.why.splitlines() if line.strip()), "")
        return f"{name}{more}: {first[:200]}"


def is_explained(count, failures):
    """Do these failures have names, and are they all?"""
    return all(failure.cases for failure in failures) and sum(failure.count for failure in failures) == count


def second_try(failed, failures, run):
    """Tries what failed in a suite once more. failed: how many. run: a function that takes a set of names, or None for
    the whole suite, and returns how many passed, how many failed, and the failures. Returns the failures that have
    passed now."""
    if not failures or sum(failure.count for failure in failures) > MANY or any(f.final for f in failures):
        return []
    names = {name for failure in failures for name in failure.cases} if is_explained(failed, failures) else None
    passed, failed_now, failures_now = run(names)
    if names is None or not is_explained(failed_now, failures_now) or passed + failed_now < len(names):
        return failures if passed and not failed_now and names is None else []
    bad = {name for failure in failures_now for name in failure.cases}
    return [failure for failure in failures if bad.isdisjoint(failure.cases)]
