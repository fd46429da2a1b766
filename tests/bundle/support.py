"""What both files of cases use."""
import hashlib
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, os.fspath(ROOT / "tests"))
from suite import Skip, expect, expect_in  # noqa: E402,F401

JS = ROOT / "hosts/js"
TARGETS = ("node", "deno", "bun", "workerd", "service-worker")
MOCKET = ROOT / "build/mocket"  # run sets it


def guest(name):
    path = ROOT / f"build/examples/{name}.wasm"
    if not path.exists():
        raise Skip(f"build/examples/{name}.wasm is not built")
    return path


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def mocket(*words, program=None, **more):
    env = {k: v for k, v in os.environ.items() if not k.startswith("MOCKET_")}
    done = subprocess.run([program or MOCKET, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          errors="replace", timeout=120, **{"env": env, **more})
    return done.returncode, done.stdout, done.stderr


def bundle(target, module, folder, *words):
    """Makes a bundle, which must work, and returns what was printed."""
    code, out, err = mocket("bundle", "--target", target, module, "-o", folder, *words)
    expect((code, err), (0, ""), f"bundle for {target}")
    return out


def files(folder):
    return {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if not path.is_dir()}
