"""The list of dependencies names all there are, each with a licence and a reason, and the SBOM is one by its schema."""

import json
import pathlib
import re
import subprocess
import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

ROOT = pathlib.Path(__file__).parents[2]


def rows(text):
    cells = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", text, re.MULTILINE)
    return {name: rest for name, *rest in cells if rest[0] not in ("Licence", "---")}


def main():
    listed = rows((ROOT / "deploy/DEPENDENCIES.md").read_text())
    for name, (licence, reason) in listed.items():
        assert licence.strip() and len(reason) > 10, name
    package = (ROOT / "Package.swift").read_text()
    needed = {match.lower() for match in re.findall(r"https://github\.com/[^/]+/([^\"]+)\.git", package)}
    known = {name.lower() for name in listed}
    assert needed <= known, f"without a reason: {needed - known}"
    shell = (ROOT / "deploy/lib/packages.sh").read_text()
    built_with = set(re.search(r"build_packages=\(([^)]*)\)", shell).group(1).split())
    assert built_with <= known, f"without a reason: {built_with - known}"
    gone = known - needed - built_with
    assert not gone, f"no longer needed: {gone}"

    document = subprocess.run([ROOT / "deploy/sbom"], capture_output=True, text=True, check=True).stdout
    fault = JsonStrictValidator(SchemaVersion.V1_5).validate_str(document)
    assert fault is None, fault
    bom = json.loads(document)
    names = {component["name"] for component in bom["components"]}
    assert needed <= names, needed - names
    referred = {ref for entry in bom["dependencies"] for ref in [entry["ref"], *entry["dependsOn"]]}
    assert referred <= {c["bom-ref"] for c in bom["components"]} | {bom["metadata"]["component"]["bom-ref"]}
    print(f"{len(needed)} packages and {len(built_with)} libraries, each with a reason; {len(names)} in the SBOM")
    return 0


if __name__ == "__main__":
    sys.exit(main())
