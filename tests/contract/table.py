"""The result of a run as a Markdown table, rows backends, columns sections of docs/contract.md, in a file that has a
place for it: between a line `<!-- made by tests/contract/run --table -->` and a line `<!-- end -->`."""

import collections
import hashlib
import re

# Column -> the files of cases in it. What is not named here is in the last column.
COLUMNS = {
    "routing": ["routing"], "middleware": ["middleware", "middlewares"], "request": ["request"],
    "response": ["response"], "cookies": ["cookies"], "CORS": ["cors"], "files": ["static"],
    "sockets": ["websocket"], "errors": ["errors"], "waiting": ["waiting"], "wire": ["wire"],
    "own limits": None,
}
PLACE = re.compile(r"(<!-- made by tests/contract/run --table -->\n).*?(<!-- end -->\n)", re.S)


def cell(counts):
    """`38` when all passed; `36 + 2 failed`; `35, 3 not` when three were left out, for a reason in tests/backends."""
    if not sum(counts.values()):
        return "-"
    failed = f" + {counts['failed']} failed" if counts["failed"] else ""
    return f"{counts['passed']}{failed}{', ' + str(counts['skipped']) + ' not' if counts['skipped'] else ''}"


def column_of(section):
    return next((name for name, files in COLUMNS.items() if files and section in files), "own limits")


def hash_of(build):
    """One hash for all apps of the contract: that of the text which `sha256sum *.wasm` prints in their folder."""
    apps = sorted(path for path in (build / "contract").glob("*.wasm"))
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in apps]
    return len(apps), hashlib.sha256("".join(lines).encode()).hexdigest()


def lines_of(counts, build):
    """counts: (backend, section) -> a Counter of passed, failed, skipped."""
    sums = {}
    for (backend, section), count in counts.items():
        row = sums.setdefault(backend, {name: collections.Counter() for name in COLUMNS})
        row[column_of(section)].update(count)
    number, whole = hash_of(build)
    yield f"| | {' | '.join(COLUMNS)} |\n|---{'|---' * len(COLUMNS)}|\n"
    for backend, row in sums.items():
        yield f"| {backend} | " + " | ".join(cell(row[name]) for name in COLUMNS) + " |\n"
    yield ("\nA cell counts the cases that passed. `not`: cases that were left out, for a reason in `tests/backends`. `-`: no\n"
           f"case for this host. The guests were the same {number} files on every host that runs wasm:\n"
           f"`cd build/contract && sha256sum *.wasm | sha256sum` printed\n`{whole}`.\n")


def write(path, counts, build):
    text = path.read_text()
    if not PLACE.search(text):
        raise ValueError(f"{path} has no place for the table")
    made = "\n" + "".join(lines_of(counts, build)) + "\n"
    path.write_text(PLACE.sub(lambda match: match[1] + made + match[2], text))
