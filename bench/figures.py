"""The figures of a run. A table has one unit and rows of the same kind; a row keeps the value of each round. A table is
printed for people as soon as it is whole; `write` leaves all of a run as JSON, from which bench/report makes the page
and the plots."""
import datetime
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys

from server import ROOT


def number(value):
    """Three digits that matter, thousands apart."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


class Table:
    """Rows of one measurement. key: unique, names the plot's file. unit: of the values. rate: unit of the second figure
    of a row, "" when there is none."""

    def __init__(self, key, title, unit, rate="requests/s"):
        self.key, self.title, self.unit, self.rate, self.rows = key, title, unit, rate, []

    def add(self, name, values, rate=None, note="", base=None):
        """base: the row that this one is a multiple of; None: the first row. Names are unique."""
        assert all(row["name"] != name for row in self.rows), name
        self.rows.append({"name": name, "values": [float(value) for value in values], "rate": rate, "note": note,
                          "base": base or (self.rows[0]["name"] if self.rows else name)})

    def add_loads(self, results, prefix="", base=None):
        """results: {row: [(CPU per unit, units a second, share of requests that were refused), ...]}"""
        for name, rounds in results.items():
            cpus, rates, refused = zip(*rounds)
            share = statistics.median(refused)
            self.add(prefix + name, cpus, statistics.median(rates), f"{share:.0%} refused" if share else "", base)

    def values(self, name):
        return next((row["values"] for row in self.rows if row["name"] == name), [])

    def ratio(self, name, base):
        """The median of a row's rounds, each as a multiple of the same round of the base: the machine's speed changes
        from round to round. When one has more rounds: the medians' ratio. None: a row is missing, or the base is 0."""
        values, units = self.values(name), self.values(base)
        if not values or not units or not all(units):
            return None
        if len(values) == len(units):
            return statistics.median(value / unit for value, unit in zip(values, units))
        return statistics.median(values) / statistics.median(units)

    def exceeded(self, bounds):
        """bounds: (row, base row, factor): the most that a row may be, as a multiple of another. Faults in words."""
        for name, base, factor in bounds:
            ratio = self.ratio(name, base)
            if ratio is None:
                continue
            words = f"{name} is {ratio:.2f} x {base}; at most {factor:.2f} is allowed"
            print(words)
            if ratio > factor:
                yield f"{self.title}: {words}"

    def print(self):
        """Ratios are to the base of each row."""
        print(f"\n{self.title}\n{'':36}{self.unit:>18}{'range':>18}{'ratio':>8}{self.rate:>13}")
        for row in self.rows:
            values, ratio = row["values"], self.ratio(row["name"], row["base"])
            spread = f"{number(min(values))}-{number(max(values))}" if len(values) > 1 else ""
            rate = f"{row['rate']:13.0f}" if row["rate"] is not None else ""
            print(f"{row['name']:36}{number(statistics.median(values)):>18}{spread:>18}"
                  f"{f'{ratio:.2f}' if ratio else '-':>8}{rate}{'   ' + row['note'] if row['note'] else ''}",
                  flush=True)


def machine():
    """What the figures belong to."""
    cpuinfo = pathlib.Path("/proc/cpuinfo").read_text()
    model = next((line.split(":", 1)[1].strip() for line in cpuinfo.splitlines() if line.startswith("model name")), "")
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    return {"processor": model or platform.machine(), "processors": os.cpu_count(), "kernel": platform.release(),
            "load": round(os.getloadavg()[0], 2), "date": datetime.date.today().isoformat(),
            "commit": commit.stdout.strip() or "not a checkout"}


def write(path, tables, begun):
    """begun: machine() before the first round: the load of the measurement itself is none of the machine's."""
    command = " ".join([str(pathlib.Path(sys.argv[0]).resolve().relative_to(ROOT)), *sys.argv[1:]])
    text = json.dumps({"command": command, "machine": begun, "tables": [vars(table) for table in tables]}, indent=1)
    pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
    pathlib.Path(path).write_text(text + "\n")
