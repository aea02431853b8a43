#!/usr/bin/env python3
"""Refuses `await` in a tuple behind its first part.

Swift 6.3 with -O overwrites the part of a tuple that is known before an `await` within it, when a task returns the
tuple: https://github.com/swiftlang/swift/pull/91911. Debug builds, and so the tests, do not show it. Await first,
and make the tuple afterwards.

    python3 Tests/Deploy/awaits.py [FOLDER...]
"""

import pathlib
import re
import sys

STRINGS = re.compile(r'#*"""(?:.|\n)*?"""#*|#"(?:[^"\\\n]|\\.)*"#|"(?:[^"\\\n]|\\.)*"|//[^\n]*')


def tuples(source):
    """The parenthesised expressions that are no argument lists, as (line, text, texts of their parts)."""
    # Keep only the line ends of strings and comments.
    source = STRINGS.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), source)
    opened = []
    for place, sign in enumerate(source):
        if sign in "([{":
            opened.append([place, [place + 1]])
        elif sign == "," and opened:
            opened[-1][1].append(place + 1)
        elif sign in ")]}" and opened:
            begin, parts = opened.pop()
            before = source[max(0, begin - 40) : begin].rstrip(" ")
            is_call = re.search(r"[\w)\]>?!}]$", before) and not re.search(
                r"\b(return|in|await|try|case|let|var|=|==)$", before
            )
            if sign == ")" and len(parts) > 1 and not is_call:
                ends = [part - 1 for part in parts[1:]] + [place]
                texts = [source[a:b] for a, b in zip(parts, ends)]
                yield source.count("\n", 0, begin) + 1, source[begin : place + 1], texts


def faults(source):
    for line, text, parts in tuples(source):
        # A closure runs elsewhere, so its awaits do not count.
        flat = [re.sub(r"\{[^{}]*\}", "", part) for part in parts[1:]]
        if any(re.search(r"\bawait\b", part) for part in flat):
            yield line, " ".join(text.split())


def main():
    sample = "return (1, try await next())\nf(1, await g())\nlet x = (a, { await b() })\n// (1, await c())\n"
    assert list(faults(sample)) == [(1, "(1, try await next())")], list(faults(sample))
    found = 0
    for folder in sys.argv[1:] or ["Sources", "Tests"]:
        for path in sorted(pathlib.Path(folder).rglob("*.swift")):
            for line, text in faults(path.read_text()):
                found += 1
                print(f"{path}:{line}: {text[:100]}: await first, and make the tuple afterwards")
    print(f"{found} tuples with an await behind their first part")
    sys.exit(found > 0)


main()
