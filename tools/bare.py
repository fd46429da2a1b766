"""A tree with a bare Debian, which reaches packages as this machine does. It needs root and debootstrap."""
import pathlib
import shutil
import subprocess


def copy_into(folder, paths):
    for path in map(pathlib.Path, paths):
        target = folder / str(path.absolute()).lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            shutil.copytree(path, target, dirs_exist_ok=True)
        elif path.exists():
            shutil.copy(path, target)


def settings_of_this_machine(folder):
    """How packages are reached: apt's sources, keys and settings for downloads, names, certificate authorities."""
    apt = pathlib.Path("/etc/apt")
    sources = [path for path in (apt / "sources.list.d").glob("*") if path.suffix in (".list", ".sources")]
    if sources:
        (folder / "etc/apt/sources.list").unlink(missing_ok=True)
    copy_into(folder, [apt / "sources.list", *sources, apt / "keyrings", apt / "trusted.gpg.d", "/usr/share/keyrings",
                       "/etc/resolv.conf", "/etc/hosts", "/etc/ssl/certs/ca-certificates.crt"])
    dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True).stdout
    acquire = [line for line in dump.splitlines() if line.startswith("Acquire::")]
    (folder / "etc/apt/apt.conf.d/90fresh").write_text("\n".join(acquire) + "\n")


def mirror_of(suite):
    """The address from which this machine's apt fetches the suite; [] where it has none: debootstrap has a default."""
    form = "$(REPO_URI) $(RELEASE)"
    listed = subprocess.run(["apt-get", "indextargets", "--format", form], capture_output=True, text=True).stdout
    return [line.split()[0] for line in listed.splitlines() if line.endswith(f" {suite}")][:1]


def make_base(base, suite, say=print, packages=("ca-certificates", "sudo")):
    """A folder with a minimal Debian and these packages; it is made once."""
    if (base / "complete").exists():
        return
    say(f"debootstrap: a minimal {suite}")
    subprocess.run(["debootstrap", "--variant=minbase", f"--include={','.join(packages)}", suite, base,
                    *mirror_of(suite)], check=True, stdout=subprocess.DEVNULL)
    (base / "complete").touch()
