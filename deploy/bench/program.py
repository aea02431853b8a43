"""The size of the program without its symbols, with the shared libraries that no package of Debian's has."""

import re
import subprocess
from pathlib import Path

from measuring import Aimed, Result, Table


def measure(build, sizes, folder, say):
    stripped = folder / "stripped"
    subprocess.run(["strip", "-o", stripped, build.console_billing], check=True)
    listed = subprocess.run(["ldd", build.console_billing], check=True, capture_output=True, text=True).stdout
    libraries = [Path(path) for path in re.findall(r"=> (/\S+)", listed)]
    brought = {path.name: path.stat().st_size for path in libraries if not _is_of_debian(path)}
    total = stripped.stat().st_size + sum(brought.values())
    largest = sorted(brought.items(), key=lambda item: item[1], reverse=True)[:5]
    others = sum(brought.values()) - sum(size for _, size in largest)
    rows = [
        ["program, stripped", stripped.stat().st_size / 1e6],
        *([name, size / 1e6] for name, size in largest),
        ["other libraries that it brings", others / 1e6],
        ["together", Aimed(total / 1e6, at_most=40)],
    ]
    return Result([Table("Size", ["", "MB"], rows)], brought)


def _is_of_debian(path):
    # The linker names /lib, which is a link to /usr/lib, where the packages have their files.
    names = {str(path), str(path.resolve()), "/usr" + str(path), str(path).removeprefix("/usr")}
    return any(subprocess.run(["dpkg", "-S", name], capture_output=True).returncode == 0 for name in names)
