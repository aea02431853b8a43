#!/usr/bin/env python3
"""Holds our signatures against two independent peers: Stripe's Python SDK and OpenSSL's command line.

    python3 -m venv .venv && .venv/bin/pip install 'stripe>=16,<17'
    .venv/bin/python Tests/Peers/signature_peers.py [--ours path/to/SignaturePeer]

Without --ours it proves the vectors in testdata/signatures: each accepted one verifies with the SDK and
each refused one does not, save for the lines that say why we differ; and OpenSSL computes every signature
alike. With --ours it also makes our signer and verifier talk to both peers, over the vectors and over
random bodies. Exits 1 and names the lines if anything disagrees.
"""

import argparse
import base64
import hashlib
import json
import pathlib
import random
import re
import subprocess
import sys
from unittest import mock

import stripe

VECTORS = pathlib.Path(__file__).resolve().parents[2] / "testdata" / "signatures"


def deliveries():
    document = json.loads((VECTORS / "deliveries.json").read_text(encoding="utf-8"))
    for row in document["deliveries"]:
        row = {**document["defaults"], **row}
        encoded = row.get("body_base64")
        row["bytes"] = row["body"].encode() if encoded is None else base64.b64decode(encoded)
        yield row


def sdk_accepts(body, header, secret, now, tolerance):
    """The SDK's verdict, with its clock at `now`. A body it cannot decode is one it does not accept."""
    with mock.patch("stripe._webhook.time.time", return_value=now):
        try:
            return stripe.WebhookSignature.verify_header(body, header, secret, tolerance)
        except (stripe.SignatureVerificationError, UnicodeDecodeError):
            return False


def openssl_hmac(key, message):
    command = ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", f"hexkey:{key.hex()}", "-r"]
    printed = subprocess.run(command, input=message, capture_output=True, check=True).stdout
    return printed.split()[0].decode()


class Report:
    def __init__(self):
        self.failures = 0

    def section(self, title, rows):
        wrong = [name for name, agrees in rows if not agrees]
        print(f"{'ok  ' if not wrong else 'FAIL'}  {len(rows) - len(wrong):4} of {len(rows):4}  {title}")
        for name in wrong:
            print(f"      disagrees: {name}")
        self.failures += len(wrong)


def prove_vectors(report, rows):
    agreeing, differing, computed = [], [], []
    for row in rows:
        accepted = any(
            sdk_accepts(row["bytes"], row["header"], secret, row["now"], row["tolerance"])
            for secret in row["secrets"]
        )
        if "sdk" in row:
            opposite = "refuses" if row["expect"] == "accepted" else "accepts"
            agrees = row["sdk"] == opposite and accepted == (row["sdk"] == "accepts") and bool(row["why"])
            differing.append((row["name"], agrees))
        else:
            agreeing.append((row["name"], accepted == (row["expect"] == "accepted")))

        # A stale delivery is genuine too: only its time is refused.
        if row["expect"] in ("accepted", "timestamp_outside_tolerance", "signature_mismatch"):
            time = re.search(r"(?:^|,)\s*t=(\d+)", row["header"]).group(1).encode()
            codes = {openssl_hmac(s.encode(), time + b"." + row["bytes"]) for s in row["secrets"]}
            carried = set(re.findall(r"(?:^|,)\s*v1=([0-9a-f]{64})(?=\s*(?:,|$))", row["header"])[:16])
            agrees = bool(codes & carried) == (row["expect"] != "signature_mismatch")
            computed.append((row["name"], agrees))
    report.section("vectors: the SDK decides as we expect of ourselves", agreeing)
    report.section("vectors: the SDK decides otherwise, exactly where the line says so", differing)
    report.section("vectors: openssl dgst finds the signature just where it should be", computed)

    hmacs = json.loads((VECTORS / "hmac.json").read_text(encoding="utf-8"))
    computed = []
    for row in hmacs:
        key, message = base64.b64decode(row["key_base64"]), base64.b64decode(row["message_base64"])
        computed.append((row["name"], openssl_hmac(key, message) == row["hmac"]))
    report.section("HMAC vectors: openssl dgst", computed)


def ask(command, questions):
    lines = "".join(json.dumps(question) + "\n" for question in questions)
    printed = subprocess.run([command], input=lines, capture_output=True, check=True, text=True).stdout
    answers = printed.splitlines()
    if len(answers) != len(questions):
        sys.exit(f"{command} gave {len(answers)} answers to {len(questions)} questions")
    return answers


def verify_question(body, header, secrets, now, tolerance):
    encoded = base64.b64encode(body).decode()
    return {
        "verify": {
            "secrets": secrets,
            "header": header,
            "body_base64": encoded,
            "now": now,
            "tolerance": tolerance,
        }
    }


def random_deliveries(count, seed):
    """Random secrets, times and bodies: text in every plane of Unicode, up to 20 KB."""
    source = random.Random(seed)
    planes = ["abc \n{}\":,", "éüß×ñ", "名前領収書", "😀🔑🧾", "\x00\x01\x7f"]
    for number in range(count):
        length = source.choice([0, 1, 64, 700, 6000])
        body = "".join(source.choice(source.choice(planes)) for _ in range(length))
        secret = "whsec_" + "".join(source.choices("abcdefXYZ0189_/+=é🔑", k=source.randint(1, 90)))
        yield f"random {seed}/{number}", secret, source.randint(0, 4_000_000_000), body.encode()


def prove_ours(report, command, rows, count, seed):
    questions = [
        verify_question(row["bytes"], row["header"], row["secrets"], row["now"], row["tolerance"])
        for row in rows
    ]
    answers = ask(command, questions)
    report.section(
        "ours: every vector as expected",
        [(row["name"], answer == row["expect"]) for row, answer in zip(rows, answers)],
    )

    made = list(random_deliveries(count, seed))
    signed = ask(
        command,
        [{"secret": s, "t": t, "body_base64": base64.b64encode(b).decode()} for _, s, t, b in made],
    )
    report.section(
        "ours signs, the SDK verifies",
        [(name, sdk_accepts(b, header, s, t, 300)) for (name, s, t, b), header in zip(made, signed)],
    )
    report.section(
        "ours signs, openssl dgst signs the same",
        [
            (name, header == f"t={t},v1={openssl_hmac(s.encode(), str(t).encode() + b'.' + b)}")
            for (name, s, t, b), header in zip(made, signed)
        ],
    )

    headers = [stripe.WebhookSignature.generate_signature_header(b.decode(), s, t) for _, s, t, b in made]
    questions = [verify_question(b, h, [s], t, 300) for (_, s, t, b), h in zip(made, headers)]
    report.section(
        "the SDK signs, ours verifies",
        [(m[0], answer == "accepted") for m, answer in zip(made, ask(command, questions))],
    )
    # One bit of the body, chosen by the body itself, is turned over on the way.
    spoilt = []
    for (_, s, t, b), h in zip(made, headers):
        bits = bytearray(b or b"\x00")
        place = int.from_bytes(hashlib.sha256(b).digest()[:4], "big") % (8 * len(bits))
        bits[place // 8] ^= 1 << place % 8
        spoilt.append(verify_question(bytes(bits), h, [s], t, 300))
    report.section(
        "the SDK signs, one bit turns over, ours refuses",
        [(m[0], answer == "signature_mismatch") for m, answer in zip(made, ask(command, spoilt))],
    )


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--ours", metavar="CMD", help="the SignaturePeer executable")
    parser.add_argument("--count", type=int, default=200, help="random deliveries (200)")
    parser.add_argument("--seed", type=int, default=1, help="what they are drawn from (1)")
    options = parser.parse_args()

    openssl = subprocess.run(["openssl", "version"], capture_output=True, check=True, text=True).stdout
    print(f"stripe {stripe.VERSION}, {openssl.strip()}")
    report, rows = Report(), list(deliveries())
    prove_vectors(report, rows)
    if options.ours:
        prove_ours(report, options.ours, rows, options.count, options.seed)
    sys.exit(1 if report.failures else 0)


if __name__ == "__main__":
    main()
