"""The operator's commands at the real service: the log with its filters, the quarantine and its way out, usage that comes
too late, the screen for three in the morning, what each usual mistake is told, what `serve --dev` shows when, the manual
page by mandoc, and completions in a real bash, zsh and fish.

Usage: commands.py --service console-billing
Needs mandoc, bash, zsh and fish."""

import argparse
import hashlib
import json
import os
import pathlib
import re
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "Peers"))
import service as peers  # noqa: E402

LIMITED = "cbk_limited"


def event(number, **more):
    charge = {
        "id": f"ch_{number}", "object": "charge", "amount": 2500, "amount_captured": 2500, "amount_refunded": 0,
        "currency": "usd", "created": 1750000000, "status": "succeeded", "paid": True, "captured": True, **more,
    }
    body = {
        "id": f"evt_{number}", "object": "event", "type": "charge.succeeded", "created": 1750000000,
        "livemode": False, "data": {"object": charge},
    }
    return json.dumps(body).encode()


class Commands:
    """Runs the program as an operator would, in a folder without anything."""

    def __init__(self, program, folder, url, key=peers.API_KEY):
        self.program, self.folder = program, folder
        self.environment = {
            "PATH": os.environ["PATH"], "PUBLIC_URL": url, "CONSOLE_BILLING_API_KEY": key, "TZ": "UTC", "NO_COLOR": "1",
        }

    def run(self, *words, code=0, **environment):
        finished = subprocess.run(
            [self.program, *words], capture_output=True, text=True, cwd=self.folder, timeout=60,
            env={**self.environment, **environment},
        )
        assert finished.returncode == code, (
            f"{' '.join(words)} ended with {finished.returncode}, not {code}:\n{finished.stdout}{finished.stderr}"
        )
        return finished

    def json(self, *words, **options):
        return json.loads(self.run(*words, "--format", "json", **options).stdout)

    def refused(self, code, saying, *words, **environment):
        finished = self.run(*words, code=code, **environment)
        for word in saying:
            assert word in finished.stderr, f"{' '.join(words)} does not say {word!r}:\n{finished.stderr}"


def listing(ours):
    """The log: what was received when, all its pages, in each form."""
    every = ours.json("events", "list", "--all")["data"]
    assert len(every) == 253 and ours.json("events", "list")["has_more"]
    lines = ours.run("events", "list", "--all", "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line) for line in lines] == every
    assert len(ours.json("events", "list", "--limit", "130")["data"]) == 130
    after = ours.json("events", "list", "--starting-after", every[129]["id"], "--limit", "200")["data"]
    assert after == every[130:]
    for words, count in (
        (["--since", "1h", "--all"], 252), (["--until", "1h"], 1), (["--object", "ch_7"], 1), (["--livemode", "true"], 0),
        (["--account", "acct_1"], 0), (["--type", "charge.*", "--outcome", "quarantined"], 2), (["--source", "api"], 0),
    ):
        found = ours.json("events", "list", *words)["data"]
        assert len(found) == count, (words, len(found))
    table = ours.run("events", "list", "--limit", "3", "--format", "table")
    assert table.stdout.splitlines()[0].split() == ["RECEIVED", "EVENT", "API", "VERSION", "TYPE", "OBJECT", "OUTCOME"]
    assert "--starting-after" in table.stderr
    assert ours.run("events", "list", "--type", "no.such", "--format", "table").stdout == "There is no such event.\n"


def quarantine(ours):
    """Listed with reason and object; what can be read today is repaired, and what cannot says why."""
    text = ours.run("events", "quarantine", "--format", "table").stdout
    assert "evt_wrong  charge.succeeded about ch_wrong" in text and "data.object.amount" in text, text
    assert "evt_old  charge.succeeded  received" in text and "of an older version" in text, text
    for command in ("events show evt_wrong", "reconcile --since 2025-06-15 --fix", "events retry"):
        assert "console-billing " + command in text, text
    assert "many" not in text, "a value of the body is shown"

    assert ours.json("stats")["events"]["total"]["by_outcome"]["quarantined"] == 2
    result = ours.json("events", "retry", code=1)
    assert result["repaired"] == ["evt_old"] and result["changed"] == 1, result
    assert [failure["id"] for failure in result["failed"]] == ["evt_wrong"]
    assert "amount" in result["failed"][0]["reason"]
    assert ours.json("events", "show", "evt_old")["outcome"] == "projected"
    again = ours.run("events", "retry", "evt_wrong", "--format", "human", code=1)
    assert "0 repaired" in again.stdout and "events quarantine" in again.stderr
    assert ours.json("events", "retry", "evt_7")["failed"] == []


def stats(ours, limited):
    text = ours.run("stats", "--format", "human").stdout
    assert "ready" in text.splitlines()[0] and len(text.splitlines()) < 25, text
    for word in ("projected", "last webhook", "acknowledged", "p99", "fetches", "disk", "up for"):
        assert word in text, text
    assert any(line.startswith("! quarantined") for line in text.splitlines()), text
    told = ours.json("stats")
    assert told["ready"] and told["lacking"] == [] and metric(told, "console_billing_deliveries_total", outcome="recorded") == 250
    assert told["events"]["hour"]["events"] == 252 and told["events"]["total"]["events"] == 253
    assert told["acknowledgement_ms"]["p50"] > 0 and metric(told, "console_billing_database_bytes", file="main") > 0
    # With METRICS_OPEN the numbers of /metrics need no key on the service's own machine; the log does.
    part = limited.run("stats", "--format", "json", code=1)
    told = json.loads(part.stdout)
    assert told["events"] is None and metric(told, "console_billing_deliveries_total", outcome="recorded") == 250
    assert "ops" in part.stderr and "keys new" in part.stderr


def metric(told, name, **labels):
    """The value of a metric in the JSON of `stats`."""
    return next(sample["value"] for sample in told["metrics"] if (sample["name"], sample["labels"]) == (name, labels))


def imports(ours):
    """A lease that comes after its day is final: which lease and which day, each time that it is sent."""
    folder = pathlib.Path(ours.folder)
    lease = {
        "chain_id": "akashnet-2", "owner": "akash1o", "dseq": "1", "gseq": 1, "oseq": 1, "provider": "akash1p",
        "denom": "uact", "price_per_block": "1", "created_height": "5", "state": "active",
    }
    (folder / "leases.json").write_text(json.dumps(lease))
    (folder / "calendar.csv").write_text("date,first_height,last_height,final\n2026-06-01,1,999,true\n")
    (folder / "late.json").write_text(json.dumps({**lease, "dseq": "2"}))
    taken = ours.json("usage", "import", "leases.json", "calendar.csv")
    assert taken["accepted"] == 2 and taken["contradicted"] == [] and taken["warnings"] == [], taken
    for changed in (1, 0):
        late = ours.json("usage", "import", "late.json", code=1)
        assert late["changed"] == changed and late["contradictions"] == 1, late
        contradiction = {"date": "2026-06-01", "lease": "akashnet-2/akash1o/2/1/1/0/akash1p", "difference": None}
        assert late["contradicted"] == [contradiction], late
    told = ours.run("usage", "import", "late.json", "--format", "human", code=1)
    assert "final days, which stay as they were: 1." in told.stdout, told.stdout
    assert "2026-06-01 stays as it was, for the lease akashnet-2/akash1o/2/1/1/0/akash1p." in told.stderr, told.stderr
    (folder / "later.json").write_text(json.dumps({**lease, "owner": "akash1later"}))
    (folder / "future.csv").write_text("date,first_height,last_height_yet\n2999-06-01,1000,1001\n")
    partly = ["future.csv: the records 1 to 1 were not taken, the 1 before them were", "has not come yet"]
    ours.refused(64, partly, "usage", "import", "later.json", "future.csv")
    (folder / "misspelt.csv").write_text("date,first_height,last_height_yet,akt_used\n2026-06-02,1000,1001,2\n")
    ours.refused(65, ["line 2", '"akt_used" (did you mean akt_usd?)', "Nothing was imported"], "usage", "import", "misspelt.csv")


def mistakes(ours, limited, nobody):
    """Usual mistakes get a message that says what is wrong and what to do next."""
    for words in (["events", "list"], ["stats"], ["events", "retry"], ["usage", "sync"], ["backup", "x.sqlite"]):
        nobody.refused(69, ["Nothing answers at", "console-billing serve", "--server"], *words)
    ours.refused(78, ["401", "--api-key", "keys new"], "events", "list", CONSOLE_BILLING_API_KEY="cbk_wrong")
    ours.refused(78, ["no API key", "--api-key", "keys new"], "events", "list", CONSOLE_BILLING_API_KEY="")
    limited.refused(78, ["403", "ops", "keys new"], "events", "list")
    ours.refused(78, ["https"], "events", "list", PUBLIC_URL="http://billing.example.com")
    ours.refused(65, ["evt_nobody", "events list", "backfill"], "events", "show", "evt_nobody")
    ours.refused(65, ["evt_nobody", "events quarantine"], "events", "retry", "evt_nobody")
    ours.refused(64, ["event of the cursor does not exist"], "events", "list", "--starting-after", "evt_nobody")
    ours.refused(64, ["--since", "30d"], "events", "list", "--since", "yesterday")
    ours.refused(64, ["ends before it begins"], "events", "list", "--since", "1h", "--until", "2h")
    ours.refused(64, ["events list", "Did you mean"], "events", "lst")
    ours.refused(64, ["Did you mean `console-billing stats`?"], "statz")
    ours.refused(64, ["--port"], "serve", "--prot", "1")
    ours.refused(64, ["--list"], "trigger")
    ours.refused(65, ["no-such-file"], "replay", "no-such-file.json")
    ours.refused(78, ["STRIPE_WEBHOOK_SECRET"], "serve", PUBLIC_URL="", LINK_SIGNING_SECRET="x" * 32)
    ours.refused(78, ["PORT"], "serve", "--port", "many")
    ours.refused(78, ["HOST", "Did you mean"], "serve", "--set", "HOSST=1")


def development(program):
    """`serve --dev` keeps and shows its secrets once it runs, and not before it is refused."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        for port, code in (("many", 78), (str(taken.getsockname()[1]), 69)):
            with tempfile.TemporaryDirectory() as folder:
                finished = subprocess.run(
                    [program, "serve", "--dev"], env={"PATH": os.environ["PATH"], "PORT": port},
                    cwd=folder, capture_output=True, text=True, timeout=60,
                )
                assert finished.returncode == code and finished.stdout == "", finished
                assert os.path.exists(f"{folder}/data") == (code == 69), os.listdir(folder)
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [program, "serve", "--dev"], env={"PATH": os.environ["PATH"], "PORT": str(peers.free_port())},
            cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )
        shown = "".join(process.stdout.readline() for _ in range(5))
        process.terminate()
        assert process.wait(timeout=40) == 0
        kept = json.loads((pathlib.Path(folder) / "data" / "dev-credentials.json").read_text())
        assert all(kept[name] in shown for name in ("url", "webhook_secret", "api_key", "link_signing_secret")), shown


def manual(ours):
    page = ours.run("manual").stdout
    for words in (["-T", "lint", "-W", "warning"], ["-T", "utf8"]):
        finished = subprocess.run(["mandoc", *words], input=page, capture_output=True, text=True)
        assert finished.returncode == 0, f"mandoc {' '.join(words)}:\n{finished.stdout}{finished.stderr}"
    # As a terminal shows it: bold is a letter, a step back and the letter again.
    shown = re.sub(r".\x08", "", finished.stdout)
    for line in ("events quarantine", "STRIPE_WEBHOOK_SECRET", "EXIT STATUS"):
        assert line in shown, line
    return len(shown.splitlines())


def completions(ours):
    scripts = {shell: ours.run("--generate-completion-script", shell).stdout for shell in ("bash", "zsh", "fish")}
    with tempfile.TemporaryDirectory() as folder:
        for shell, script in scripts.items():
            file = pathlib.Path(folder) / shell
            file.write_text(script)
            subprocess.run([shell, "-n", file], check=True, capture_output=True)
        for line, wanted in (
            ("console-billing eve", "events"), ("console-billing events qua", "quarantine"),
            ("console-billing events list --outc", "--outcome"), ("console-billing sta", "stats"),
            ("console-billing events list --outcome quar", "quarantined"),
        ):
            found = completed(pathlib.Path(folder) / "bash", line, ours)
            assert wanted in found, f"{line}<tab> gives {found}"
        asked = f"source {folder}/fish; complete -C 'console-billing events ret'"
        found = subprocess.run(
            ["fish", "--no-config", "-c", asked], capture_output=True, text=True, check=True, env=path(ours)
        ).stdout
        assert found.split("\t")[0].strip() == "retry", found


def path(ours):
    return {**ours.environment, "PATH": f"{pathlib.Path(ours.program).parent}:{os.environ['PATH']}", "HOME": ours.folder}


def completed(script, line, ours):
    """The completions of bash for a line, by the very function that it has for the program."""
    asked = """
        source "$1"
        declaration=$(complete -p console-billing) || exit 1
        [[ $declaration =~ -F\\ ([^ ]+) ]] || exit 2
        COMP_LINE=$2 COMP_POINT=${#2}
        COMP_WORDS=($2) COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        "${BASH_REMATCH[1]}" console-billing "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf '%s\\n' "${COMPREPLY[@]}"
    """
    finished = subprocess.run(
        ["bash", "--norc", "-c", asked, "bash", script, line], capture_output=True, text=True, env=path(ours)
    )
    assert finished.returncode == 0, finished.stderr
    return [word.strip() for word in finished.stdout.splitlines()]


def age(database):
    """Makes one event of yesterday, and one that an older version could not read: the service is not running."""
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE events SET received_at = received_at - 86400 WHERE id = 'evt_0'")
        connection.execute(
            "INSERT INTO events (id, type, received_at, livemode, source, disposition, reason, payload, body_size)"
            " VALUES ('evt_old', 'charge.succeeded', ?, 0, 'webhook', 'quarantined', 'of an older version', ?, ?)",
            (int(time.time()), event("old"), len(event("old"))),
        )
    connection.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--service", required=True, help="the console-billing executable")
    program = os.path.abspath(parser.parse_args().service)
    keys = ",".join(
        f"{name}:{hashlib.sha256(key.encode()).hexdigest()}:{scopes}"
        for name, key, scopes in (("peers", peers.API_KEY, "ops+usage:write"), ("limited", LIMITED, "feed:read"))
    )
    with tempfile.TemporaryDirectory() as folder:
        database = f"{folder}/billing.sqlite"
        settings = {"DATABASE_URL": f"sqlite:{database}", "API_KEYS": keys, "LOG_LEVEL": "error"}
        near = {"API_KEY": "canary", "LOG_LEVEL": "warning"}
        with peers.running(program, METRICS_OPEN="true", **{**settings, **near}) as service:
            assert service.post(event(0), peers.signature(event(0)))[0] == 200
            log = pathlib.Path(service.log).read_text()
            assert "the variable API_KEY is not read; did you mean API_KEYS?" in log and "canary" not in log, log
        age(database)
        with peers.running(program, METRICS_OPEN="true", **settings) as service:
            for number in range(1, 251):
                body = event(number)
                assert service.post(body, peers.signature(body))[0] == 200
            body = event("wrong", amount="many")
            assert service.post(body, peers.signature(body))[1]["outcome"] == "quarantined"
            ours = Commands(program, folder, service.url)
            limited = Commands(program, folder, service.url, key=LIMITED)
            nobody = Commands(program, folder, f"http://127.0.0.1:{peers.free_port()}")
            listing(ours)
            stats(ours, limited)
            quarantine(ours)
            imports(ours)
            mistakes(ours, limited, nobody)
        development(program)
        lines = manual(ours)
        completions(ours)
    print(f"The log, the quarantine, the screen and the mistakes; a manual of {lines} lines; three shells complete")
    return 0


if __name__ == "__main__":
    sys.exit(main())
