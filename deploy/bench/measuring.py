"""Shared by the parts of the benchmark: where things are, how much is done, what a figure is."""

import dataclasses
import json
import os
import shutil
import statistics
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


class Build:
    """Where `run` puts what it builds."""

    folder = ROOT / ".build-bench"
    console_billing = ROOT / ".build-release/release/console-billing"
    signature_peer = ROOT / ".build-release/release/SignaturePeer"
    load = folder / "load"
    slow_sync = folder / "slow_sync.so"
    python = folder / "venv/bin/python"

    @property
    def nginx(self):
        unpacked = self.folder / "nginx/usr/sbin/nginx"
        return str(unpacked) if unpacked.exists() else shutil.which("nginx", path=_path_with_sbin())


@dataclasses.dataclass(frozen=True)
class Sizes:
    """How much is done; the small ones are to see that everything runs, not to be believed."""

    rounds: int = 5
    round_events: int = 40_000
    round_seconds: float = 6
    paced_rounds: int = 3
    paced_seconds: float = 10
    slow_rounds: int = 3
    slow_seconds: float = 5
    verify_rounds: int = 5
    few: int = 10_000
    many: int = 1_000_000
    batch: int = 100_000
    page_rounds: int = 7
    page_requests: int = 200
    own_leases: int = 10_000
    lease_days: int = 10_000_000

    @staticmethod
    def small():
        return Sizes(
            rounds=2,
            round_events=8_000,
            round_seconds=3,
            paced_rounds=1,
            paced_seconds=3,
            slow_rounds=1,
            slow_seconds=2,
            verify_rounds=2,
            many=40_000,
            batch=10_000,
            page_rounds=2,
            page_requests=100,
            own_leases=1_000,
            lease_days=200_000,
        )


@dataclasses.dataclass(frozen=True)
class Figure:
    """One line of the table."""

    name: str
    value: float
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None

    @property
    def aim(self):
        if self.at_least is not None:
            return f"≥ {self.at_least:g}"
        return f"≤ {self.at_most:g}" if self.at_most is not None else ""

    @property
    def is_met(self):
        if self.at_least is not None:
            return self.value >= self.at_least
        return self.value <= self.at_most if self.at_most is not None else None


def load(build, server, requests, seconds, **options):
    """Runs the load generator against a server, and says what came of it.

    Also what the server used for each request answered 2xx, of the processors and of the disk: other work
    on the machine disturbs that less than it does the rate.
    """
    command = [str(build.load), "--port", str(server.port), "--requests", str(requests)]
    command += ["--seconds", str(seconds)]
    for name, value in options.items():
        command += [f"--{name}"] if value is True else [f"--{name}", str(value)]
    before = server.usage()
    finished = subprocess.run(
        command, stdout=subprocess.PIPE, timeout=seconds + 120, check=True, text=True
    )
    result = json.loads(finished.stdout)
    seconds, written = (after - start for after, start in zip(server.usage(), before))
    answered = max(1, result["ok"])
    result |= {"cpu_us": round(seconds * 1e6 / answered, 1), "written_bytes": written // answered}
    return result


def expect_only_ok(server, results):
    """A benchmark of refusals would look splendid."""
    for result in results:
        if result["broken"] or result["ok"] != result["sent"]:
            raise SystemExit(f"{server.name} did not take every request: {json.dumps(result)}")


def median(results, name):
    return statistics.median(result[name] for result in results)


def _path_with_sbin():
    return os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin"
