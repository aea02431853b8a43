"""Measures what was built, prints a table, and writes every number to `.build-bench/figures.json`.

`deploy/bench/run` builds and then starts this.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import acknowledge
import group_commit
import replicas
import stored
import usage
import verify
from measuring import ROOT, Build, Sizes
from servers import end_on_sigterm

# Feed and memory come from one fill, so asking for either gives both.
PARTS = {
    "acknowledge": acknowledge.measure,
    "group-commit": group_commit.measure,
    "verify": verify.measure,
    "feed+memory": stored.measure,
    "replicas": replicas.measure,
    "usage": usage.measure,
}
SPELLINGS = {"feed": "feed+memory", "memory": "feed+memory"}


def main():
    options = read_options()
    end_on_sigterm()
    build = Build()
    require_disk(build.folder)
    chosen = {SPELLINGS.get(name, name) for name in options.parts} or set(PARTS)
    sizes = Sizes.small() if options.small else Sizes()
    file = build.folder / ("figures-small.json" if options.small else "figures.json")
    report = json.loads(file.read_text()) if file.exists() else {}
    for name in (name for name in PARTS if name in chosen):
        started, load_average = time.time(), os.getloadavg()[0]
        print(f"== {name}", file=sys.stderr)
        with tempfile.TemporaryDirectory(prefix="work-", dir=build.folder) as folder:
            figures, details = PARTS[name](build, sizes, Path(folder), say)
        # Each part says when and where it was measured: a run of one part leaves the others' figures.
        report[name] = {
            "machine": machine(build) | {"load_average_before": load_average},
            "seconds": round(time.time() - started, 1),
            "figures": [as_json(figure) for figure in figures],
            "details": details,
        }
        print_table(name, figures)
        file.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    if options.small:
        print("\nSmall run: it shows that everything works, not how fast it is.")


def read_options():
    parser = argparse.ArgumentParser(prog="deploy/bench/run")
    parser.add_argument("--small", action="store_true", help="a few seconds a part, to try it out")
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"any of {', '.join([*PARTS, *SPELLINGS])}; all if none"
    )
    options = parser.parse_args()
    unknown = [part for part in options.parts if part not in PARTS and part not in SPELLINGS]
    if unknown:
        parser.error(f"there is no part {unknown[0]}")
    return options


def say(text):
    print(f"   {text}", file=sys.stderr, flush=True)


def print_table(part, figures):
    width = max(len(figure.name) for figure in figures)
    print(f"\n{part}")
    for figure in figures:
        met = {True: "met", False: "MISSED", None: ""}[figure.is_met]
        line = f"  {figure.name:<{width}}  {shown(figure.value):>10} {figure.unit:<4} {figure.aim:<8} {met}"
        print(line.rstrip())
    sys.stdout.flush()


def shown(value):
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 100 else f"{value:.2f}"


def as_json(figure):
    line = {"name": figure.name, "value": round(figure.value, 4), "unit": figure.unit}
    if figure.aim:
        line |= {"aim": figure.aim, "met": figure.is_met}
    return line


def machine(build):
    return {
        "measured_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "commit": output(["git", "-C", str(ROOT), "describe", "--always", "--dirty"]),
        "processor": processor(),
        "cores": os.cpu_count(),
        "memory_mib": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20,
        "kernel": platform.release(),
        "file_system": file_system(build.folder),
    }


def processor():
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def file_system(folder):
    return output(["stat", "--file-system", "--format=%T", str(folder)])


def require_disk(folder):
    if file_system(folder) in ("tmpfs", "ramfs"):
        raise SystemExit(f"{folder} is in memory, where a sync costs nothing: check out on a disk")


def output(command):
    finished = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return finished.stdout.strip()


if __name__ == "__main__":
    main()
