"""The time of one verification, beside the hash alone as `openssl speed` has it."""

import re
import statistics
import subprocess

from measuring import Aimed, Result, Table

BYTES = 3072


def measure(build, sizes, folder, say):
    if not build.signature_peer.exists():
        raise SystemExit(f"{build.signature_peer} is not built")
    ours, hash_alone, openssl = [], [], []
    for _ in range(sizes.verify_rounds):
        text = _output([str(build.signature_peer), "--bench"])
        ours.append(_best(text, f"verify {BYTES} bytes"))
        hash_alone.append(_best(text, f"HMAC   {BYTES} bytes"))
        openssl.append(_openssl_nanoseconds())
        say(f"verify {ours[-1]:.0f} ns, openssl {openssl[-1]:.0f} ns")
    ratio = statistics.median(own / floor for own, floor in zip(ours, openssl))
    rows = [
        ["verification", statistics.median(ours), Aimed(ratio, at_most=1.15)],
        ["its hash alone", statistics.median(hash_alone), statistics.median(hash_alone) / statistics.median(openssl)],
        ["openssl speed -hmac sha256", statistics.median(openssl), 1.0],
    ]
    table = Table(f"Verification of {BYTES} bytes", ["", "ns", "of openssl"], rows)
    return Result([table], {"verify_ns": ours, "hash_ns": hash_alone, "openssl_ns": openssl})


def _best(text, name):
    return int(re.search(re.escape(name) + r"\s*: best (\d+) ns", text).group(1))


def _openssl_nanoseconds():
    text = _output(["openssl", "speed", "-mr", "-seconds", "1", "-bytes", str(BYTES), "-hmac", "sha256"])
    bytes_per_second = float(re.search(r"^\+F:\d+:hmac\(sha256\):([\d.]+)", text, re.MULTILINE).group(1))
    return BYTES / bytes_per_second * 1e9


def _output(command):
    return subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=120, check=True, text=True
    ).stdout
