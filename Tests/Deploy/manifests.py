"""The files of deploy/ for systemd, Compose, Kubernetes and Akash, checked by systemd and docker-compose themselves, by
Kubernetes' published schemas, and by the rules of Akash's SDL."""

import os
import pathlib
import subprocess
import sys
import tempfile

import kubernetes_validate
import yaml

DEPLOY = pathlib.Path(__file__).parents[2] / "deploy"
# The maximum of what systemd calls "exposure", from 0 to 10.
EXPOSURE = 1.5


def unit():
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder) / "console-billing.service"
        # The program is not installed where it is checked; everything else is as it is shipped.
        text = (DEPLOY / "systemd/console-billing.service").read_text()
        assert "\nExecReload=/bin/kill -HUP $MAINPID\n" in text, "a reload does not ask for other secrets"
        place.write_text(text.replace("/usr/local/bin/console-billing", "/bin/true"))
        verified = subprocess.run(["systemd-analyze", "verify", place], capture_output=True, text=True)
        assert verified.returncode == 0 and not verified.stderr, verified.stderr
        judged = subprocess.run(
            ["systemd-analyze", "security", "--offline=true", f"--threshold={round(EXPOSURE * 10)}", place],
            capture_output=True,
            text=True,
        )
        verdict = judged.stdout.strip().splitlines()[-1]
        assert judged.returncode == 0, verdict
    return verdict.removeprefix("→ ")


def compose():
    # docker-compose holds a file against the Compose specification, without an engine.
    wanted = ("POSTGRES_PASSWORD", "STRIPE_WEBHOOK_SECRET", "LINK_SIGNING_SECRET")
    told = subprocess.run(
        ["docker-compose", "-f", DEPLOY / "compose.yaml", "--profile", "replicas", "config"],
        env={"PATH": os.environ["PATH"]} | dict.fromkeys(wanted, "only-for-this-check"),
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0 and not told.stderr, told.stderr
    services = yaml.safe_load(told.stdout)["services"]
    replicas = [service for name, service in services.items() if name.startswith("billing-")]
    assert len(replicas) == 3 and all(replica == replicas[0] for replica in replicas)
    told = replicas[0]["environment"]
    assert told["PUBLIC_URL"] and "METRICS_OPEN" not in told and "sslmode=" in told["DATABASE_URL"], told
    # The image's ENTRYPOINT is the program: what is said here are its arguments.
    assert "ENTRYPOINT" in (DEPLOY / "Dockerfile").read_text() and replicas[0]["command"] == ["serve"]
    assert replicas[0]["read_only"] and replicas[0]["cap_drop"] == ["ALL"]
    # Without its secrets it is refused rather than started with none.
    refused = subprocess.run(
        ["docker-compose", "-f", DEPLOY / "compose.yaml", "--profile", "replicas", "config"],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
    )
    assert refused.returncode != 0 and wanted[0] in refused.stderr, refused.stderr
    return f"{len(services)} services"


def kubernetes():
    documents = list(yaml.safe_load_all((DEPLOY / "kubernetes/console-billing.yaml").read_text()))
    for document in documents:
        kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)
    kinds = {document["kind"]: document for document in documents}
    pod = kinds["StatefulSet"]["spec"]["template"]["spec"]
    container = pod["containers"][0]
    # The "restricted" level of Kubernetes' pod security standards.
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["capabilities"]["drop"] == ["ALL"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert {"livenessProbe", "readinessProbe", "startupProbe", "resources"} <= container.keys()
    assert {"PodDisruptionBudget", "NetworkPolicy", "Service"} <= kinds.keys()
    told = {entry["name"]: entry["value"] for entry in container["env"]}
    assert told["PUBLIC_URL"].startswith("https://") and "METRICS_OPEN" not in told, told
    # A file mounted by path, or a variable, never changes in a running pod.
    assert not any("subPath" in mount for mount in container["volumeMounts"])
    assert not any("valueFrom" in entry for entry in container["env"])
    labels = kinds["StatefulSet"]["spec"]["template"]["metadata"]["labels"]
    for selector in (
        kinds["Service"]["spec"]["selector"],
        kinds["StatefulSet"]["spec"]["selector"]["matchLabels"],
        kinds["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
        kinds["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
    ):
        assert selector.items() <= labels.items(), selector
    return f"{len(documents)} objects"


def akash():
    sdl = yaml.safe_load((DEPLOY / "akash/deploy.yaml").read_text())
    assert sdl["version"] == "2.0" and sdl.keys() == {"version", "services", "profiles", "deployment"}
    for name, service in sdl["services"].items():
        for placement, deployed in sdl["deployment"][name].items():
            compute = sdl["profiles"]["compute"][deployed["profile"]]["resources"]
            price = sdl["profiles"]["placement"][placement]["pricing"][deployed["profile"]]
            assert price["denom"] in ("uakt", "uact") and price["amount"] > 0
            assert deployed["count"] == 1, "the embedded database has one writer"
            volumes = {volume["name"]: volume for volume in compute["storage"] if "name" in volume}
            mounts = service["params"]["storage"]
            assert mounts.keys() == volumes.keys(), (mounts, volumes)
            for volume in volumes.values():
                assert volume["attributes"]["persistent"] is True and volume["attributes"]["class"] != "ram"
        assert any(to.get("global") for port in service["expose"] for to in port["to"])
        told = dict(entry.split("=", 1) for entry in service["env"])
        assert told["PUBLIC_URL"].startswith("https://") and "METRICS_OPEN" not in told, told
        # The operator fills in all of it; the file itself holds no secret.
        secrets = [entry for entry in service["env"] if "SECRET" in entry or "API_KEYS" in entry]
        assert len(secrets) == 4 and all(entry.endswith("=") for entry in secrets), secrets
    return f"{len(sdl['services'])} service"


def main():
    for name, check in (("systemd", unit), ("Compose", compose), ("Kubernetes", kubernetes), ("Akash", akash)):
        print(f"{name}: {check()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
