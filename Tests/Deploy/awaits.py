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

from style import swift

def tuples(source):
    """The parenthesised expressions that are no argument lists, as (line, text, texts of their parts)."""
    # Only the line ends of strings and comments are kept.
    source = "".join(text if kind == "code" else re.sub(r"[^\n]", " ", text) for kind, text in swift(source))
    opened = []
    for place, sign in enumerate(source):
        if sign in "([{":
            opened.append([place, [place + 1]])
        elif sign == "," and opened:
            opened[-1][1].append(place + 1)
        elif sign in ")]}" and opened:
            begin, parts = opened.pop()
            before = source[max(0, begin - 40) : begin]
            # The parenthesis of an argument list stands right behind what is called; only keywords and operators are
            # written before a tuple.
            is_call = re.search(r"[\w)\]>?!}]\Z", before) and not re.search(
                r"\b(return|in|await|try|throw|case|let|var)\Z", before
            )
            if source[begin] + sign == "()" and len(parts) > 1 and not is_call:
                ends = [part - 1 for part in parts[1:]] + [place]
                texts = [source[a:b] for a, b in zip(parts, ends)]
                yield source.count("\n", 0, begin) + 1, source[begin : place + 1], texts


def faults(source):
    for line, text, parts in tuples(source):
        # A closure runs elsewhere, so its awaits do not count; those of an `if` do.
        flat = [part if re.search(r"\b(if|switch|do)\b", part) else re.sub(r"\{[^{}]*\}", "", part) for part in parts[1:]]
        if any(re.search(r"\bawait\b", part) for part in flat):
            yield line, " ".join(text.split())


def main():
    wrong = [
        "return (1, try await next())", "c ? (1, await a()) : (2, 3)", "c ? (1, 2) : (3, await b())", "a ?? (1, await b())",
        "throw (1, await a())", "x = (1, if c { await a() } else { 2 })", "let x =\n    (1, await a())", "{ (1, await a()) }",
        "for await x in (1, await a()) {}", "f((1, await a()))", "[(1, await a())]", "while (1, await a()) == x {}",
    ]
    right = ["f(1, await g())", "let x = (a, { await b() })", "// (1, await c())", "try await f(1, g(2, await h()))", "f?(1, await g())",
             "f!(1, await g())", "let (a, b) = (1, 2)", "(await a(), 1)", "x = (a, Task { await b() })"]
    for sample in wrong:
        assert len(list(faults(sample + "\n"))) == 1, sample
    for sample in right:
        assert not list(faults(sample + "\n")), sample
    found = 0
    for folder in sys.argv[1:] or ["Sources", "Tests"]:
        for path in sorted(pathlib.Path(folder).rglob("*.swift")):
            for line, text in faults(path.read_text()):
                found += 1
                print(f"{path}:{line}: {text[:100]}: await first, and make the tuple afterwards")
    print(f"{found} tuples with an await behind their first part")
    sys.exit(found > 0)


main()
