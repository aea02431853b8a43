#!/usr/bin/env python3
"""Style that a machine can hold, each rule with its reason. It fails on a new violation; the allowed ones are named below.

  subjects    A comment, message, document or name of a test has a subject that acts: not nobody, somebody, whoever or
              anybody; and no sentence of a comment begins with Of, Whose, Those that or What. The reader must not guess.
  length      A Swift file of Sources has at most 300 lines: one idea a file.
  visibility  A `package` name of Sources is used in another module, else it is internal.
  literals    A constant has one home: no two modules of Sources declare the same long literal.
  arithmetic  The modules that handle numbers from outside have the declarations with which an operator that stops the
              process on overflow does not compile.
  columns     A column of a query's row is read by its name: by position, a changed SELECT gives another column's value.

Usage: style.py [--rule NAME] [--list | --prune]     --list prints every violation, allowed or not"""

import argparse
import collections
import io
import pathlib
import re
import subprocess
import sys
import tokenize

ROOT = pathlib.Path(__file__).resolve().parents[2]

#: Violations of today that are being mended, one "rule: key" a line: `--prune` takes off those that are. Nothing is added
#: there; a violation that has to stay is named in ALLOWED with its reason.
TODAY = pathlib.Path(__file__).with_suffix(".today")
ALLOWED = {
    # It names the words.
    ("subjects", "Tests/Deploy/style.py"),
    # Migrations in their order, which belong together.
    ("length", "Sources/SQLiteStorage/Migrations/Schema.swift"),
    # The parameter of a package initializer, which callers give as a closure.
    ("visibility", "Web.FetchSigningKeys"),
    # The types of package properties.
    ("visibility", "Billing.Presentment"),
    ("visibility", "Billing.Receipt"),
    ("visibility", "Storage.Topic"),
    # A requirement of a package protocol, and the types in its requirements.
    ("visibility", "Storage.AsyncIterator"),
    ("visibility", "BackgroundJobs.leaseSeconds"),
    ("visibility", "BackgroundJobs.longestWait"),
    ("visibility", "BackgroundJobs.JobExecution"),
    ("visibility", "BackgroundJobs.JobOutcome"),
    ("visibility", "BackgroundJobs.Interruption"),
    # A day has as many seconds as that wherever it is declared, and the limits of a list and of Stripe are not related.
    ("literals", "86400"),
    ("literals", "10000"),
}

# Not in an address, a parameter or quotes of its own: there it is data.
SUBJECT = re.compile(r"(?<![\w@./=`-])(?<!\")(nobody|somebody|whoever|anybody)(?![\w@/`-])", re.IGNORECASE)
OPENING = re.compile(r"(Of|Whose|Those that|What) (?![^.!]*\?)")
MOST_LINES = 300
LONG_TEXT, LONG_NUMBER = 10, 5

# Reading Swift


def swift(text):
    """Splits Swift into (kind, text): code, comment, string, name (an identifier in backticks with spaces)."""
    pieces, code, index = [], [], 0
    # Each open string has its hashes and quotation marks, and the parentheses that its open interpolation has.
    strings, in_string = [], False
    opening = re.compile(r'(#*)("""(?=\n)|")')
    regex = re.compile(r"#/.*?/#|(?<=[(:=] |.\()/[^\s/](?:\\.|[^/\\\n])*/")
    plain_code, plain_string = re.compile(r'[^`"/#()]+'), re.compile(r'[^"\\]+')

    def flush(kind):
        if code:
            pieces.append((kind, "".join(code)))
            code.clear()

    def take(kind, end):
        nonlocal index
        flush("code")
        pieces.append((kind, text[index:end]))
        index = end

    while index < len(text):
        if in_string:
            hashes, quotes, _ = strings[-1]
            if text.startswith(quotes + hashes, index):
                flush("string")
                code.append(quotes + hashes)
                index += len(quotes + hashes)
                strings.pop()
                in_string = False
            elif text.startswith(f"\\{hashes}(", index):
                flush("string")
                code.append(f"\\{hashes}(")
                index += len(hashes) + 2
                strings[-1][2] = 1
                in_string = False
            else:
                plain = plain_string.match(text, index)
                length = len(plain[0]) if plain else 2 if text[index] == "\\" and not hashes else 1
                code.append(text[index:index + length])
                index += length
            continue
        if text.startswith("//", index):
            end = text.find("\n", index)
            take("comment", len(text) if end < 0 else end)
        elif text.startswith("/*", index):
            take("comment", text.index("*/", index) + 2)
        elif literal := regex.match(text, index):
            take("regex", literal.end())
        elif escaped := re.compile(r"`\w+`").match(text, index):
            code.append(escaped[0])
            index = escaped.end()
        elif text[index] == "`":
            take("name", text.index("`", index + 1) + 1)
        elif quotation := opening.match(text, index):
            code.append(quotation[0])
            flush("code")
            strings.append([quotation[1], quotation[2], 0])
            index, in_string = quotation.end(), True
        else:
            plain = plain_code.match(text, index)
            if not plain and strings and text[index] in "()":
                strings[-1][2] += 1 if text[index] == "(" else -1
                if not strings[-1][2]:
                    code.append(")")
                    flush("code")
                    index, in_string = index + 1, True
                    continue
            code.append(plain[0] if plain else text[index])
            index += len(plain[0]) if plain else 1
    flush("string" if in_string else "code")
    return pieces


class File:
    def __init__(self, path):
        self.path = path
        self.text = (ROOT / path).read_text(errors="replace")
        self.lines = self.text.split("\n")
        self.module = "/".join(path.split("/")[:2])
        self.pieces = swift(self.text) if path.endswith(".swift") else []
        self.code = "".join(text for kind, text in self.pieces if kind == "code")

    def words(self):
        """(line, text, whether it is a comment) of all that a person reads."""
        if self.path.endswith(".py") or self.text.startswith("#!/usr/bin/env python3"):
            yield from self.python()
            return
        if not self.pieces:
            marker = {"py": "#", "sh": "#", "yaml": "#", "yml": "#", "conf": "#", "service": "#", "toml": "#",
                      "js": "//", "c": "//", "h": "//", "css": "/*"}.get(self.path.rpartition(".")[2], "#")
            for number, line in enumerate(self.lines, 1):
                start = re.match(rf"\s*(?:{re.escape(marker)}|\"\"\") ?", line)
                yield number, line, start is not None and not self.path.endswith((".md", ".json"))
            return
        number = 1
        for kind, text in self.pieces:
            if kind in ("comment", "string", "name"):
                for offset, line in enumerate(text.split("\n")):
                    yield number + offset, line, kind == "comment"
            number += text.count("\n")

    def python(self):
        """(line, text, whether it is a comment) of comments and strings; a string of one word is data."""
        fragments = ("FSTRING_MIDDLE",)
        for token in tokenize.generate_tokens(io.StringIO(self.text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string, True
            elif token.type == tokenize.STRING or tokenize.tok_name[token.type] in fragments:
                inside = token.string.strip("rbfRBF").strip("\"'")
                is_text = token.line.strip().startswith('"""') or "\n" in token.string
                if " " in inside:
                    for offset, line in enumerate(inside.split("\n")):
                        yield token.start[0] + offset, line, is_text


# The rules: each yields (what an entry of ALLOWED says, what is printed)


def subjects(files):
    for file in files:
        before, last = "", 0
        for number, text, is_comment in file.words():
            stripped = re.sub(r"^\s*(///|//|#:?|/\*|\"\"\"|\*)?\s?", "", text)
            # A text of one word is data, such as a user's name.
            found = [match[0] for match in SUBJECT.finditer(stripped) if " " in stripped.strip()]
            if is_comment:
                continues = number == last + 1 and before and not re.search(r"[.!?:]\W*$", before)
                sentences = re.split(r"(?<=[.!?]) +(?=[A-Z])", stripped)
                found += [sentence.split(" ")[0] + " …" for sentence in sentences[1 if continues else 0:]
                          if OPENING.match(sentence)]
                before, last = stripped.rstrip(), number
            if found:
                yield file.path, f"{file.path}:{number}: {', '.join(found)}: {stripped.strip()[:100]}"


def length(files):
    for file in files:
        if file.path.startswith("Sources/") and file.path.endswith(".swift"):
            count = file.text.count("\n")
            if count > MOST_LINES:
                yield file.path, f"{file.path}: {count} lines"


def visibility(files):
    mentions = collections.defaultdict(set)
    for file in files:
        for word in set(re.findall(r"\w+", file.code)):
            mentions[word].add(file.module)
    declared = re.compile(
        r"^[ \t]*(?:@\w+(?:\(.*?\))? +)*package (?:private\(set\) |final |indirect |static |class |mutating |nonmutating |"
        r"consuming |borrowing |lazy |override |nonisolated |unowned |weak )*"
        r"(?:struct|class|enum|actor|protocol|typealias|func|var|let|case) +`?(\w+)", re.MULTILINE)
    for file in files:
        if not file.path.startswith("Sources/"):
            continue
        for match in declared.finditer(file.code):
            if mentions[match[1]] <= {file.module}:
                name = f"{file.module.removeprefix('Sources/')}.{match[1]}"
                yield name, f"{file.path}: package {match[1]} is used in no other module"


def literals(files):
    homes = collections.defaultdict(dict)
    text = re.compile(r'\blet \w+(?:: [\w?]+)? = "([^"\\\n]{%d,})"$' % LONG_TEXT, re.MULTILINE)
    number = re.compile(r"\blet \w+(?:: [\w?]+)? = (-?[\d_]+)$", re.MULTILINE)
    for file in files:
        if not (file.path.startswith("Sources/") and file.path.endswith(".swift")):
            continue
        bare = re.sub(r"^\s*//.*$", "", file.text, flags=re.MULTILINE)
        values = [match[1] for match in text.finditer(bare)]
        values += [digits for match in number.finditer(bare)
                   if len(digits := match[1].replace("_", "").lstrip("-")) >= LONG_NUMBER]
        for value in values:
            homes[value].setdefault(file.module, file.path)
    for value, places in sorted(homes.items()):
        if len(places) > 1:
            yield value, f"{value!r} is declared in {', '.join(sorted(places.values()))}"


def columns(files):
    by_position = re.compile(
        r"\brow\[\d+\]|\.(?:int|text|bytes|bool|double|raw|isNull|optional[A-Z]\w*)\(\w+, \d+\)|\bcolumn\(\d+\)")
    for file in files:
        if file.path.startswith("Sources/") and file.path.endswith(".swift"):
            for number, line in enumerate(file.lines, 1):
                if by_position.search(line) and not line.lstrip().startswith("//"):
                    yield f"{file.path}: {line.strip()}", f"{file.path}:{number}: {line.strip()}"


def arithmetic(_):
    home = ROOT / "Sources/Billing/Money/TrappingOperators.swift"
    for module in ("StripeAPI", "Storage", "UsageSources", "Web", "Webhooks"):
        if not (ROOT / "Sources" / module / home.name).exists():
            yield module, f"Sources/{module}: {home.name} is missing, a link to the file in Billing"


RULES = {rule.__name__: rule for rule in (subjects, length, visibility, literals, columns, arithmetic)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rule", choices=RULES)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--prune", action="store_true")
    arguments = parser.parse_args()
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "Sources", "Tests", "deploy", "README.md", ".github"],
        cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    kinds = (".swift", ".md", ".py", ".sh", ".js", ".css", ".c", ".h", ".json", ".yaml", ".yml", ".conf", ".service", ".mustache",
             ".toml", ".supp")
    files = [File(path) for path in sorted(listed)
             if path and (path.endswith(kinds) or "." not in path.rpartition("/")[2])
             and not path.startswith(("Tests/Reference/", "Tests/WebTests/Snapshots/"))
             and (ROOT / path).is_file() and not (ROOT / path).is_symlink()]
    today = set(TODAY.read_text().split("\n")) - {""} if TODAY.exists() else set()
    new, seen = 0, set()
    for name, rule in RULES.items():
        if arguments.rule not in (None, name):
            continue
        for key, line in rule(files):
            entry = f"{name}: {key}"
            seen.add(entry)
            is_new = (name, key) not in ALLOWED and entry not in today
            new += is_new
            if is_new or arguments.list:
                print(f"{name}: {line}")
    if arguments.prune and not arguments.rule:
        TODAY.write_text("".join(f"{entry}\n" for entry in sorted(today & seen)))
    elif mended := [entry for entry in sorted(today - seen) if arguments.rule in (None, entry.split(":")[0])]:
        print(f"{len(mended)} violations of {TODAY.name} are mended: take them off with --prune")
    if new:
        sys.exit(f"{new} new violations of {pathlib.Path(__file__).name}, which says why")
    print(f"style holds in {len(files)} files, but for {len(today & seen)} violations of {TODAY.name}")


if __name__ == "__main__":
    main()
