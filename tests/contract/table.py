"""The result of a run as a Markdown table, rows backends, columns sections of docs/contract.md, in a file that has a
place for it: between a line `<!-- made by tests/contract/run --table -->` and a line `<!-- end -->`."""

import collections
import hashlib
import pathlib
import re

# Column -> the files of cases in it. What is not named here is in the last column.
COLUMNS = {
    "routing": ["routing"], "middleware": ["middleware", "middlewares"], "request": ["request"],
    "response": ["response"], "cookies": ["cookies"], "CORS": ["cors"], "files": ["static"],
    "sockets": ["websocket"], "errors": ["errors"], "waiting": ["waiting"], "wire": ["wire"],
    "own limits": None,
}
LEGEND = """
A cell counts the cases that passed. `not`: cases that were left out, for a reason in `tests/backends`. `-`: no case for
this host. `guests` names the guests' bytes: the beginning of what `cd build/contract && sha256sum *.wasm | sha256sum`
prints.

"""
ROW = re.compile(r"^(?=\| ([a-z0-9@.-]+) \|)(.*\n)", re.M)
PLACE = re.compile(r"(<!-- made by tests/contract/run --table -->\n).*?(<!-- end -->\n)", re.S)


def cell(counts):
    """`38` when all passed; `36 + 2 failed`; `35, 3 not` when three were left out, for a reason in tests/backends."""
    if not sum(counts.values()):
        return "-"
    failed = f" + {counts['failed']} failed" if counts["failed"] else ""
    return f"{counts['passed']}{failed}{', ' + str(counts['skipped']) + ' not' if counts['skipped'] else ''}"


def column_of(section):
    return next((name for name, files in COLUMNS.items() if files and section in files), "own limits")


def hash_of(row, build):
    """What names the guests of a row: of the text that `sha256sum *.wasm` prints in their folder. `-`: it has none."""
    if not row.module:
        return "-"
    pattern = pathlib.Path(row.module.format(build=build, app="*"))
    paths = sorted(pattern.parent.glob(pattern.name))
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in paths]
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:12]


def rows_in(text):
    """Name -> line, of a table that was made before."""
    return dict(ROW.findall(text))


def rows_of(counts, backends, build):
    """Name -> line. counts: (backend, section) -> a Counter of passed, failed, skipped."""
    sums = {}
    for (backend, section), count in counts.items():
        row = sums.setdefault(backend, {name: collections.Counter() for name in COLUMNS})
        row[column_of(section)].update(count)
    return {name: f"| {name} | {hash_of(backends[name], build)} | {' | '.join(cell(row[c]) for c in COLUMNS)} |\n"
            for name, row in sums.items()}


def has_place(path):
    return path.is_file() and bool(PLACE.search(path.read_text()))


def write(path, counts, backends, build):
    """Rows of backends that this run left out stay as they are."""
    text = path.read_text()
    place = PLACE.search(text)
    rows = {**rows_in(place[0]), **rows_of(counts, backends, build)}
    head = f"\n| | guests | {' | '.join(COLUMNS)} |\n|---|---{'|---' * len(COLUMNS)}|\n"
    made = head + "".join(rows[name] for name in backends if name in rows) + LEGEND
    path.write_text(text.replace(place[0], place[1] + made + place[2]))
