"""Cases of tests/hostile/run: what guests are given (--dir, --env), and that they get nothing else."""
import concurrent.futures
import contextlib
import os
import pathlib
import shlex
import subprocess
import tempfile

from hosting import expect, refused, serving

OK, ACCES, BADF, FAULT, INVAL, ISDIR, LOOP, NAMETOOLONG = 0, 2, 8, 21, 28, 31, 32, 37
NOENT, NOTDIR, NOTEMPTY, NOTSUP, ROFS, NOTCAPABLE = 44, 54, 55, 58, 69, 76
MFILE, NFILE, PERM, XDEV = 33, 41, 63, 75


@contextlib.contextmanager
def folders():
    """A folder `ro` and a folder `rw` with the same in them, and a secret beside them."""
    with tempfile.TemporaryDirectory() as name:
        top = pathlib.Path(name)
        (top / "secret.txt").write_text("secret")
        for kind in ("ro", "rw"):
            base = top / kind
            (base / "sub").mkdir(parents=True)
            (base / "plain.txt").write_text("plain")
            (base / "sub/deep.txt").write_text("deep")
            for link, target in (("inside", "sub/deep.txt"), ("subdir", "sub"), ("out", "../secret.txt"),
                                 ("up", ".."), ("root", "/"), ("passwd", "/etc/passwd"), ("self", "/proc/self/root"),
                                 ("loop", "loop")):
                (base / link).symlink_to(target)
            os.mkfifo(base / "fifo")
            with contextlib.suppress(OSError):  # only root may
                os.mknod(base / "device", 0o020666, os.makedev(1, 5))
        yield top


def granted(test, top, *options, **more):
    return serving(test, test.guests.get("files"), "--timeout", "5s", "--dir", f"{top}/ro::/site", "--dir",
                   f"{top}/rw::/data:rw", *options, **more)


def slow_disk(folder):
    """The environment of a host whose opens and renames take a while, so that something can happen just before them."""
    library = folder / "slow_disk.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, pathlib.Path(__file__).parent / "slow_disk.c"], check=True)
    asan = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"  # the sanitizer may come behind it
    return {"LD_PRELOAD": os.fspath(library), "ASAN_OPTIONS": asan}


@contextlib.contextmanager
def limited(test, folder, descriptors):
    """The host's program, which may have so many descriptors."""
    script = folder / "limited"
    script.write_text(f'#!/bin/sh\nulimit -n {descriptors}\nexec {shlex.quote(str(test.program))} "$@"\n')
    script.chmod(0o755)
    yield script
    script.unlink()


# target; answer
READING = [
    ("/read/3/plain.txt", f"{OK} plain"),
    ("/read/3/sub/deep.txt", f"{OK} deep"),
    ("/read/3/sub/../plain.txt", f"{OK} plain"),
    ("/read/3/./sub//deep.txt", f"{OK} deep"),
    ("/read/3/inside", f"{OK} deep"),
    ("/read/3/subdir/deep.txt", f"{OK} deep"),
    ("/nofollow/3/inside", f"{LOOP}"),
    ("/read/3/nothing", f"{NOENT}"),
    ("/read/3/sub", f"{ISDIR}"),
    ("/read/3/plain.txt/x", f"{NOTDIR}"),
    # out of the folder:
    ("/read/3/../secret.txt", f"{NOTCAPABLE}"),
    ("/read/3/sub/../../secret.txt", f"{NOTCAPABLE}"),
    ("/read/3//etc/passwd", f"{NOTCAPABLE}"),
    ("/read/3/out", f"{NOTCAPABLE}"),
    ("/read/3/up/secret.txt", f"{NOTCAPABLE}"),
    ("/read/3/root/etc/passwd", f"{NOTCAPABLE}"),
    ("/read/3/passwd", f"{NOTCAPABLE}"),
    ("/read/3/self/etc/passwd", f"{NOTCAPABLE}"),
    ("/read/3/up/ro/plain.txt", f"{NOTCAPABLE}"),
    ("/stat/3/../secret.txt", f"{NOTCAPABLE}"),
    ("/stat/3/up/secret.txt", f"{NOTCAPABLE}"),
    ("/list/3/..", f"{NOTCAPABLE}"),
    ("/list/3/up", f"{NOTCAPABLE}"),
    ("/readlink/3/passwd", f"{NOTCAPABLE}"),
    ("/readlink/3/up/ro/inside", f"{NOTCAPABLE}"),
    # what is no file:
    ("/read/3/fifo", f"{ACCES}"),
    ("/read/3/loop", f"{LOOP}"),
    ("/stat/3/fifo", f"{OK} 0 0"),
    ("/stat/3/plain.txt", f"{OK} 4 5"),
    ("/stat/3/inside", f"{OK} 7 12"),
    ("/readlink/3/inside", f"{OK} sub/deep.txt"),
    ("/readlink/3/plain.txt", f"{INVAL}"),
    ("/list/3/sub", f"{OK} . .. deep.txt"),
    ("/list/3/plain.txt", f"{NOTDIR}"),
    # other descriptors:
    ("/read/5/plain.txt", f"{BADF}"),
    ("/read/0/plain.txt", f"{NOTDIR}"),
    ("/libc/0//site/plain.txt", "plain -"),
    ("/libc/0//nowhere", "- -"),
]

# Writing where only reading was granted.
REFUSED = [
    ("/write/3/plain.txt", f"{ROFS}"),
    ("/write/3/new.txt", f"{ROFS}"),
    ("/mkdir/3/new", f"{ROFS}"),
    ("/rmdir/3/sub", f"{ROFS}"),
    ("/unlink/3/plain.txt", f"{ROFS}"),
    ("/rename/3/plain.txt:other.txt", f"{ROFS}"),
    ("/links/3/new", f"{NOTCAPABLE} {NOTCAPABLE}"),
]

# In this order.
WRITING = [
    ("/write/4/new.txt", f"{OK}"),
    ("/read/4/new.txt", f"{OK} written"),
    ("/rename/4/new.txt:sub/moved.txt", f"{OK}"),
    ("/read/4/sub/moved.txt", f"{OK} written"),
    ("/unlink/4/sub/moved.txt", f"{OK}"),
    ("/unlink/4/plain.txt/", f"{NOTDIR}"),
    ("/mkdir/4/new/", f"{OK}"),
    ("/rename/4/new/:newer/", f"{OK}"),
    ("/rename/4/newer:sub/newer", f"{XDEV}"),  # a folder stays in its parent, whatever links it holds
    ("/rmdir/4/newer", f"{OK}"),
    ("/rename/4/inside:inner", f"{PERM}"),  # a link is not renamed
    ("/rename/4/out:sub/out", f"{PERM}"),
    ("/rmdir/4/sub", f"{NOTEMPTY}"),
    ("/write/4/inside", f"{OK}"),
    ("/read/4/sub/deep.txt", f"{OK} written"),
    ("/links/4/new", f"{NOTCAPABLE} {NOTCAPABLE}"),
    ("/unlink/4/out", f"{OK}"),  # the link, not what it names
    # out of the folder:
    ("/write/4/../new.txt", f"{NOTCAPABLE}"),
    ("/write/4/up/new.txt", f"{NOTCAPABLE}"),
    ("/write/4/root/tmp/mocket-hostile", f"{NOTCAPABLE}"),
    ("/mkdir/4/up/new", f"{NOTCAPABLE}"),
    ("/mkdir/4/..", f"{INVAL}"),
    ("/unlink/4/up/secret.txt", f"{NOTCAPABLE}"),
    ("/unlink/4/../secret.txt", f"{NOTCAPABLE}"),
    ("/rmdir/4/../ro", f"{NOTCAPABLE}"),
    ("/rename/4/plain.txt:../stolen.txt", f"{NOTCAPABLE}"),
    ("/rename/4/up/secret.txt:stolen.txt", f"{NOTCAPABLE}"),
    ("/write/4/fifo", f"{ACCES}"),
]

ABUSE = (f"{OK} {OK} {FAULT} {FAULT} {FAULT} {FAULT} {INVAL} 1 {INVAL} {INVAL} {INVAL} {INVAL} {NOTDIR} {INVAL} "
         f"{FAULT} {INVAL} {ISDIR} {BADF} {BADF} {FAULT} {NAMETOOLONG} {INVAL} {NOENT} {INVAL} {NOTDIR} {NOTSUP} "
         f"{OK} {BADF}")


def table(rows):
    def case(test):
        with folders() as top, granted(test, top) as host:
            for target, answer in rows:
                host.want(target, 200, answer)
            expect((top / "secret.txt").read_text() == "secret", "the secret has changed")
            expect(sorted(p.name for p in top.iterdir()) == ["ro", "rw", "secret.txt"], "something beside them")
    return case


def devices(test):
    with folders() as top, granted(test, top) as host:
        if (top / "ro/device").exists():
            host.want("/read/3/device", 200, f"{ACCES}")


def abuse(test):
    with folders() as top, granted(test, top) as host:
        host.want("/abuse/4/abused.txt", 200, ABUSE)
        host.want("/read/3/plain.txt", 200, f"{OK} plain")


def exhaust(test):
    with folders() as top, granted(test, top) as host:
        for _ in range(3):
            host.want("/exhaust/3/plain.txt", 200, f"1 {MFILE} {OK}")


def few_descriptors(test):
    """Files have a share of what the process may have; a listing is one of them while it lasts."""
    with folders() as top, limited(test, top, 200) as program, granted(test, top, program=program) as host:
        expect("files instead of 4096" in host.text(), host.text())
        for _ in range(3):
            host.want("/full/3/plain.txt", 200, f"1 {NFILE} {NFILE} {OK} {OK}")
            host.want("/list/3/sub", 200, f"{OK} . .. deep.txt")


def shared_listing(test):
    """Workers that list the same granted folder at once: each has a position of its own."""
    with folders() as top, granted(test, top, "--workers", "2") as host:
        names = sorted([".", "..", *(p.name for p in (top / "ro").iterdir())])
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = set(pool.map(lambda _: host.get("/list/3/")[1], range(400)))
        expect(answers == {f"{OK} {' '.join(names)}"}, str(answers))


def race(host, top, sides):
    """Two sides at once, each in both workers."""
    (top / "rw/race/folder").mkdir(parents=True)
    os.mkfifo(top / "rw/race/fifo")
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        tasks = [pool.submit(host.get, f"/{side}/4/race") for _ in range(5) for side in sides]
        answers = {task.result()[1] for task in tasks}
    expect(answers == {"0"}, str(answers))


def raced_renames(test):
    """One worker moves a file to another folder while the next one puts a folder in the file's place: a folder,
    and the links in it, never leaves its parent."""
    with folders() as top, granted(test, top, "--workers", "2", env=slow_disk(top)) as host:
        race(host, top, ("move", "swap"))
        expect((top / "rw/race/folder").is_dir(), "the folder has left its parent")


def raced_opens(test):
    """One worker opens a file while the next one puts a fifo in the file's place: the fifo is never opened."""
    with folders() as top, granted(test, top, "--workers", "2", env=slow_disk(top)) as host:
        race(host, top, ("open", "fifo"))
        expect("a fifo was opened" not in host.text(), "a fifo was opened")


def none_granted(test):
    with serving(test, test.guests.get("files")) as host:
        host.want("/read/3/plain.txt", 200, f"{BADF}")
        host.want("/libc/0//etc/passwd", 200, "- -")


def environment(test):
    with folders() as top, granted(test, top, "--env", "GREETING=no", "--env", "GREETING=hello") as host:
        host.want("/libc/0//site/plain.txt", 200, "plain hello")


def missing_folder(test):
    refused(test, test.guests.get("files"), ["/nowhere/at/all: No such file"], "--dir", "/nowhere/at/all")


def fresh_instances(test):
    """An instance that ends gives its files back."""
    with folders() as top, granted(test, top, "--reuse", "none") as host:
        before = len(os.listdir(f"/proc/{host.process.pid}/fd"))
        for _ in range(20):
            host.want("/exhaust/3/plain.txt", 200, f"1 {MFILE} {OK}")
        after = len(os.listdir(f"/proc/{host.process.pid}/fd"))
        expect(after <= before + 2, f"{before} descriptors before, {after} after")


def cases():
    yield "files read", table(READING)
    yield "files refused", table(REFUSED)
    yield "files written", table(WRITING)
    yield "files devices", devices
    yield "files abuse", abuse
    yield "files exhaust", exhaust
    yield "files with few descriptors", few_descriptors
    yield "files listed by two workers", shared_listing
    yield "files renamed by two workers", raced_renames
    yield "files opened while renamed", raced_opens
    yield "files none", none_granted
    yield "files missing folder", missing_folder
    yield "files fresh instances", fresh_instances
    yield "environment", environment
