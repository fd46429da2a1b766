"""The files of the project: what git knows or would add; without git, everything outside build/."""
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent


def files(*suffixes):
    """Paths relative to ROOT, sorted; those that end in one of the suffixes, or all."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode == 0:
        names = [pathlib.Path(name) for name in listed.stdout.splitlines()]
    else:
        names = [path.relative_to(ROOT) for path in ROOT.rglob("*")]
        names = [name for name in names if name.parts[0] not in ("build", ".git")]
    return sorted(name for name in set(names)
                  if (ROOT / name).is_file() and (not suffixes or name.suffix in suffixes))
