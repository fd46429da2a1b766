"""Apps merged with an adapter: cgi, wcgi, fastly. `wasmtime run` of tools/setup-hosts runs the first one."""
import os
import pathlib
import subprocess
import tomllib

from support import ROOT, Skip, bundle, expect, expect_in, files, guest, mocket, sha256

APP = pathlib.Path(__file__).resolve().parent / "merged.c"
GUESTS = ("hello", "moonbit-routes", "moonbit-routes-gc")
cases = []


def case(fn):
    cases.append(("merged: " + fn.__name__.replace("_", " "), fn))
    return fn


def wasmtime():
    found = subprocess.run([ROOT / "tools/setup-hosts", "--find"], capture_output=True, text=True)
    if found.returncode != 0:
        raise Skip("there is no wasmtime: tools/setup-hosts installs it")
    return pathlib.Path(found.stdout.strip(), "bin/wasmtime")


def run(module, body=b"", *words, **variables):
    """Exit code, head as a dictionary, body, standard error."""
    env = [word for name, value in variables.items() for word in ("--env", f"{name}={value}")]
    done = subprocess.run([wasmtime(), "run", *env, *words, module], input=body, capture_output=True, timeout=120)
    head, _, rest = done.stdout.partition(b"\r\n\r\n")
    fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if line)
    return done.returncode, fields, rest, done.stderr.decode(errors="replace")


def own_app(folder):
    if not (ROOT / "build/wasm/libmocket.a").exists():
        raise Skip("the guest library is not built")
    module, out = folder / "own.wasm", folder / "own.cgi.wasm"
    expect(mocket("build", APP, "-o", module)[0], 0, "mocket build")
    code, _, err = mocket("bundle", "--target", "cgi", module, "-o", out)
    expect(code, 0, "mocket bundle")
    expect_in("sends requests, and this target cannot: mocket_fetch returns MOCKET_ENOTSUP", err, "warning")
    return out


@case
def cgi_is_a_module_with_a_mark_and_the_same_answers(folder):
    for name in GUESTS:
        module, out = guest(name), folder / f"{name}.wasm"
        code, said, _ = mocket("bundle", "--target", "cgi", module, "-o", out)
        expect(code, 0, name)
        expect_in(f"app.wasm: SHA-256 {sha256(module)}\n", said, "what was said")
        expect_in("a bundle for cgi (module)", mocket("inspect", out)[1], "inspect")
        code, head, body, err = run(out, REQUEST_METHOD="GET", PATH_INFO="/")
        expect((code, head["Status"], err), (0, "200 OK", ""), name)
        expect(head["Content-Length"], str(len(body)), name)


@case
def cgi_output_of_the_app_is_a_log(folder):
    code, head, body, err = run(own_app(folder), REQUEST_METHOD="GET", REQUEST_URI="/")
    expect((code, head["Status"], body), (0, "200 OK", b"/?"), "answer")
    expect(err, "from main\nfrom the handler\n", "standard error")


@case
def cgi_targets_are_below_the_script(folder):
    out = own_app(folder)
    for variables, wanted in (({"REQUEST_URI": "/app.cgi/a%2Fb?x=1", "SCRIPT_NAME": "/app.cgi"}, b"/a%2Fb?x=1"),
                              ({"REQUEST_URI": "/app.cgi", "SCRIPT_NAME": "/app.cgi"}, b"/?"),
                              ({"REQUEST_URI": "/app.cgi?x", "SCRIPT_NAME": "/app.cgi"}, b"/?x"),
                              ({"REQUEST_URI": "/app.cgix", "SCRIPT_NAME": "/app.cgi"}, b"/app.cgix?"),
                              ({"REQUEST_URI": "/mapped", "SCRIPT_NAME": "/app.cgi"}, b"/mapped?"),
                              ({"REQUEST_URI": "http://host/p?q"}, b"/p?q"),
                              ({"PATH_INFO": "/a b%\u00e9", "QUERY_STRING": "x=%20"}, b"/a%20b%25%C3%A9?x=%20"),
                              ({"REQUEST_URI": "/a", "SERVER_NAME": "", "SERVER_PORT": "8080"}, b"/a?"),
                              ({"SCRIPT_NAME": "/app.cgi"}, b"/?")):
        _, head, body, _ = run(out, REQUEST_METHOD="GET", **variables)
        expect((head["Status"], body), ("200 OK", wanted), str(variables))


@case
def cgi_exits_waits_and_limits(folder):
    out = own_app(folder)
    code, head, _, err = run(out, REQUEST_METHOD="GET", REQUEST_URI="/quit")
    expect((code, head["Status"]), (1, "500 Internal Server Error"), "exit")
    expect_in("error: the app called exit with code 3\n", err, "standard error")
    expect(run(out, REQUEST_METHOD="GET", REQUEST_URI="/slow")[2], b"slept", "sleep")
    expect(run(out, REQUEST_METHOD="GET", REQUEST_URI="/fetch")[2], b"not supported here", "fetch")
    pieces = int(run(out, REQUEST_METHOD="GET", REQUEST_URI="/hungry")[2])
    expect(200 < pieces < 256, True, f"MiB that an app gets: {pieces}")
    code, head, _, err = run(out)
    expect((code, head), (2, {}), "no request")
    expect_in("no REQUEST_METHOD in the environment", err, "standard error")


@case
def cgi_bodies(folder):
    out, routes = own_app(folder), folder / "routes.wasm"
    bundle("cgi", guest("routes"), routes)
    large = os.urandom(300000)
    for body, variables, status in ((large, {"CONTENT_LENGTH": "300000"}, "200 OK"),
                                    (large, {"HTTP_TRANSFER_ENCODING": "chunked"}, "200 OK"),
                                    (large[:-1], {"CONTENT_LENGTH": "300000"}, "400 Bad Request"),
                                    (b"x", {"CONTENT_LENGTH": "1x"}, "400 Bad Request"),
                                    (b"x", {"CONTENT_LENGTH": "99999999"}, "413 Content Too Large")):
        _, head, got, _ = run(routes, body, REQUEST_METHOD="POST", REQUEST_URI="/echo", **variables)
        expect((head["Status"], status != "200 OK" or got == body), (status, True), str(variables))
    expect(run(out, b"hello", REQUEST_METHOD="POST", REQUEST_URI="/input", CONTENT_LENGTH="5")[2], b"empty", "input")


@case
def folders_have_a_module_and_a_manifest(folder):
    for target, names in (("wcgi", {"app.wasm", "wasmer.toml"}), ("fastly", {"bin/main.wasm", "fastly.toml"})):
        place = folder / target
        bundle(target, guest("hello"), place, "--name", "shop", "--description", 'a "shop"')
        found = files(place)
        expect(set(found), names, target)
        manifest = tomllib.loads(found[max(names - {"app.wasm", "bin/main.wasm"})].read_text())
        module = manifest["module"][0] if target == "wcgi" else manifest
        expect(module["name"], "shop", target)
        expect(manifest.get("package", manifest)["description"], 'a "shop"', target)
        code, _, err = mocket("bundle", "--target", target, guest("hello"), "-o", place)
        expect(code, 1, "a folder that is not empty")
        expect_in("--force", err, "message")
    expect(tomllib.loads((folder / "fastly/fastly.toml").read_text())["language"], "other", "language")


@case
def what_a_target_lacks_is_named(folder):
    for target, name, words in (("cgi", "chat", "WebSockets, and CGI has none: handshakes are answered 426"),
                                ("cgi", "proxy", "mocket_fetch returns MOCKET_ENOTSUP"),
                                ("fastly", "proxy", "dynamic backends, a setting of the Fastly account"),
                                ("fastly", "moonbit-routes-gc", "garbage collection: Viceroy has it with --wasm-gc"),
                                ("wcgi", "moonbit-routes-gc", "garbage collection, which Wasmer 7 does not have")):
        code, _, err = mocket("bundle", "--target", target, guest(name), "-o", folder / f"{target}-{name}")
        expect(code, 0, f"{target} {name}")
        expect_in(words, err, f"{target} {name}")


@case
def a_bad_app_leaves_nothing(folder):
    text = folder / "text.wasm"
    text.write_text("no module")
    whole = guest("hello").read_bytes()
    (folder / "cut.wasm").write_bytes(whole[:-10])
    for name, words in (("text", "not a WebAssembly module"), ("cut", "a section is not complete")):
        for target in ("cgi", "wcgi", "fastly"):
            out = folder / f"out-{target}"
            code, _, err = mocket("bundle", "--target", target, folder / f"{name}.wasm", "-o", out)
            expect(code, 1, f"{name} for {target}")
            expect_in(words, err, f"{name} for {target}")
            expect(out.exists(), False, "something was written")
    code, _, err = mocket("bundle", "--target", "cgi", guest("hello"), "-o", folder)
    expect(code, 2, "a folder")
    expect_in("for the target cgi it names a file", err, "message")
    code, _, err = mocket("bundle", "--target", "cgi", guest("hello"), "-o", folder / "x", "--environment")
    expect(code, 2, "an option of components")
