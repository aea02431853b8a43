"""512 MiB for a process, and no more: by a control group where the machine permits one, else by its address space.

A control group counts what a process really has. The address space counts what it has only reserved as well (malloc's
arenas, stacks, the program's file), so that what the service reserves when it stands idle is measured and allowed on top.
"""

import contextlib
import os
import re
import resource
import subprocess
import sys
from pathlib import Path
from typing import Callable, NamedTuple

from subject import Skipped

MIB = 1 << 20
LIMIT = 512 * MIB
#: glibc reserves 64 MiB of addresses for each arena, and makes one for nearly every thread.
FEW_ARENAS = {"MALLOC_ARENA_MAX": "2"}


class Limit(NamedTuple):
    name: str
    #: Called in the new process before it becomes the service.
    prepare: Callable
    environment: dict


def status(process, field):
    """A size in /proc/PID/status, in bytes; 0 when the process is gone."""
    with contextlib.suppress(OSError, TypeError):
        return int(re.search(rf"{field}:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())[1]) * 1024
    return 0


@contextlib.contextmanager
def limited(idle):
    """`idle` starts the service without a limit and gives what it reserves. Raises Skipped where nothing holds."""
    with contextlib.ExitStack() as stack:
        limit = control_group(stack) or address_space(idle)
        # A control: what wants twice as much must not get it.
        greedy = [sys.executable, "-c", f"b'x' * {2 * LIMIT}"]
        held = subprocess.run(greedy, preexec_fn=limit.prepare, stderr=subprocess.DEVNULL).returncode
        if not held:
            raise Skipped(f"{limit.name} does not hold here: a process got {2 * LIMIT // MIB} MiB")
        yield limit


def control_group(stack):
    """A group of version 2 beside all others; None where that is not to be had."""
    root = Path("/sys/fs/cgroup")
    folder = root / f"console-billing-hostile-{os.getpid()}"
    try:
        if "memory" not in (root / "cgroup.subtree_control").read_text().split():
            return None
        folder.mkdir()
        stack.callback(folder.rmdir)
        (folder / "memory.max").write_text(str(LIMIT))
        (folder / "memory.swap.max").write_text("0")
    except OSError:
        return None
    return Limit("a control group of 512 MiB", lambda: (folder / "cgroup.procs").write_text("0"), {})


def address_space(idle):
    reserved = idle(FEW_ARENAS)
    most = LIMIT + reserved
    name = f"an address space of 512 MiB and the {reserved // MIB} MiB that it reserves when idle"
    return Limit(name, lambda: resource.setrlimit(resource.RLIMIT_AS, (most, most)), FEW_ARENAS)
