"""Runs faults one after another, says a line of each, and writes the figures."""

import argparse
import json
import os
import random
import shutil
import signal
import sys
import time
import traceback
from pathlib import Path

from lab import BUILD, Lab
from subject import Failure, Skipped


def main(faults, description, name_of_figures):
    root = Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--service", default=root / ".build/debug/console-billing", help="the binary")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--short", action="store_true", help="a few minutes (the default)")
    length.add_argument("--long", action="store_true", help="200 kills, 500 cuts, and so on")
    parser.add_argument("--only", action="append", choices=faults, metavar="NAME", help=", ".join(faults))
    parser.add_argument("--seed", type=int, help="decides every random choice but the timing")
    parser.add_argument("--keep", action="store_true", help="leave the databases under .build-faults")
    options = parser.parse_args()

    # A SIGTERM leaves no services and mounts behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    seed = random.SystemRandom().randrange(1 << 30) if options.seed is None else options.seed
    lab = Lab("", options.long, seed)
    # A copy: a concurrent build must not change the program under test.
    lab.executable = shutil.copy(options.service, lab.root / "console-billing")
    print(f"{options.service}, {'long' if options.long else 'short'}, --seed {seed}\n", flush=True)
    print(f"{'FAULT':<20} {'ROUNDS':>6}  {'RESULT':<7} {'SECONDS':>7}  FIGURE", flush=True)

    results = []
    for name in options.only or faults:
        begun = time.monotonic()
        # Each from the seed alone, so that --only repeats what the whole run did.
        lab.dice = random.Random(f"{seed} {name}")
        try:
            rounds, figure, figures = faults[name](lab)
            result = "ok"
        except Skipped as why:
            rounds, figure, figures, result = 0, f"shows nothing here: {why}", {}, "SKIPPED"
        except Failure as failure:
            rounds, figure, figures, result = 0, str(failure), {}, "FAILED"
        except Exception:
            rounds, figure, figures, result = 0, traceback.format_exc(), {}, "FAILED"
        seconds = time.monotonic() - begun
        print(f"{name:<20} {rounds or '-':>6}  {result:<7} {seconds:>7.1f}  {figure}", flush=True)
        results.append(
            {"fault": name, "what": (faults[name].__doc__ or "").strip(), "rounds": rounds, "result": result,
             "figure": figure, "figures": figures, "seconds": round(seconds, 1)}
        )  # fmt: skip
    failed = sum(result["result"] == "FAILED" for result in results)
    skipped = sum(result["result"] == "SKIPPED" for result in results)
    report = {"service": str(options.service), "long": options.long, "seed": seed, "results": results}
    figures_at = os.path.relpath(BUILD / f"{name_of_figures}{'-long' if options.long else ''}.json")
    Path(figures_at).write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    if failed or options.keep:
        print(f"\nThe databases are left in {os.path.relpath(lab.root)}.")
    else:
        lab.tidy()
    # Once more at the end, where a log that was cut short still has it.
    for result in results:
        if result["result"] == "FAILED":
            print(f"\nFAILED {result['fault']}, --seed {seed}\n{result['figure']}")
    print(f"\n{len(results) - failed - skipped} passed, {failed} failed, {skipped} skipped; figures in {figures_at}")
    return 1 if failed else 0
