"""The files of the project: what git knows or would add; without git, everything outside build/."""
import pathlib
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent


def known_to_git():
    """Names, or None where there is no git, or this is no checkout of its own (a copy below another one, say)."""
    if not shutil.which("git") or not (ROOT / ".git").exists():
        return None
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    return listed.stdout.splitlines() if listed.returncode == 0 else None


def files(*suffixes):
    """Paths relative to ROOT, sorted; those that end in one of the suffixes, or all."""
    listed = known_to_git()
    if listed is not None:
        names = [pathlib.Path(name) for name in listed]
    else:
        names = [path.relative_to(ROOT) for path in ROOT.rglob("*")]
        names = [name for name in names if name.parts[0] not in ("build", ".git") and "__pycache__" not in name.parts]
    return sorted(name for name in set(names)
                  if (ROOT / name).is_file() and (not suffixes or name.suffix in suffixes))
