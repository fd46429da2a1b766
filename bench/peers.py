"""Servers beside ours, as rows of a table name them (server.py): nginx, h2o, Node, Bun and `wasmtime serve`."""
import functools
import pathlib
import shutil
import subprocess

from server import BUILD, ROOT, Absent, certificate

NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log error;
events {{ worker_connections 1024; }}
http {{
    access_log off; keepalive_requests 1000000000; default_type text/plain;
    client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
    uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
    server {{ listen 127.0.0.1:{port}{more}; location / {{ return 200 "Hello world!"; }} }}
}}
"""

H2O = """
num-threads: 1
user: {user}
error-log: {folder}/error.log
listen: {{ host: 127.0.0.1, port: {port} }}
http1-request-timeout: 3600
hosts:
  default:
    paths:
      /: {{ file.file: {folder}/hello.txt }}
"""


@functools.lru_cache
def folder_of(script):
    """What tools/setup-... or bench/setup-... has installed: its folder."""
    found = subprocess.run([ROOT / script, "--find"], capture_output=True, text=True)
    if found.returncode != 0 or not found.stdout.strip():
        raise Absent(f"{script} installs it")
    return found.stdout.splitlines()[-1]


def nginx(port, folder, more=""):
    path = pathlib.Path(folder, "nginx.conf")
    path.write_text(NGINX.format(folder=folder, port=port, more=more))
    return [folder_of("tools/find-nginx"), "-c", path, "-p", folder, "-e", f"{folder}/error.log"], {}


def floor(port, _folder):
    """What no server can do better: reads, looks for the end of a head, sends a constant (bench/floor.c)."""
    return [BUILD / "bench/floor", str(port)], {}


def nginx_tls(port, folder):
    cert, key = certificate(folder)
    return nginx(port, folder, f" ssl; ssl_certificate {cert}; ssl_certificate_key {key}; "
                               "ssl_protocols TLSv1.2 TLSv1.3")


def h2o(port, folder):
    """It answers from a file: the package has no directive that answers a constant."""
    program = shutil.which("h2o")
    if not program:
        raise Absent("h2o is not on PATH; Debian's package h2o has it")
    pathlib.Path(folder, "hello.txt").write_text("Hello world!")
    pathlib.Path(folder, "h2o.conf").write_text(H2O.format(folder=folder, port=port, user=pathlib.Path(folder).owner()))
    return [program, "-c", f"{folder}/h2o.conf"], {}


def script(program, name, **env):
    """bench/peers/NAME on Node or Bun."""
    def start(port, _folder):
        home = folder_of("bench/setup-peers")
        return [f"{home}/bin/{program}", ROOT / "bench/peers" / name], {"PORT": str(port), "PEERS": home, **env}
    return start


def wasmtime(app, *options, target="wasi-http"):
    """The app as a component of wasi:http."""
    def start(port, folder):
        home, component = folder_of("tools/setup-hosts"), f"{folder}/component.wasm"
        subprocess.run([BUILD / "mocket", "bundle", "--target", target, f"{app}.wasm", "-o", component],
                       check=True, stdout=subprocess.DEVNULL)
        return [f"{home}/bin/wasmtime", "serve", "--addr", f"127.0.0.1:{port}", *options, component], {}
    return start
