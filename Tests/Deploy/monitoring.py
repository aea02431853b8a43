"""Alerts, dashboard and metrics, checked by Prometheus' own tool against the service as it runs.

Every alert fires and ends (promtool test rules) and has its section in the runbook; every expression of the dashboard
is one (promtool check rules); every metric that either names is one that the service has, and what the service says is
clean (promtool check metrics)."""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.request

import yaml

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "Tests/Peers"))
import service as peers  # noqa: E402

DEPLOY = ROOT / "deploy"
OURS = re.compile(r"\b(?:console_billing|process)_[a-z_]+")
# The suffixes of a histogram's series.
PARTS = re.compile(r"_(?:bucket|sum|count)$")


def run(promtool, *words, **options):
    finished = subprocess.run([promtool, *map(str, words)], capture_output=True, text=True, **options)
    assert finished.returncode == 0, f"promtool {' '.join(map(str, words))}:\n{finished.stdout}{finished.stderr}"
    return finished.stdout + finished.stderr


def alerts(promtool):
    run(promtool, "check", "rules", DEPLOY / "prometheus/alerts.yaml")
    run(promtool, "test", "rules", DEPLOY / "prometheus/alerts.test.yaml")
    rules = [
        rule
        for group in yaml.safe_load((DEPLOY / "prometheus/alerts.yaml").read_text())["groups"]
        for rule in group["rules"]
    ]
    tested = (DEPLOY / "prometheus/alerts.test.yaml").read_text()
    sections = re.findall(r"^## (.+)$", (DEPLOY / "RUNBOOK.md").read_text(), re.MULTILINE)
    for rule in rules:
        name = rule["alert"]
        assert name in sections, f"{name} has no section in the runbook"
        assert rule["annotations"]["runbook"] == f"deploy/RUNBOOK.md#{name.lower()}", name
        told = re.findall(rf"alertname: {name}\b[\s\S]*?exp_alerts:(.*)", tested)
        assert "" in {text.strip() for text in told}, f"{name} is never seen to fire"
        assert sum("[]" in text for text in told) >= 2, f"{name} is not seen before it fires and after it ended"
    # Told by webhook alone: nothing of the service is amiss.
    assert sorted(sections) == sorted([rule["alert"] for rule in rules] + ["BalancesDrift", "PaymentAtRisk"]), "a section without an alert"
    author = (DEPLOY.parent / "Sources/BackgroundJobs/Alerts/AlertFormatter.swift").read_text()
    (named,) = re.findall(r"enum Section: String \{([\s\S]*?)var link", author)
    for anchor in re.findall(r'case \w+ = "(\w+)"', named):
        assert anchor in {name.lower() for name in sections}, f"#{anchor}, which alerts link to, is not in the runbook"
    return [rule["expr"] for rule in rules]


def dashboard(promtool):
    board = json.loads((DEPLOY / "grafana/console-billing.json").read_text())
    expressions = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    plain = [e.replace("$__rate_interval", "5m").replace("$instance", ".*") for e in expressions]
    assert not any("$" in expression for expression in plain), "a variable that is not of the dashboard"
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "dashboard.yaml"
        rules = [{"record": f"panel:{number}", "expr": text} for number, text in enumerate(plain)]
        file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
        run(promtool, "check", "rules", file)
    for panel in board["panels"]:
        assert panel["description"] and panel["title"], panel["id"]
    return expressions


def metrics(promtool, executable):
    with peers.running(executable, API_KEYS="", METRICS_OPEN="true") as service:
        with urllib.request.urlopen(service.url + "/metrics", timeout=10) as answer:
            text = answer.read().decode()
    said = run(promtool, "check", "metrics", input=text)
    assert not said.strip(), said
    return set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--service", required=True, help="the console-billing executable")
    parser.add_argument("--promtool", required=True)
    arguments = parser.parse_args()
    fires, shows = alerts(arguments.promtool), dashboard(arguments.promtool)
    known = metrics(arguments.promtool, arguments.service)
    named = {name for expression in fires + shows for name in OURS.findall(expression)}
    # A family exists before its first event, so that every rule has data.
    missing = {name for name in named if name not in known and PARTS.sub("", name) not in known}
    assert not missing, f"the service has no {', '.join(sorted(missing))}"
    print(f"{len(fires)} alerts fire and end; {len(shows)} expressions of the dashboard; {len(known)} metrics, clean")
    return 0


if __name__ == "__main__":
    sys.exit(main())
