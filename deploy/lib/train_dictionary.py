#!/usr/bin/env python3
"""Trains the zstd dictionaries of the module Compression on testdata: of bodies, and of the stored form of objects.

The output depends on testdata, on this file and on the version of zstd alone: Debian 12 has zstd 1.5.4. The id of a
dictionary follows from its content, so another dictionary has another id. The service stores its dictionary in the
database beside the bodies, so a replaced dictionary makes no stored body unreadable.

Usage: train_dictionary.py body|snapshot [--samples FOLDER] [--kib N] [OUTPUT]
--samples writes the training set there and stops"""

import argparse
import json
import pathlib
import random
import re
import string
import subprocess
import sys
import tempfile
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
RESOURCES = ROOT / "Sources/Compression/Resources"
KIB = {"body": 32, "snapshot": 8}
# Each body occurs this often, each time with other ids, amounts and names.
VARIANTS = 4
# k is the length of the segments that zstd selects, d of the sequences that it counts. They are given so that zstd
# makes one attempt: the best of many parallel attempts depends on their order.
PARAMETERS = {"body": "--train-fastcover=k=4000,d=8,f=20,accel=1", "snapshot": "--train-fastcover=k=200,d=8,f=18,accel=1"}
# zstd reserves the ids below for public dictionaries; an id below 65,536 takes two bytes of every compressed body.
FIRST_ID, PAST_LAST_ID = 32_768, 65_536

PERSONAL = {
    "city", "customer_email", "customer_name", "customer_phone", "email", "instructions_email", "line1", "line2", "name",
    "phone", "postal_code", "receipt_email", "receipt_number",
}  # fmt: skip
# An id after its prefix, such as ch_3… or cs_test_…, and other long tokens, such as in the link of a receipt.
TOKEN = re.compile(r"\b((?:[a-z]{1,12}_)+[0-9]?)([A-Za-z0-9]{8,})\b|()([A-Za-z0-9_-]{24,})")
ALPHABETS = [string.digits, string.digits + "abcdef", string.ascii_letters + string.digits]


class Variant:
    """A body with other ids, times, amounts and names: a value that occurs twice is replaced alike."""

    def __init__(self, seed):
        self._random = random.Random(seed)
        self._replaced = {}

    def of(self, value, name=""):
        if isinstance(value, dict):
            return {key: self.of(member, key) for key, member in value.items()}
        if isinstance(value, list):
            return [self.of(member, name) for member in value]
        if isinstance(value, str):
            return self._text(value, name)
        if isinstance(value, int) and not isinstance(value, bool) and value > 99 and name != "exp_year":
            return self._number(value)
        return value

    def _number(self, value):
        if value not in self._replaced:
            # A time remains a time in seconds, and any other number keeps its length.
            is_time = 1_400_000_000 < value < 2_000_000_000
            first = 1_500_000_000 if is_time else 10 ** (len(str(value)) - 1)
            past_last = 1_900_000_000 if is_time else 10 * first
            self._replaced[value] = self._random.randrange(first, past_last)
        return self._replaced[value]

    def _text(self, text, name):
        if name in PERSONAL:
            return self._scrambled(text)
        # The dictionary is to hold these.
        if name in ("api_version", "type", "object"):
            return text
        if name in ("fingerprint", "idempotency_key", "last4") or text.isdecimal():
            return self._scrambled(text)
        return TOKEN.sub(self._token, text)

    def _token(self, match):
        prefix, rest = (match[1], match[2]) if match[2] else (match[3], match[4])
        # An enumeration such as payment_method_configuration has no digit and no capital letter.
        return prefix + self._scrambled(rest) if re.search("[0-9A-Z]", rest) else match[0]

    def _scrambled(self, text):
        if text not in self._replaced:
            # Digits remain digits, and hexadecimal digits likewise.
            letters = set(filter(str.isalnum, text))
            alphabet = next((one for one in ALPHABETS[:-1] if letters <= set(one)), ALPHABETS[-1])
            self._replaced[text] = "".join(
                self._random.choice(alphabet) if old.isalnum() else old for old in text
            )
        return self._replaced[text]


def printed(body):
    """The body as Stripe prints it: two spaces a level, and a line break in an empty object."""
    text = json.dumps(body, indent=2, ensure_ascii=False)
    # Only values are empty at the end of a line: a string has its quotation mark there.
    text = re.sub(r"^( *)(.*)\{\}(,?)$", r"\1\2{\n\1}\3", text, flags=re.MULTILINE)
    return re.sub(r"^( *)(.*)\[\](,?)$", r"\1\2[\n\n\1]\3", text, flags=re.MULTILINE).encode()


def bodies():
    for path in sorted((ROOT / "testdata/events").glob("*.json")):
        yield json.loads(path.read_text())
    for path in sorted((ROOT / "testdata/scenarios").glob("*/events.jsonl")):
        for line in path.read_text().rstrip("\n").split("\n"):
            yield json.loads(line)


def snapshots():
    """The stored form of objects in testdata: the column `snapshot` of a service that got them, decompressed."""
    for line in (ROOT / "testdata/snapshots.jsonl").read_text().rstrip("\n").split("\n"):
        yield json.loads(line)


def compact(snapshot):
    return json.dumps(snapshot, separators=(",", ":"), ensure_ascii=False).encode()


def samples(what):
    source, write = (bodies, printed) if what == "body" else (snapshots, compact)
    for number, sample in enumerate(source()):
        for variant in range(VARIANTS):
            yield write(Variant(number * VARIANTS + variant).of(sample))


def trained(what, kib):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        paths = write_samples(what, folder / "samples")
        output = folder / "dictionary"
        command = ["zstd", "-q", PARAMETERS[what], "-T1", f"--maxdict={kib * 1024}", "--dictID=1", "-o", output, *paths]
        subprocess.run(command, check=True)
        content = bytearray(output.read_bytes())
    # Bytes 4 to 7 are the id: https://www.rfc-editor.org/rfc/rfc8878#section-5.
    identity = FIRST_ID + zlib.crc32(content[8:]) % (PAST_LAST_ID - FIRST_ID)
    content[4:8] = identity.to_bytes(4, "little")
    return identity, bytes(content)


def write_samples(what, folder):
    folder.mkdir(parents=True)
    paths = []
    for number, sample in enumerate(samples(what)):
        paths.append(folder / f"{number:05}.json")
        paths[-1].write_bytes(sample)
    return paths


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=KIB)
    parser.add_argument("output", nargs="?", type=pathlib.Path)
    parser.add_argument("--samples", type=pathlib.Path, metavar="FOLDER")
    parser.add_argument("--kib", type=int)
    options = parser.parse_args()
    if options.samples:
        print(f"{len(write_samples(options.what, options.samples))} samples")
        return 0
    identity, content = trained(options.what, options.kib or KIB[options.what])
    output = options.output or RESOURCES / f"{options.what}.dictionary"
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(content)
    print(f"dictionary {identity}: {len(content)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
