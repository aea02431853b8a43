"""The time of one verification, beside the hash alone as `openssl speed` has it."""

import re
import statistics
import subprocess

from measuring import Figure

BYTES = 3072


def measure(build, sizes, folder, say):
    ours, hash_alone, openssl = [], [], []
    for _ in range(sizes.verify_rounds):
        text = _output([str(build.signature_peer), "--bench"])
        ours.append(_best(text, f"verify {BYTES} bytes"))
        hash_alone.append(_best(text, f"HMAC   {BYTES} bytes"))
        openssl.append(_openssl_nanoseconds())
        say(f"verify {ours[-1]:.0f} ns, openssl {openssl[-1]:.0f} ns")
    verification, floor = statistics.median(ours), statistics.median(openssl)
    figures = [
        Figure(f"verification of {BYTES} bytes", verification, "ns"),
        Figure("of it the hash", statistics.median(hash_alone), "ns"),
        Figure("openssl speed, hash alone", floor, "ns"),
        Figure("ours / openssl", verification / floor, at_most=1.3),
    ]
    return figures, {"verify_ns": ours, "hash_ns": hash_alone, "openssl_ns": openssl}


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
