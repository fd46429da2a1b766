"""The command: what it writes, says and refuses. No runtime is needed."""
import fcntl
import json
import os
import re
import resource
import shlex
import shutil
import signal
import subprocess

from support import JS, ROOT, TARGETS, Skip, bundle, expect, expect_in, files, guest, mocket, sha256
import support

cases = []
UNFINISHED = ".mocket-bundle.new"
IMPORT = re.compile(r"""(?:^|\s)(?:import|export)\s[^;]*?from\s+'(\.[^']+)'|(?:import|new URL)\('(\.[^']+)'""", re.M)


def case(fn):
    cases.append((fn.__name__.replace("_", " "), fn))
    return fn


def imported(folder):
    """Modules that the scripts of a bundle import, followed in the sources: what a bundle must hold, and no more."""
    left, found = [path.name for path in folder.glob("*.js")], set()
    while left:
        name = left.pop()
        source = JS / "src" / name.removeprefix("mocket/") if name.startswith("mocket/") else folder / name
        for match in IMPORT.finditer(source.read_text()):
            target = os.path.normpath(os.path.join(os.path.dirname(name), match.group(1) or match.group(2)))
            if target.endswith(".js") and target not in found:
                found.add(target)
                left.append(target)
    return found


@case
def a_bundle_holds_what_its_target_imports_and_the_same_app(folder):
    sizes = {}
    for target in TARGETS:
        for name in ("hello", "chat"):
            module, place = guest(name), folder / f"{name}-{target}"
            out = bundle(target, module, place)
            found = files(place)
            modules = {name for name in found if name.startswith("mocket/")}
            expect(modules, imported(place), f"modules of {target}")
            for module_name in modules:
                expect(found[module_name].read_bytes(), (JS / "src" / module_name[7:]).read_bytes(), module_name)
            expect(found["app.wasm"].read_bytes(), module.read_bytes(), "app.wasm")
            expect_in(f"app.wasm: SHA-256 {sha256(module)}\n", out, "what was said")
            expect_in(sha256(module), found["README.md"].read_text(), "README.md")
            expect_in(f"{len(found)} files\n", out, "what was said")
            own = {path.name.removesuffix(".in") for path in (JS / "bundles" / target).iterdir()}
            expect({name for name in found if "/" not in name}, own | {"app.wasm"}, f"files of {target}")
            expect(os.access(found["run"], os.X_OK), True, "run is a program")
            expect(os.access(found["README.md"], os.X_OK), False, "README.md is a program")
            sizes[target] = len(modules)
    expect(len(set(sizes.values())) > 1, True, f"targets need different modules: {sizes}")


@case
def every_word_of_the_templates_is_replaced(folder):
    for target in TARGETS:
        for name in ("hello", "chat", "proxy"):
            place = folder / f"{name}-{target}"
            bundle(target, guest(name), place)
            for file, path in files(place).items():
                if not file.startswith("mocket/") and file != "app.wasm":
                    text = path.read_text()
                    expect(re.findall(r"\{\{.*|(?://|#|<!--)[?*] \w.*", text), [], f"{target}: {file}")
                    expect([line for line in text.splitlines() if len(line) > 200], [], f"long lines of {file}")


@case
def what_an_app_needs_is_said_and_stands_in_the_readme(folder):
    for name, target, words in (("hello", "node", ["Node 20 or later"]),
                                ("chat", "node", ["Node 24.21", "npm install"]),
                                ("proxy", "deno", ["Deno 2.9", "allowNet"]), ("hello", "bun", ["Bun 1.3"])):
        out = bundle(target, guest(name), folder / f"{name}-{target}")
        for word in words:
            expect_in(word, out, f"what was said for {name} on {target}")
            expect_in(word, (folder / f"{name}-{target}/README.md").read_text(), "README.md")
    for name, unwanted in (("hello", "npm install"), ("hello", "allowNet"), ("chat", "allowNet")):
        expect(unwanted in mocket("bundle", "--target", "node", guest(name), "-o", folder / f"x-{name}", "--force")[1],
               False, f"{unwanted} for {name}")


@case
def the_package_has_a_name_that_npm_takes(folder):
    module = guest("hello")
    for file, wanted in (("My Shop!.wasm", "my-shop"), ("shop.v2.wasm", "shop-v2"), ("---.wasm", "app"),
                         ("\u00fcber.wasm", "ber"), ("no_end", "no-end"), (f"{'a' * 200}.wasm", "a" * 63)):
        shutil.copy(module, folder / file)
        bundle("node", folder / file, folder / "out", "--force")
        package = json.loads((folder / "out/package.json").read_text())
        expect((package["name"], package["type"], package["private"]), (wanted, "module", True), file)
    bundle("node", module, folder / "named", "--name", "shop-2")
    expect(json.loads((folder / "named/package.json").read_text())["name"], "shop-2", "--name")
    for name in ("", "Shop", "-a", "a-", "a b", "a/b", "a\nb", "a" * 64, '"'):
        code, out, err = mocket("bundle", "--target", "node", module, "-o", folder / "bad", "--name", name)
        expect((code, out, (folder / "bad").exists()), (2, "", False), repr(name))
        expect_in("--name", err, repr(name))


@case
def workerd_and_wrangler_have_the_same_settings(folder):
    bundle("workerd", guest("chat"), folder / "chat")
    texts = [(folder / "chat" / name).read_text() for name in ("config.capnp", "wrangler.jsonc")]
    for pattern in (r'ompatibility_?[Dd]ate"?(?: =|:) "(\S+)"', r'ompatibility_?[Ff]lags"?(?: =|:) (\[.*\])',
                    r'class_?[Nn]ame"?(?: =|:) "(\w+)"'):
        found = {re.search(pattern, text)[1] for text in texts}
        expect(len(found), 1, f"{pattern}: {found}")
    plain = "".join(line for line in texts[1].splitlines() if not line.lstrip().startswith("//"))
    expect(json.loads(plain)["durable_objects"]["bindings"][0]["name"], "MOCKET", "the binding")
    expect(json.loads(plain)["migrations"][0]["new_sqlite_classes"], ["MocketSockets"], "the migration")
    bundle("workerd", guest("hello"), folder / "hello")
    expect([name for name in ("config.capnp", "wrangler.jsonc", "main.js")
            if "MocketSockets" in (folder / "hello" / name).read_text()], [], "an object without sockets")


@case
def sockets_on_node_need_the_package_that_the_host_asks_for(folder):
    bundle("node", guest("chat"), folder / "chat")
    wanted = json.loads((JS / "package.json").read_text())["peerDependencies"]
    expect(json.loads((folder / "chat/package.json").read_text())["dependencies"], wanted, "dependencies")
    bundle("node", guest("hello"), folder / "hello")
    expect("dependencies" in json.loads((folder / "hello/package.json").read_text()), False, "without sockets")


@case
def the_command_that_is_printed_is_one_for_a_shell(folder):
    for name in ("plain", "a b", "it's", 'a"b', "$(x)", "-dash", "\u00fc", "deep/er"):
        (folder / "deep").mkdir(exist_ok=True)
        code, out, err = mocket("bundle", "--target", "node", f"-o{name}", guest("hello"), cwd=folder)
        expect((code, err), (0, ""), name)
        words = shlex.split(out.splitlines()[-1])
        expect(words[-1], f"{name}/run", "the last word")
        expect((folder / words[-1]).exists(), True, "it names the program")


@case
def run_starts_in_its_own_folder(folder):
    other, programs = folder / "other/out", folder / "programs"
    other.mkdir(parents=True)
    programs.mkdir()
    (programs / "tool").write_text("#!/bin/sh\npwd >&2\n")
    (programs / "tool").chmod(0o755)
    for target in TARGETS:
        bundle(target, guest("hello"), folder / "out", "--force")
        for name in ("node", "deno", "bun", "workerd", "python3"):
            (programs / name).unlink(missing_ok=True)
            (programs / name).symlink_to("tool")
        env = {"PATH": f"{programs}:/usr/bin:/bin", "CDPATH": str(other.parent)}
        done = subprocess.run(["out/run"], cwd=folder, env=env, capture_output=True, text=True, timeout=120)
        expect((done.returncode, done.stdout), (0, ""), target)
        expect(done.stderr.splitlines()[-1], os.path.realpath(folder / "out"), f"the folder, with CDPATH, {target}")


@case
def run_refuses_the_node_of_debian(folder):
    bundle("node", guest("hello"), folder / "out")
    (folder / "node").write_text("#!/bin/sh\n[ $1 = --version ] && echo $VERSION || echo served >&2\n")
    (folder / "node").chmod(0o755)
    for version, wanted in (("v18.20.4", (1, "run: Node 18.20.4 is too old (README.md")),
                            ("v9.1.0", (1, "run: Node 9.1.0 is")), ("v20.0.0", (0, "served\n")),
                            ("v126.1.0", (0, "served\n"))):
        env = {"PATH": f"{folder}:/usr/bin:/bin", "VERSION": version}
        done = subprocess.run([folder / "out/run"], env=env, capture_output=True, text=True, timeout=120)
        expect((done.returncode, done.stderr[:len(wanted[1])]), wanted, version)


@case
def a_folder_that_is_not_empty_is_left_alone(folder):
    place, outside = folder / "out", folder / "outside"
    place.mkdir()
    bundle("node", guest("hello"), place)  # an empty one is taken
    code, out, err = mocket("bundle", "--target", "node", guest("chat"), "-o", place)
    expect((code, out), (1, ""), "exit code and output")
    expect_in(f"{place}: the folder is not empty; --force ", err, "message")
    expect(sha256(place / "app.wasm"), sha256(guest("hello")), "app.wasm")
    outside.write_text("mine")
    (place / "notes.txt").write_text("mine")
    (place / "main.js").unlink()
    (place / "main.js").symlink_to(outside)
    bundle("node", guest("chat"), place, "--force")
    expect((place / "notes.txt").read_text(), "mine", "a file that is not of the bundle")
    expect(outside.read_text(), "mine", "what a link led to")
    expect((place / "main.js").is_symlink(), False, "the link is replaced")
    expect(sha256(place / "app.wasm"), sha256(guest("chat")), "app.wasm")
    bundle("node", place / "app.wasm", place, "--force")  # its own input
    expect(sha256(place / "app.wasm"), sha256(guest("chat")), "app.wasm")
    (place / "run").unlink()
    (place / "run").mkdir()
    code, _, err = mocket("bundle", "--target", "node", guest("chat"), "-o", place, "--force")
    expect(code, 1, "a folder in the place of a file")
    expect_in(f"{place}/run: Is a directory", err, "message")
    (place / "run").rmdir()
    (folder / "elsewhere").mkdir()
    (place / "mocket").rename(folder / "moved")
    (place / "mocket").symlink_to(folder / "elsewhere")
    code, _, err = mocket("bundle", "--target", "node", guest("chat"), "-o", place, "--force")
    expect(code, 1, "a link in the place of a folder")
    expect_in(f"{place}/mocket: Not a directory", err, "message")
    expect(files(folder / "elsewhere"), {}, "files behind the link")
    expect(UNFINISHED in files(place), False, "leftovers")


@case
def a_command_that_was_killed_leaves_no_file_for_good(folder):
    place = folder / "out"
    place.mkdir()
    (place / UNFINISHED).write_text("half a file")
    bundle("node", guest("hello"), place)  # to begin with, the folder counts as empty
    expect(UNFINISHED in files(place), False, "leftovers")

    def killed():
        resource.setrlimit(resource.RLIMIT_FSIZE, (8000, 8000))  # SIGXFSZ ends the program in the middle of a file
    code, _, _ = mocket("bundle", "--target", "node", guest("chat"), "-o", place, "--force", preexec_fn=killed)
    expect(code, -signal.SIGXFSZ, "the signal")
    expect(UNFINISHED in files(place), True, "an unfinished file")
    bundle("node", guest("chat"), place, "--force")
    expect(UNFINISHED in files(place), False, "leftovers")
    expect(sha256(place / "app.wasm"), sha256(guest("chat")), "app.wasm")


@case
def one_command_at_a_time_writes_into_a_folder(folder):
    place = folder / "out"
    place.mkdir()
    busy = os.open(place, os.O_RDONLY)
    fcntl.flock(busy, fcntl.LOCK_EX)
    (place / UNFINISHED).write_text("of a command that runs")
    code, _, err = mocket("bundle", "--target", "node", guest("hello"), "-o", place)
    expect((code, list(files(place))), (1, [UNFINISHED]), "exit code and files")
    expect_in(f"{place}: another `mocket bundle` is writing into this folder", err, "message")
    os.close(busy)
    bundle("node", guest("hello"), place)


def broken_modules(folder):
    good = guest("hello").read_bytes()
    for name, content in (("text", b"#include <mocket.h>\n"), ("empty", b""), ("component", b"\0asm\x0d\0\1\0"),
                          ("version", b"\0asm\2\0\0\0"), ("nothing", b"\0asm\1\0\0\0"),
                          ("handle", good.replace(b"\x0dmocket_handle", b"\x0dmocket_handl3")),
                          ("memory", good.replace(b"\x06memory", b"\x06memor1")),
                          ("start", good.replace(b"\x0cmocket_start", b"\x0cmocket_sta1t")),
                          ("import", good.replace(b"\x06mocket\x06listen", b"\x06mocket\x06list3n"))):
        (folder / f"{name}.wasm").write_bytes(content)
        yield folder / f"{name}.wasm"


@case
def a_file_that_is_no_app_is_refused_in_the_words_of_serve(folder):
    has_host = "no wasm host" not in mocket("help", "serve")[1]
    said = set()
    for path in broken_modules(folder):
        code, out, err = mocket("bundle", "--target", "node", path, "-o", folder / "out")
        expect((code, out, (folder / "out").exists()), (1, "", False), path.name)
        why = err.removeprefix(f"mocket bundle: {path}: ")
        said.add(why)
        if has_host:
            code, _, err = mocket("serve", path, "--listen", "127.0.0.1:0")
            expect(code, 1, f"serve {path.name}")
            expect_in(why.strip(), err.replace("\\\\", "\\"), path.name)  # the log escapes its lines
    expect(len(said), 7, f"what was said: {said}")  # two are no modules, two have no such export
    for path in (folder, folder / "nowhere.wasm"):
        code, _, err = mocket("bundle", "--target", "node", path, "-o", folder / "out")
        expect(code, 1, path)
        expect_in(f"mocket bundle: {path}: ", err, "message")


@case
def a_module_cut_anywhere_does_no_harm(folder):
    good = guest("hello").read_bytes()
    for end in [*range(0, 600), *range(600, len(good), 997)]:
        (folder / "cut.wasm").write_bytes(good[:end])
        code, _, err = mocket("bundle", "--target", "node", folder / "cut.wasm", "-o", folder / "out", "--force")
        expect(code in (0, 1), True, f"{end} bytes: {code} {err}")


@case
def misuse_is_told(folder):
    app = str(guest("hello"))
    for words, piece in (([], "no module: give"), ([app], "--target TARGET"), ([app, "--target", "node"], "-o PATH"),
                         ([app, app, "--target", "node"], "only one module can be bundled"),
                         (["--target", "nodejs", app], "--target nodejs: node, deno, "),
                         (["--target", "nodejs", app], "did you mean `node`?"),
                         (["--target", "browser", app], "or fastly is needed"),
                         (["--target", ""], "is needed"), (["--targe", "node"], "did you mean `--target`?"),
                         ([app, "--target", "node", "-o", "a\nb"], "control character"),
                         ([app, "--target", "node", "-o", ""], "-o needs a value"),
                         ([app, "--target", "wasi-http", "--manifest", "spin", "-o", "a/spin.toml"],
                          "-o a/spin.toml has the name of the manifest"),
                         (["a\x1b[31m.wasm", "--target", "node", "-o", "x"], "control character")):
        code, out, err = mocket("bundle", *words, cwd=folder)
        expect((code, out), (2, ""), words)
        expect_in("mocket bundle: ", err, words)
        expect_in(piece, err, words)
    expect(list(folder.iterdir()), [], "files")
    manual = mocket("help", "bundle")[1]
    expect([line for line in manual.splitlines() if len(line) > 80], [], "lines of the manual above 80 columns")
    for target in TARGETS:
        expect_in(target, manual, "manual")


@case
def what_cannot_be_written_is_named(folder):
    app = guest("hello")
    for place, piece in ((folder / "no/such", "no/such: No such file"), (app, "Not a directory")):
        code, _, err = mocket("bundle", "--target", "node", app, "-o", place)
        expect(code, 1, place)
        expect_in(piece, err, place)

    def tiny_files():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))
    code, _, err = mocket("bundle", "--target", "node", app, "-o", folder / "full", preexec_fn=tiny_files)
    expect(code, 1, "no room")
    expect_in(": File too large", err, "no room")
    expect(UNFINISHED in files(folder / "full"), False, "leftovers")


@case
def a_folder_without_the_right_to_write(folder):
    (folder / "locked").mkdir(mode=0o555)
    folder.chmod(0o755)
    command = [support.MOCKET, "bundle", "--target", "node", guest("hello"), "-o", folder / "locked/out"]
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            raise Skip("root may write everywhere, and there is no setpriv")
        command = ["setpriv", "--reuid", "65534", "--clear-groups", *command]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if "setpriv" in done.stderr:
        raise Skip(f"another user cannot run it here: {done.stderr.strip()}")
    expect(done.returncode, 1, done.stderr)
    expect_in("locked/out: Permission denied", done.stderr, "message")


@case
def an_installation_bundles_without_its_checkout(folder):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS", "DESTDIR", "PREFIX", "MOCKET_"))}
    place = folder / "a place"
    done = subprocess.run(["make", "-C", ROOT, "install", f"PREFIX={place}"], capture_output=True, text=True, env=env)
    expect(done.returncode, 0, done.stderr)
    moved = folder / "moved"
    place.rename(moved)
    for target in TARGETS:
        code, out, err = mocket("bundle", "--target", target, guest("chat"), "-o", folder / target,
                                program=moved / "bin/mocket")
        expect((code, err), (0, ""), target)
        bundle(target, guest("chat"), folder / f"tree-{target}")
        expect({name: path.read_bytes() for name, path in files(folder / target).items()},
               {name: path.read_bytes() for name, path in files(folder / f"tree-{target}").items()}, target)
        expect(os.access(folder / target / "run", os.X_OK), True, "run is a program")
    shutil.rmtree(moved / "share/mocket/js")
    code, _, err = mocket("bundle", "--target", "node", guest("chat"), "-o", folder / "x", program=moved / "bin/mocket")
    expect(code, 1, "without the modules")
    expect_in("/share/mocket/js; MOCKET_HOME names a place", err, "message")
    env["MOCKET_HOME"] = str(ROOT)
    code, _, err = mocket("bundle", "--target", "node", guest("chat"), "-o", folder / "x",
                          program=moved / "bin/mocket", env=env)
    expect((code, err), (0, ""), "with MOCKET_HOME")


@case
def a_new_app_can_be_bundled(folder):
    if not (ROOT / "build/wasm/libmocket.a").exists():
        raise Skip("the guest library is not built")
    expect(mocket("new", "shop", cwd=folder)[0], 0, "new")
    expect(mocket("build", cwd=folder / "shop")[0], 0, "build")
    code, out, err = mocket("bundle", "--target", "node", "app.wasm", "-o", "dist", "--name", "shop",
                            cwd=folder / "shop")
    expect((code, err), (0, ""), "bundle")
    expect_in("dist: shop for Node", out, "what was said")
