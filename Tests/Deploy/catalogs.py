"""The DocC catalogs build, and no link of theirs or of a documentation comment leads nowhere.

Symbols are read from the modules as they were built, which takes a second a module, not a second build.

Usage: catalogs.py --bin .build/debug [--output FOLDER]   FOLDER gets an archive of each module
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def tool(name):
    """A tool of the very toolchain that `swift` is of."""
    swift = pathlib.Path(subprocess.run(["which", "swift"], capture_output=True, text=True, check=True).stdout.strip())
    return swift.resolve().parent / name


def build_arguments(binaries, module):
    """Where the compiler was told that modules are, and for which machine."""
    plan = (binaries.parent.parent / f"{binaries.name}.yaml").read_text()
    at = re.search(rf'^  "C\.{module}-[^"]*\.module":', plan, re.MULTILINE)
    arguments = json.loads(re.search(r"^    args: (\[.*\])$", plan[at.start():], re.MULTILINE)[1])
    kept, words = [], iter(arguments)
    for word in words:
        if word in ("-I", "-target", "-sdk", "-Xcc"):
            kept += [word, next(words)]
        elif word.startswith("-I"):
            kept.append(word)
    return kept


def build(binaries, catalog, output):
    module = catalog.stem
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [tool("swift-symbolgraph-extract"), "-module-name", module, *build_arguments(binaries, module),
             "-minimum-access-level", "internal", "-skip-inherited-docs", "-output-dir", folder],
            check=True,
        )
        graph = json.loads((pathlib.Path(folder) / f"{module}.symbols.json").read_text())
        finished = subprocess.run(
            [tool("docc"), "convert", catalog, "--additional-symbol-graph-dir", folder, "--output-dir", output / module,
             "--fallback-display-name", module, "--fallback-bundle-identifier", f"console-billing.{module}",
             "--warnings-as-errors"],
            capture_output=True, text=True,
        )
        said = (finished.stdout + finished.stderr).strip()
        if finished.returncode != 0 or "warning:" in said:
            print(f"{module}:\n{said}")
            return None
        return len(graph["symbols"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, type=pathlib.Path, help="what `swift build --show-bin-path` says")
    parser.add_argument("--output", type=pathlib.Path, help="where the archives are to be (default: nowhere)")
    arguments = parser.parse_args()
    catalogs = sorted((ROOT / "Sources").glob("*/*.docc"))
    assert catalogs, "there are no catalogs"
    with tempfile.TemporaryDirectory() as folder:
        output = arguments.output or pathlib.Path(folder)
        output.mkdir(parents=True, exist_ok=True)
        symbols = {catalog.stem: build(arguments.bin.resolve(), catalog, output) for catalog in catalogs}
    broken = [module for module, count in symbols.items() if count is None]
    print(", ".join(f"{module}: {count} symbols" for module, count in symbols.items() if count is not None))
    if broken:
        print("broken: " + ", ".join(broken))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
