"""What the cases of the command share: its path, how it is run, and how a case says what it expects."""
import argparse
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, os.fspath(ROOT / "tests"))
import suite  # noqa: E402
from suite import Skip  # noqa: E402

parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--mocket", type=pathlib.Path, default=ROOT / "build/mocket")
suite.add_choice(parser)
OPTIONS = parser.parse_args()
MOCKET = OPTIONS.mocket.resolve()
APP = "#include <mocket.h>\nint main(void) { return mocket_listen(mocket_new(), \":0\"); }\n"
VERBS = ("new", "build", "serve", "fetch", "routes", "bundle", "inspect", "version", "help")
cases = []


def case(fn):
    cases.append(fn)
    return fn


def mocket(*words, cwd=None, env=None, path=None):
    surroundings = {**os.environ, **(env or {})}
    if path is not None:
        surroundings["PATH"] = path
    done = subprocess.run([MOCKET, *words], cwd=cwd, env=surroundings, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, errors="replace", timeout=120)
    return done.returncode, done.stdout, done.stderr


def need_wasm():
    if not (ROOT / "build/wasm/libmocket.a").exists():
        raise Skip("the guest library is not built")


def need_host():
    if "no wasm host" in mocket("help", "serve")[1]:
        raise Skip("this build has no wasm host")


def is_wasm(path):
    return path.read_bytes()[:4] == b"\0asm"


def example(name):
    path = ROOT / f"build/examples/{name}.wasm"
    if not path.exists():
        raise Skip("the guest library is not built")
    return path


def app(folder, text=APP, name="app.c"):
    (folder / name).write_text(text)
    return folder / name
