"""Measures, prints tables, and writes every number to `.build-bench/figures.json`.

`deploy/bench/run` builds and then starts this.
"""

import argparse
import dataclasses
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import group_commit
import growth
import ingest
import program
import sync
import usage
import verify
from measuring import ROOT, Build, Sizes
from servers import end_on_sigterm

PARTS = {
    "ingest": ingest.measure,
    "group-commit": group_commit.measure,
    "verify": verify.measure,
    "growth": growth.measure,
    "usage": usage.measure,
    "sync": sync.measure,
    "program": program.measure,
}
PLOTS = ROOT / "deploy/docs/growth"


def main():
    options = read_options()
    end_on_sigterm()
    build = Build(options.service)
    require_disk(build.folder)
    sizes = Sizes.small() if options.small else Sizes().largest() if options.largest else Sizes()
    if options.rounds:
        sizes = sizes.with_rounds(options.rounds)
    file = build.folder / ("figures-small.json" if options.small else "figures.json")
    found = []
    chosen = options.parts or [name for name in PARTS if name != "verify" or build.signature_peer.exists()]
    for name in (name for name in PARTS if name in chosen):
        started, load_average = time.time(), os.getloadavg()[0]
        print(f"== {name}", file=sys.stderr)
        with tempfile.TemporaryDirectory(prefix="work-", dir=build.folder) as folder:
            result = PARTS[name](build, sizes, Path(folder), say)
        # Each part says when and where it was measured: a run of one part leaves the others' figures.
        report = json.loads(file.read_text()) if file.exists() else {}
        report[name] = {
            "machine": machine(build) | {"load_average_before": load_average},
            "seconds": round(time.time() - started, 1),
            "tables": [table.json() for table in result.tables],
            "plots": [dataclasses.asdict(plot) for plot in result.plots],
            "details": result.details,
        }
        file.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
        # A small run must not replace the pictures in the documents.
        pictures = build.folder / "plots" if options.small else PLOTS
        for plot in result.plots:
            plot.write(pictures)
        found += result.tables
        if not options.markdown:
            print("\n" + "\n\n".join(table.text() for table in result.tables), flush=True)
    if options.markdown:
        print("\n\n".join([described(machine(build)), *(table.text(is_markdown=True) for table in found)]))
    if "verify" not in chosen and not options.parts:
        print(f"\nNot measured: verification, because {build.signature_peer.name} is not beside the executable.")
    if options.small:
        print("\nSmall run: it shows that everything works, not how fast it is.")


def read_options():
    parser = argparse.ArgumentParser(prog="deploy/bench/run")
    parser.add_argument("--service", required=True, help="the executable; SignaturePeer is beside it")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--small", action="store_true", help="a few seconds a part, to try it out")
    size.add_argument("--largest", action="store_true", help="ten times more data in one step more, which takes hours")
    parser.add_argument("--rounds", type=int, help="more make the medians steadier, on a busy machine")
    parser.add_argument("--markdown", action="store_true", help="print the tables in Markdown, at the end")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"any of {', '.join(PARTS)}; all if none")
    options = parser.parse_args()
    unknown = [part for part in options.parts if part not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]}")
    return options


def say(text):
    print(f"   {text}", file=sys.stderr, flush=True)


def described(values):
    return (
        f"Benchmark at {values['commit']}, {values['measured_at'][:10]}: {values['cores']} cores of {values['processor']}, "
        f"{values['memory_mib'] // 1024 + 1} GiB, Linux {values['kernel'].split('-')[0]}, {values['file_system']}."
    )


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
