"""What a newcomer does to every verb: words and files that it does not expect, outputs that cannot be written."""
import os
import resource
import shutil
import signal
import subprocess

from command import MOCKET, VERBS, app, case, example, mocket, need_host, need_wasm
from suite import Skip, expect, expect_in


def raw(*words, cwd=None, env=None, preexec=None, stdout=subprocess.PIPE, timeout=120):
    """As mocket(), for words that are bytes, and for processes that begin in another state."""
    return subprocess.run([os.fsencode(MOCKET), *map(os.fsencode, words)], cwd=cwd, stdin=subprocess.DEVNULL,
                          env={**os.environ, **(env or {})}, preexec_fn=preexec, stdout=stdout, stderr=subprocess.PIPE,
                          timeout=timeout)


def expect_refused(done, verb, what):
    """An exit code of the command's own, and a message that a terminal can show."""
    expect(done.returncode in (1, 2), True, f"{what}: exit code {done.returncode}: {done.stderr[:300]}")
    expect(done.stderr.startswith(b"mocket"), True, f"{what}: {done.stderr[:300]}")
    expect([c for c in done.stderr.decode() if c != "\n" and not c.isprintable()], [], f"{what}: {done.stderr[:300]}")
    expect(b"mocket: there is no verb" in done.stderr, False, what)


@case
def odd_words_are_refused_with_escapes(folder):
    need_host()
    for verb in VERBS:
        for word in ("", b"a\xff\x1b[31mb\x7f\xc2\x9b", "x" * 100_000, "nothing\nhere", "--", "-", "--=", "-=",
                     "--no-such-option=\x1b", "-\x01"):
            if verb in ("help", "version") and word == "--":
                continue # it is only the end of the options
            done = raw(verb, word, cwd=folder)
            if done.returncode != 2 or verb == "help":
                expect(done.returncode in (1, 2), True, f"{verb} {word!r}: {done.returncode}")
            expect(b"\x1b" in done.stderr or b"\xff" in done.stderr, False, f"{verb} {word!r}: {done.stderr[:200]}")
            done.stderr.decode()
            if verb != "help":
                expect_refused(done, verb, f"{verb} {word[:40]!r}")
    done = raw(b"ver\x1b[2Jb")
    expect((done.returncode, done.stderr.split(b";")[0]), (2, b"mocket: there is no verb `ver\\x1b[2Jb`"), "a verb")
    expect_in("word 1 is empty", mocket("inspect", "")[2], "an empty word")
    expect(list(folder.iterdir()), [], "what was made")


@case
def files_that_are_no_modules_are_named(folder):
    need_host()
    (folder / "folder").mkdir()
    (folder / "text.wasm").write_text("<html>")
    (folder / "empty.wasm").touch()
    module = example("routes").read_bytes()
    (folder / "cut.wasm").write_bytes(module[:len(module) // 2])
    with open(folder / "huge.wasm", "wb") as huge:
        huge.truncate(3 << 30)
    names = ["folder", "text.wasm", "empty.wasm", "cut.wasm", "huge.wasm", "missing.wasm", "text.wasm/x", "n" * 300]
    (folder / "locked.wasm").write_bytes(module)
    (folder / "locked.wasm").chmod(0)
    if os.geteuid() != 0: # who may read it all the same
        names.append("locked.wasm")
    (folder / "loop.wasm").symlink_to("loop.wasm")
    names.append("loop.wasm")

    def limit(): # a file of 3 GiB is refused before it is read
        resource.setrlimit(resource.RLIMIT_DATA, (1 << 29, 1 << 29))

    for words in (["serve", "--listen", "127.0.0.1:0"], ["fetch", "GET", "/"], ["routes"], ["inspect"],
                  ["bundle", "--target", "node", "-o", "out"], ["bundle", "--target", "cgi", "-o", "out.wasm"]):
        for name in names:
            where = 1 if words[0] == "fetch" else len(words)
            done = raw(*words[:where], name, *words[where:], cwd=folder,
                       preexec=limit if words[0] in ("inspect", "bundle") else None) # the engine maps more
            what = f"{words[0]} {name[:40]}"
            expect_refused(done, words[0], what)
            expect(done.returncode, 1, f"{what}: {done.stderr}")
            expect_in(name.encode(), done.stderr, what)
            expect(b"out of memory" in done.stderr, False, what)
    expect(sorted(path.name for path in folder.iterdir() if path.name.startswith("out")), [], "what was made")


@case
def a_command_never_writes_over_its_app(folder):
    need_host()
    module = example("routes").read_bytes()
    (folder / "app.wasm").write_bytes(module)
    (folder / "link.wasm").symlink_to("app.wasm")
    for words, code in ((["bundle", "--target", "cgi", "app.wasm", "-o", "app.wasm"], 1),
                        (["bundle", "--target", "wasi-http", "app.wasm", "-o", "./app.wasm", "--force"], 1),
                        (["bundle", "--target", "wasi-server", "app.wasm", "-o", "link.wasm"], 1),
                        (["fetch", "app.wasm", "/", "-o", "app.wasm"], 2), (["fetch", "/", "-o", "link.wasm"], 2)):
        done = mocket(*words, cwd=folder)
        expect((done[0], done[1]), (code, ""), f"{words}: {done[2]}")
        expect_in("the app itself; choose another file", done[2], words)
        expect((folder / "app.wasm").read_bytes() == module, True, f"{words}: the app")


@case
def a_closed_output_is_a_failure_and_a_reader_that_left_is_none(folder):
    for words in (["help"], ["version"], ["help", "--man"], ["help", "--completions", "zsh"]):
        done = raw(*words, preexec=lambda: os.close(1), stdout=None)
        refused = f"mocket {words[0]}: standard output: Bad file descriptor\n".encode()
        expect((done.returncode, done.stderr), (1, refused), words)
    need_host()
    app = example("routes")
    verbs = [["help"], ["version"], ["inspect", app], ["routes", app], ["fetch", app, "/hello"]]
    for words in verbs:
        out, into = os.pipe()
        os.close(out)
        done = raw(*words, stdout=into)
        os.close(into)
        expect((done.returncode, done.stderr), (-signal.SIGPIPE, b""), f"{words[0]} | head -1")
    for close in ((0,), (0, 1, 2), (2,)):
        done = subprocess.run([MOCKET, "fetch", app, "/hello", "-o", folder / "out"], timeout=120,
                              preexec_fn=lambda: [os.close(fd) for fd in close])
        expect((done.returncode, (folder / "out").read_text()), (0, example_answer()), f"without {close}")
        (folder / "out").unlink()


def example_answer():
    return mocket("fetch", example("routes"), "/hello")[1]


@case
def a_full_disk_is_named_and_leaves_the_old_file(folder):
    if os.geteuid() != 0:
        raise Skip("only root mounts a small file system")
    disk = folder / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "small", disk], capture_output=True).returncode != 0:
        raise Skip("this machine lets no file system be mounted")
    try:
        need_host()
        (disk / "old.wasm").write_text("old")
        module = example("routes")
        (folder / "big").write_bytes(bytes(100_000))
        left = b"No space left on device"
        for words in (["bundle", "--target", "cgi", module, "-o", "old.wasm"],
                      ["bundle", "--target", "node", module, "-o", "node"], ["new", "shop"],
                      ["fetch", module, "/echo", "-d", f"@{folder / 'big'}", "-o", "answer"],
                      ["build", folder / "app.c", "-o", "old.wasm"]):
            if words[0] == "build":
                need_wasm()
                app(folder)
            done = raw(*words, cwd=disk)
            expect(done.returncode, 1, f"{words}: {done.stderr}")
            expect_in(left, done.stderr, words)
            expect((disk / "old.wasm").read_text(), "old", f"{words}: the old file")
            for path in disk.iterdir():
                if path.name != "old.wasm":
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
        done = raw("fetch", module, "/hello", env={"XDG_CACHE_HOME": str(disk)})
        expect(done.returncode, 0, f"a cache that is full: {done.stderr}")
    finally:
        subprocess.run(["umount", "-l", disk], check=False)


@case
def no_home_and_a_folder_that_cannot_be_written(folder):
    need_host()
    app = example("routes")
    bare = {"PATH": os.environ["PATH"]}
    done = subprocess.run([MOCKET, "fetch", app, "/hello"], env=bare, capture_output=True, timeout=120)
    expect((done.returncode, done.stderr), (0, b""), "without HOME")
    for home in ("", "relative", "/dev/null", "/proc/1/no"):
        done = subprocess.run([MOCKET, "fetch", app, "/hello"], env={**bare, "HOME": home}, capture_output=True,
                              timeout=120)
        expect(done.returncode, 0, f"HOME={home}: {done.stderr}")
    for words in (["new", "shop"], ["bundle", "--target", "node", app, "-o", "out"],
                  ["bundle", "--target", "cgi", app, "-o", "out.wasm"]):
        done = raw(*words, cwd="/proc/sys") # nothing can be made here, by root neither
        expect_refused(done, words[0], words)
    expect(raw("fetch", app, "/hello", "-o", "out", cwd="/proc/sys").returncode, 1, "fetch -o")


@case
def a_folder_of_an_app_in_c_is_told_from_one_in_moonbit(folder):
    need_wasm()
    mocket("new", "shop", cwd=folder)
    expect(mocket("build", "shop", cwd=folder),
           (1, "", "mocket build: shop: an app in C: run `mocket build` in that folder\n"), "build shop")
