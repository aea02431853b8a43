"""The documents are true: every block of commands is run, or held against the program; what they name is there.

Blocks are fenced with ```sh and a word that says what is to be done with them:

  run        run in a scratch folder, beside `console-billing serve --dev` and a stand-in for Stripe's API
  serves     the command that starts that service: compared with what is run
  needs=…    needs what is not here (stripe, systemd, docker, …): held against the program

Held against the program means: the shell can read it, and each call of console-billing has commands and options that there
are. Besides: every setting with its default, every route with its scope, every command, every metric; links, files,
tests and alerts that are named.

Usage: documents.py --service console-billing --stand-in stripe-stand-in [--only PART-OF-A-NAME]
Needs curl, jq and openssl."""

import argparse
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE.parent / "Peers"), str(HERE.parent / "Catchup")]
import service as peers  # noqa: E402
from outage import KEY, StandIn  # noqa: E402

REFERENCE = ROOT / "deploy/docs/reference"
LOCAL = "127.0.0.1:3080"
NEEDS = {"stripe", "systemd", "docker", "kubernetes", "akash", "postgres", "nginx", "build", "root", "service", "receiver"}
FENCE = re.compile(r"^```(.*)\n([\s\S]*?)^```", re.MULTILINE)
# The examples in a command's help.
EXAMPLES = re.compile(r"^EXAMPLES\n((?:  .*\n)+)", re.MULTILINE)
failures = []


def fail(where, what):
    failures.append(f"{where}: {what}")


def documents():
    found = [ROOT / "README.md", *ROOT.glob("deploy/**/*.md"), *ROOT.glob(".github/**/*.md")]
    return {str(path.relative_to(ROOT)): path.read_text() for path in sorted(found)}


def prose(text):
    """A document without its blocks."""
    return FENCE.sub("", text)


def line_of(text, place):
    return text.count("\n", 0, place) + 1


# The contents of a document


class Block:
    def __init__(self, name, text, match):
        self.where = f"{name}:{line_of(text, match.start())}"
        self.decision = match[1].removeprefix("sh").strip()
        self.commands = match[2]


def blocks(name, text):
    for match in FENCE.finditer(text):
        language = match[1].split(" ")[0]
        if language in ("bash", "shell", "console", "zsh"):
            fail(f"{name}:{line_of(text, match.start())}", "commands are fenced with ```sh and a decision")
        elif language != "sh" and re.search(r"^(\$ |(sudo )?console-billing )", match[2], re.MULTILINE):
            fail(f"{name}:{line_of(text, match.start())}", "there is a command in it: fence it with ```sh and a decision")
        if language == "sh":
            yield Block(name, text, match)


# The program's commands and options


class Program:
    def __init__(self, executable):
        described = subprocess.run([executable, "--experimental-dump-help"], capture_output=True, text=True, check=True)
        self.root = json.loads(described.stdout)["command"]
        self.names = []
        self._walk(self.root)

    def _walk(self, command):
        if command["commandName"] == "help" or not command.get("shouldDisplay", True):
            return
        self.names.append(" ".join([*command.get("superCommands", []), command["commandName"]]))
        for child in command.get("subcommands", []):
            self._walk(child)

    def complaint(self, words):
        """The error in a call, whose first word is the program; None if it is valid."""
        command, path = self.root, "console-billing"
        words = [word for word in words[1:] if word not in ("help",)]
        while words and command.get("subcommands"):
            if words[0].startswith("-"):
                break
            below = [child for child in command["subcommands"] if child["commandName"] == words[0]]
            if not below:
                # Placeholders are in capitals, and several commands may be told of at once.
                if words[0] == words[0].upper() or "…" in words[0]:
                    return None
                return f"`{path}` has no command {words[0]}"
            command, path, words = below[0], f"{path} {words[0]}", words[1:]
        options = {
            ("--" if name["kind"] == "long" else "-") + name["name"]
            for argument in command.get("arguments", [])
            for name in argument.get("names", [])
        } | {"--help", "-h", "--version", "--generate-completion-script", "--experimental-dump-help"}
        for word in words:
            option = word.split("=")[0]
            if option.startswith("--") and option != "--" and option not in options:
                return f"`{path}` has no option {option}"
        return None


def calls(commands):
    """Every call of console-billing in some lines of shell, as its words."""
    joined = commands.replace("\\\n", " ")
    for match in re.finditer(r"(?:^|[|;&(`]|\$\(|\bsudo\b|\bthen\b|\bdo\b)[ \t]*(?:[A-Z_]+=\S* +)*(?:\S*/)?"
                             r"(console-billing(?=[ \n]|$)[^|;&)`\n]*)", joined, re.MULTILINE):
        text = re.sub(r"(^|\s)#.*", "", match[1])
        try:
            yield shlex.split(text)
        except ValueError:
            yield text.split()


def hold_against(program, where, commands):
    read = subprocess.run(["bash", "-n"], input=commands, capture_output=True, text=True)
    if read.returncode != 0:
        fail(where, f"the shell cannot read it: {read.stderr.strip()}")
    for words in calls(commands):
        wrong = program.complaint([word for word in words if word not in ("…", "...")])
        if wrong:
            fail(where, wrong)
    files_exist(where, commands)


def files_exist(where, text):
    for path in re.findall(r"(?<![\w/.~$-])((?:deploy|Tests|Sources|testdata|\.github)/[\w./+-]+)", text):
        if not (ROOT / path.rstrip("./")).exists():
            fail(where, f"there is no {path}")


def inline(program, name, text):
    """The calls and paths that a sentence names."""
    text = prose(text)
    for match in re.finditer(r"`([^`\n]+)`", text):
        where = f"{name}:{line_of(text, match.start())} (without blocks)"
        code = match[1]
        if code.startswith("console-billing "):
            wrong = program.complaint(re.sub(r"\[.*?\]|…", "", code).split())
            if wrong:
                fail(where, wrong)
        if re.fullmatch(r"(?:deploy|Tests|Sources|testdata)/[\w./+-]+", code):
            files_exist(where, code)


# Running


def stories():
    """Events of which Stripe might tell: scenarios with ids that no list of Stripe's has are for other tests."""
    for scenario in sorted((ROOT / "testdata/scenarios").glob("*/events.jsonl")):
        for line in scenario.read_bytes().splitlines():
            told = (json.loads(line).get("data") or {}).get("object")
            if isinstance(told, dict) and re.fullmatch(r"\w{1,64}", str(told.get("id")), re.ASCII):
                yield line


def run_blocks(name, runnable, arguments):
    """Runs a document's blocks one after the other in one shell, beside a service of its own."""
    with tempfile.TemporaryDirectory() as folder:
        for part in ("deploy", "testdata", "Sources", "Tests"):
            os.symlink(ROOT / part, f"{folder}/{part}")
        programs = pathlib.Path(folder) / "bin"
        programs.mkdir()
        os.symlink(os.path.abspath(arguments.service), programs / "console-billing")
        events = f"{folder}/events.jsonl"
        with open(events, "wb") as file:
            file.writelines(line + b"\n" for line in stories())
        stand_in = StandIn(os.path.abspath(arguments.stand_in), events, folder)
        port = peers.free_port()
        environment = {
            "PATH": f"{programs}:{os.environ['PATH']}", "HOME": folder, "TZ": "UTC", "PORT": str(port),
            "STRIPE_API_BASE": stand_in.url, "STRIPE_SECRET_KEY": KEY,
            "RECEIPT_HOSTS": stand_in.url.removeprefix("http://"), "CATCH_UP_AFTER": "0", "RECONCILE_EVERY": "0",
        }
        log = open(f"{folder}/log", "w")
        service = subprocess.Popen(
            ["console-billing", "serve", "--dev"], env=environment, cwd=folder, stdout=log, stderr=log,
            executable=programs / "console-billing",
        )
        try:
            peers.wait_until_ready(peers.Service(f"http://127.0.0.1:{port}", service, log.name))
            script = "set -euo pipefail\n" + "\n".join(
                f": {shlex.quote(block.where)}\n{block.commands}" for block in runnable
            ).replace(LOCAL, f"127.0.0.1:{port}")
            finished = subprocess.run(
                ["bash", "-x", "-c", script], env=environment, cwd=folder, capture_output=True, text=True, timeout=120,
                stdin=subprocess.DEVNULL,
            )
            if finished.returncode != 0:
                shown = (finished.stdout + finished.stderr)[-1500:]
                fail(name, f"its commands end with {finished.returncode}:\n{shown}")
        finally:
            service.terminate()
            service.wait(timeout=40)
            stand_in.finish()
            log.close()


# The reference


def rows(text, columns):
    """The cells of every row of every table of so many columns."""
    for line in prose(text).splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == columns and not set(cells[0]) <= {"-", " ", ":"}:
            yield cells


def settings(executable, text):
    page = subprocess.run([executable, "manual"], capture_output=True, text=True, check=True).stdout
    page = page[page.index(".Sh ENVIRONMENT"):page.index(".Sh EXIT STATUS")].replace("\\-", "-").replace("\\e", "\\")
    known = dict(re.findall(r"^\.It Ev (\S+)\n((?:(?!\.[A-Z]).*\n)*)", page, re.MULTILINE))
    commands_own = {"CONSOLE_BILLING_API_KEY", "NO_COLOR"}
    where, told = "reference/configuration.md", {}
    for name, _, default in rows(text, 3):
        names = re.findall(r"`([A-Z0-9_]+)`", name)
        # One row may have several, each with its default.
        defaults = default.split(", ") if len(names) > 1 and default.count(", ") == len(names) - 1 else [default] * len(names)
        for setting, default in zip(names, defaults):
            if setting in told:
                fail(where, f"{setting} has two rows")
            told[setting] = default
    for setting in known.keys() - told.keys() - commands_own:
        fail(where, f"{setting} has no row")
    for setting in told.keys() - known.keys():
        fail(where, f"there is no setting {setting}")
    for setting, default in told.items():
        is_so = re.search(r"^Default: (\S+?)\.$", known.get(setting, ""), re.MULTILINE)
        if is_so and default != f"`{is_so[1]}`":
            fail(where, f"the default of {setting} is {is_so[1]}, not {default}")
        # `-` or words where there is none that is written down in one place.
        if not is_so and re.fullmatch(r"`[\w.,]+`", default) and setting != "STRIPE_API_VERSION":
            fail(where, f"{setting} has no default")
    pinned = re.search(r'pinned = .*?"([^"]+)"', "\n".join(
        path.read_text() for path in (ROOT / "Sources/StripeAPI").rglob("*.swift")))
    if told.get("STRIPE_API_VERSION") != f"`{pinned[1]}`":
        fail(where, f"the pinned version is {pinned[1]}")
    return len(told)


def routes(text):
    where, told = "reference/routes.md", {}
    for route, scope, _ in rows(text, 3):
        for found in re.findall(r"`([A-Z]+ /\S*)`", route):
            told[found] = scope
    described = json.loads((ROOT / "Sources/Web/OpenAPI/openapi.json").read_text())["paths"]
    known = {
        f"{method.upper()} {path}": {scope for way in operation.get("security", []) for list_ in way.values() for scope in list_}
        for path, methods in described.items()
        for method, operation in methods.items()
    }
    for route in known.keys() - told.keys():
        fail(where, f"{route} has no row")
    for route in told.keys() - known.keys():
        fail(where, f"there is no route {route}")
    for route, scope in told.items():
        named = set(re.findall(r"`([a-z]+:[a-z]+|ops)`", scope))
        # A page is the customer's, and no key's; "the same" is what the row above says.
        if scope not in ("customer", "the same") and named != known.get(route, named):
            fail(where, f"{route} is for {sorted(known[route])}, not {scope}")
    return len(told)


def bounds(text):
    """The numbers of the table of what is bounded, each as a row has it and as the code has it."""
    for row, where, code in (
        (r"open connections \| 4096,", "Web/WebConfiguration", r"maxConnections = 4096\n"),
        (r"64 fewer than", "Web/Limits/ConnectionLimit", r"let reserved = 64\n"),
        (r"a connection without a request \| 30 s", "Web/WebConfiguration", r"deadlineSeconds: Int64 = 30\n"),
        (r"read too slowly \| 64 KiB in 30 s", "Web/Middleware/RequestLimitsHandler", r"leastProgress = 64 << 10\n"),
        (r"1024 and one for 64 bytes", "Web/Middleware/RequestLimitsHandler", r"smallParts = 1024\n[\s\S]*bytes / 64 \{"),
        (r"headers \| 16 KiB each", "Web/Application+build", r"maxHeaderFieldSize: 16 << 10,"),
        (r"64 KiB and 100 of them", "Web/Application+build", r"maxHeaderListSize: 64 << 10,\s+maxHeaderFieldCount: 100\n"),
        (r"accounts \| 16 MiB", "Web/Controllers/Usage/UsageIntakeController", r"maximumBytes = 16 << 20\n"),
        (r"10,000 records of at most 1 MiB", "Web/Requests/RecordList", r"maximumRecordBytes = 1 << 20\n"),
        (r"credits \| 4 MiB", "Web/Controllers/Transactions/CreditsController", r"maximumBytes = 4 << 20\n"),
        (r"customers/\{id\}` \| 128 KiB", "Web/Controllers/Customers/CustomersController", r"maximumBytes = 128 << 10\n"),
        (r"for those over 16 KiB", "Web/Limits/BodyBudget", r"smallSize = 16 << 10\n"),
        (r"minute \| 6000; 120,000", "Web/Limits/RequestLimits", r"caller: Int64 = 6000\n[\s\S]*key: Int64 = 120_000\n"),
        (r"ten times the larger one", "Web/Limits/RequestLimits", r"process: Int64 \{ 10 &\* max\(caller, key\) \}"),
        (r"processors but one; 64 wait", "Web/Limits/HeavyReads", r"coreCount - 1\)\n\s+var waiting = 64\n"),
        (r"running and waiting \| 6;", "Web/Limits/HeavyReads", r"var ofCaller = 6\n"),
        (r"4096 of together 64 MiB", "Storage/Recording/EventBatches", r"maxWaiting: Int = 4096, maxWaitingBytes: Int = 64 << 20,"),
        (r"in one answer \| 30,000", "Storage/Usage/UsageLedger+Subjects", r"maximumGroupedLines = 30_000\n"),
        (r"held back \| 1 MiB,", "ConsoleBilling/Logging/LineQueue", r"maximumBytes: Int = 1 << 20,"),
    ):
        if not re.search(row, text):
            fail("reference/routes.md", f"what is bounded has no row like {row}")
        if not re.search(code, (ROOT / f"Sources/{where}.swift").read_text()):
            fail("reference/routes.md", f"what is bounded says {row}, and {where} has it no more")


def metrics(executable, text, everything):
    with peers.running(executable, API_KEYS="", METRICS_OPEN="true") as service:
        with urllib.request.urlopen(service.url + "/metrics", timeout=10) as answer:
            said = answer.read().decode()
    known = dict(re.findall(r"^# HELP (\S+) (.*)$", said, re.MULTILINE))
    told = {name: meaning for name, _, meaning in rows(text, 3) for name in re.findall(r"`(\w+)`", name)}
    for name in known.keys() - told.keys():
        fail("reference/metrics.md", f"{name} has no row")
    for name in told.keys() - known.keys():
        fail("reference/metrics.md", f"there is no metric {name}")
    for document, words in everything.items():
        # A role of the database is named alike.
        for name in set(re.findall(r"\bconsole_billing_[a-z_]+", words)) - {"console_billing_reader"}:
            if re.sub(r"_(bucket|sum|count)$", "", name) not in known and name not in known:
                fail(document, f"there is no metric {name}")
    return len(told)


# Names of things elsewhere


def anchors(text):
    """The anchors that GitHub makes from headings."""
    headings = re.findall(r"^#+ (.+)$", prose(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(everything):
    count = 0
    for name, text in everything.items():
        text = prose(text)
        for match in re.finditer(r"\]\(([^)\s]+)\)", text):
            target, _, anchor = match[1].partition("#")
            if re.match(r"[a-z]+:", match[1]):
                continue
            count += 1
            where = f"{name}:{line_of(text, match.start())} (without blocks)"
            path = (ROOT / name).parent / target if target else ROOT / name
            if not path.exists():
                fail(where, f"there is nothing at {match[1]}")
            elif anchor and path.suffix == ".md" and anchor not in anchors(path.read_text()):
                fail(where, f"{target or name} has no section {anchor}")
    return count


def reached(everything):
    """Every document can be come to from README by links."""
    waiting, seen = ["README.md"], set()
    while waiting:
        name = waiting.pop()
        if name in seen or name not in everything:
            continue
        seen.add(name)
        for target in re.findall(r"\]\(([^)#\s]+\.md)", prose(everything[name])):
            waiting.append(os.path.relpath((ROOT / name).parent / target, ROOT))
    for name in everything.keys() - seen:
        fail(name, "no link leads here from README.md")


def tests(everything):
    """The tests that a table names by their suite and sentence."""
    count = 0
    for name, text in everything.items():
        for suite, sentences in re.findall(r"`(\w+Tests)`: ([^|`]+)", text):
            files = list((ROOT / "Tests").glob(f"**/{suite}.swift"))
            said = "".join(file.read_text() for file in files)
            for sentence in re.split(r"; ", sentences.strip().rstrip(";")):
                # A row with a link is described elsewhere.
                if "[" in sentence or not sentence.strip():
                    continue
                count += 1
                if f"`{sentence.strip()}`" not in said:
                    fail(name, f"{suite} has no test that says: {sentence.strip()}")
    return count


def alerts(everything):
    known = set(re.findall(r"- alert: (\w+)", (ROOT / "deploy/prometheus/alerts.yaml").read_text()))
    for name, text in everything.items():
        for alert in set(re.findall(r"\bConsoleBilling[A-Z]\w+", text)) - known:
            fail(name, f"there is no alert {alert}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--service", required=True, help="the console-billing executable")
    parser.add_argument("--stand-in", required=True, help="the stripe-stand-in executable, which is the Stripe to ask")
    parser.add_argument("--only", default="", help="only run blocks of documents with this in their name")
    arguments = parser.parse_args()
    started = time.monotonic()
    everything = documents()
    program = Program(arguments.service)

    counts = dict.fromkeys(("run", "held"), 0)
    for name, text in everything.items():
        runnable = []
        for block in blocks(name, text):
            hold_against(program, block.where, block.commands)
            kind, _, need = block.decision.partition("=")
            if block.decision == "run":
                runnable.append(block)
            elif block.decision == "serves":
                if block.commands.strip() != "console-billing serve --dev":
                    fail(block.where, "what is run here is `console-billing serve --dev`")
            elif kind == "needs" and set(need.split(",")) <= NEEDS:
                counts["held"] += 1
            else:
                fail(block.where, f"say what is to be done with it: run, serves or needs=, one of {sorted(NEEDS)}")
        for examples in EXAMPLES.finditer(text):
            hold_against(program, f"{name}:{line_of(text, examples.start())}", examples[1])
            counts["held"] += 1
        if runnable and arguments.only in name:
            counts["run"] += len(runnable)
            run_blocks(name, runnable, arguments)
        inline(program, name, text)

    written = subprocess.run(
        [arguments.service, "manual", "--form", "markdown"], capture_output=True, text=True, check=True
    ).stdout
    if (REFERENCE / "commands.md").read_text() != written:
        fail("reference/commands.md", "write it anew: console-billing manual --form markdown")
    told = settings(arguments.service, (REFERENCE / "configuration.md").read_text())
    ways = routes((REFERENCE / "routes.md").read_text())
    bounds((REFERENCE / "routes.md").read_text())
    measured = metrics(arguments.service, (REFERENCE / "metrics.md").read_text(), everything)
    linked = links(everything)
    reached(everything)
    named = tests(everything)
    alerts(everything)

    for failure in failures:
        print(failure)
    print(
        f"{len(everything)} documents: {counts['run']} blocks run, {counts['held']} held against {len(program.names)} "
        f"commands; {told} settings, {ways} routes, {measured} metrics, {linked} links, {named} tests named; "
        f"{len(failures)} wrong, in {time.monotonic() - started:.0f} s"
    )
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
