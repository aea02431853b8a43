#!/usr/bin/env python3
"""Builds the image of deploy/Dockerfile with buildah, and runs it with podman as it is meant to be run: on a read-only
root, without capabilities, as the user `nobody`.

    Tests/Deploy/image.py               needs root, a few GB under .build-image, and the time of a release build

Only what images start from is not pulled but made here, so that no registry of images is needed: `debian:bookworm-slim`
by debootstrap from Debian's packages, `swift:…` as that and the toolchain of this machine.
"""

import contextlib
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "Tests/Peers"))
import service as peers  # noqa: E402

PLACE = ROOT / ".build-image"
DOCKERFILE = ROOT / "deploy/Dockerfile"
IMAGE = "localhost/console-billing"
STORAGE = ["--root", PLACE / "storage", "--runroot", PLACE / "run"]
# This machine's network, for packages and because nothing else is there; no cgroups, for the machine may have old ones.
ENGINE = '[containers]\ncgroups = "disabled"\ndefault_ulimits = []\n[engine]\nevents_logger = "none"\n'
ENVIRONMENT = os.environ | {
    "STORAGE_DRIVER": "vfs",
    "BUILDAH_ISOLATION": "chroot",
    "CONTAINERS_CONF": str(PLACE / "containers.conf"),
}
# The programs that the toolchain calls, as the packages of Debian's that Swift's own image has.
TOOLCHAIN_NEEDS = (
    "binutils git gnupg libc6-dev libcurl4 libedit2 libgcc-12-dev libncurses6 libpython3.11 libsqlite3-0 libstdc++-12-dev "
    "libxml2 libz3-4 tzdata zlib1g-dev"
)


def call(*command, **options):
    done = subprocess.run(command, env=ENVIRONMENT, **options)
    if done.returncode:
        output = done.stderr or ""
        raise SystemExit(f"{command[0]} ended with {done.returncode}: {output if isinstance(output, str) else output.decode()}")
    return done


def said(*command):
    return call(*command, capture_output=True, text=True).stdout.strip()


def buildah(*arguments):
    return said("buildah", *STORAGE, *arguments)


def bases():
    """-> names of the images that the Dockerfile starts from, the last being what runs."""
    return re.findall(r"^FROM (\S+)", DOCKERFILE.read_text(), re.MULTILINE)


def make_debian(name):
    root = PLACE / "debian"
    if not root.exists():
        release = re.search(r"debian:(\w+)-slim", name)[1]
        unfinished = PLACE / "debian.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        call("debootstrap", "--variant=minbase", release, unfinished, stdout=subprocess.DEVNULL)
        unfinished.rename(root)
    container = buildah("from", "scratch")
    buildah("add", "-q", container, root, "/")
    buildah("config", "--env", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", container)
    buildah("commit", "-q", "--rm", container, f"docker.io/library/{name}")


def toolchain():
    """-> the folder that holds the toolchain of this machine, usr/bin in it."""
    return pathlib.Path(shutil.which("swift")).resolve().parents[2]


def make_swift(name, debian):
    recipe = PLACE / "swift.Dockerfile"
    recipe.write_text(
        f"FROM docker.io/library/{debian}\n"
        f"RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends {TOOLCHAIN_NEEDS}\n"
        f"ENV PATH={toolchain()}/usr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
    )
    build(recipe, f"docker.io/library/{name}")


def build(recipe, name):
    # Where git is told to find packages in a folder instead, that folder is needed too.
    configuration = pathlib.Path("/etc/gitconfig")
    shared = [toolchain()] + [configuration] * configuration.exists()
    rewritten = subprocess.run(
        ["git", "config", "--system", "--get-regexp", r"^url\..*\.insteadof$"], capture_output=True, text=True
    ).stdout
    shared += sorted({pathlib.Path(place) for place in re.findall(r"^url\.(/\S+?)/?\.insteadof", rewritten, re.MULTILINE)})
    volumes = [f"--volume={place}:{place}:ro" for place in shared]
    call(
        "buildah", *STORAGE, "build", "--quiet", "--format=docker", "--pull-never", "--network=host", "--layers=false",
        *volumes, "-f", recipe, "-t", name, ROOT, capture_output=True,
    )  # fmt: skip


def podman(*arguments):
    # Engines of today want the cgroups of today: in a namespace of its own each command sees those.
    return [
        "unshare", "--mount", "sh", "-c",
        'umount -R -l /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec podman "$@"', "podman",
        *map(str, STORAGE), *map(str, arguments),
    ]  # fmt: skip


def inside(*arguments):
    """Runs a program of the image's. -> what it says"""
    return said(*podman("run", "--rm", "--pull=never", "--network=host", "--entrypoint", arguments[0], IMAGE, *arguments[1:]))


def check_contents():
    described = json.loads(buildah("inspect", "--type", "image", IMAGE))["Docker"]
    told = described["config"]
    assert told["User"] == "10001:10001" and "/data" in told["Volumes"], told
    assert told["Entrypoint"] == ["console-billing"] and told["Cmd"] == ["serve"], told
    assert told["Healthcheck"]["Test"] == ["CMD", "console-billing", "health"], told
    assert told["StopSignal"] == "SIGTERM", told
    libraries = inside("ldd", "/usr/local/bin/console-billing")
    assert "not found" not in libraries, libraries
    # Swift's own runtime is in the program.
    assert "swift" not in libraries.lower() and "Foundation" not in libraries, libraries
    size = int(inside("stat", "-c", "%s", "/usr/local/bin/console-billing"))
    return f"the program is {size / 1e6:.0f} MB, its libraries are {len(libraries.splitlines())} of Debian's"


@contextlib.contextmanager
def serving(volume, port):
    settings = {
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "STRIPE_WEBHOOK_SECRET": peers.SECRET,
        "LINK_SIGNING_SECRET": "a secret of the peers that is long enough to sign links",
        "API_KEYS": f"peers:{hashlib.sha256(peers.API_KEY.encode()).hexdigest()}:feed:read+ops",
    }
    with open(PLACE / "log", "w+") as log:
        process = subprocess.Popen(
            podman(
                "run", "--rm", "--name=billing", "--replace", "--pull=never", "--network=host", "--read-only", "--cap-drop=ALL",
                "--security-opt=no-new-privileges", f"--volume={volume}:/data", *(f"--env={n}={v}" for n, v in settings.items()),
                IMAGE,
            ),
            env=ENVIRONMENT, stderr=log, stdout=log,
        )  # fmt: skip
        served = peers.Service(f"http://127.0.0.1:{port}", process, PLACE / "log")
        try:
            peers.wait_until_ready(served)
            yield served
            process.terminate()
            assert process.wait(timeout=40) == 0, pathlib.Path(served.log).read_text()
        finally:
            if process.poll() is None:
                subprocess.run(podman("kill", "billing"), env=ENVIRONMENT, capture_output=True)
                process.wait()


def check_service():
    body = (ROOT / "testdata/events/charge.captured.json").read_bytes()
    with tempfile.TemporaryDirectory() as volume:
        os.chown(volume, 10001, 10001)
        port = peers.free_port()
        with serving(volume, port) as served:
            status, answer = served.post(body, peers.signature(body))
            assert (status, answer["outcome"]) == (200, "recorded"), (status, answer)
            call(*podman("exec", "billing", "console-billing", "health"), stdout=subprocess.DEVNULL)
            # Who it is and what it may, as the kernel sees it.
            state = said(*podman("exec", "billing", "cat", "/proc/1/status"))
            for line in ("Uid:\t10001", "CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1"):
                assert line in state, state
            written = subprocess.run(podman("exec", "billing", "touch", "/usr/written"), env=ENVIRONMENT, capture_output=True)
            assert b"Read-only file system" in written.stderr, written
            # Files from packages of their own: the zones of the world, and Chart.js.
            assert text(served, "/v1/transactions/export?format=csv&timezone=Asia/Kolkata")
            assert "Chart.js" in text(served, "/assets/chart.js")[:200]
            rows = served.transactions()
        # The same volume, and a container made anew.
        with serving(volume, port) as served:
            status, answer = served.post(body, peers.signature(body))
            assert (status, answer["outcome"]) == (200, "duplicate"), (status, answer)
            assert rows and served.transactions() == rows
    return "delivered, healthy, unprivileged, ended by SIGTERM, and started again on the same volume"


def text(served, path):
    request = urllib.request.Request(served.url + path, headers={"x-api-key": peers.API_KEY})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read().decode()


def main():
    PLACE.mkdir(exist_ok=True)
    (PLACE / "containers.conf").write_text(ENGINE)
    *toolchains, debian = bases()
    print(f"{debian}: made by debootstrap", flush=True)
    make_debian(debian)
    for name in toolchains:
        print(f"{name.split()[0]}: that, with the toolchain of this machine", flush=True)
        make_swift(name, debian)
    print("building deploy/Dockerfile …", flush=True)
    build(DOCKERFILE, IMAGE)
    print("contents:", check_contents())
    print("in a container:", check_service())
    return 0


if __name__ == "__main__":
    sys.exit(main())
