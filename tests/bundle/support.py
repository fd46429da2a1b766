"""What both files of cases use."""
import hashlib
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
JS = ROOT / "hosts/js"
TARGETS = ("node", "deno", "bun", "workerd", "service-worker")
MOCKET = ROOT / "build/mocket"  # run sets it


class Skip(Exception):
    """This machine lacks something."""


def expect(got, wanted, what):
    if got != wanted:
        raise AssertionError(f"{what}: {got!r}, expected {wanted!r}")


def expect_in(part, text, what):
    if part not in text:
        raise AssertionError(f"{what}: {part!r} is not in {text!r}")


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
