"""`wasmtime serve` beside our host: the same app as a wasi:http component, with an instance for each request, which is
its default, and with instances that are used again."""
import subprocess

from server import BUILD, ROOT, Absent, serve

APP = BUILD / "examples/routes"
PATH = "/hello"


def hosts():
    """Where tools/setup-hosts has installed wasmtime; None when it has not."""
    found = subprocess.run([ROOT / "tools/setup-hosts", "--find"], capture_output=True, text=True)
    return found.stdout.strip() if found.returncode == 0 else None


def wasmtime(app, *options):
    def start(port, folder):
        home, component = hosts(), f"{folder}/component.wasm"
        if not home:
            raise Absent("tools/setup-hosts has not installed wasmtime")
        subprocess.run([BUILD / "mocket", "bundle", "--target", "wasi-http", f"{app}.wasm", "-o", component],
                       check=True,
                       stdout=subprocess.DEVNULL)
        return [f"{home}/bin/wasmtime", "serve", "--addr", f"127.0.0.1:{port}", *options, component], {}
    return start


# name, server, path that is asked for
ROWS = [
    ("routes.wasm none", serve(APP, "--reuse", "none"), PATH),
    ("wasmtime serve", wasmtime(APP), PATH),
    ("routes.wasm serial", serve(APP, "--reuse", "serial"), PATH),
    ("wasmtime serve, reuse", wasmtime(APP, "--max-instance-reuse-count", "1000000"), PATH),
]
# What a row may cost at most, as a multiple of another.
BOUNDS = [("routes.wasm none", "wasmtime serve", 1 / 5), ("routes.wasm serial", "wasmtime serve, reuse", 1 / 3)]
