"""The samples of deploy/nginx and deploy/caddy in front of the service, with TLS, by the real programs.

Only name, port, certificate, log and upstream of a sample are changed. A signed webhook has to arrive byte for byte, a large one to be refused in the service's own words. The metrics are attacked under every spelling while the service has them open to loopback, and no log may hold a query, while the service runs and when it is down."""

import argparse
import contextlib
import http.client
import json
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "Tests/Peers"))
import service as peers  # noqa: E402

NAME = "billing.example.com"


def certificate(folder):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-days", "2", "-subj", f"/CN={NAME}",
         "-addext", f"subjectAltName=DNS:{NAME}"],
        check=True, capture_output=True,
    )  # fmt: skip


def replaced(text, *pairs):
    for old, new in pairs:
        if old not in text:
            raise SystemExit(f"the sample has no {old!r} any more: mend this check")
        text = text.replace(old, new)
    return text


def nginx(folder, port, upstream):
    sample = replaced(
        (ROOT / "deploy/nginx/console-billing.conf").read_text(),
        ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
        ("/etc/ssl/billing/fullchain.pem", f"{folder}/cert.pem"),
        ("/etc/ssl/billing/privkey.pem", f"{folder}/key.pem"),
        ("http://127.0.0.1:3080", f"http://127.0.0.1:{upstream}"),
        ("/var/log/nginx/console-billing.log", f"{folder}/access.log"),
    )
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    # Takes the place of Debian's nginx.conf: only files of this test, none of the machine.
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user} daemon off; pid {folder}/nginx.pid; error_log stderr warn; events {{}} http {{ {places} {sample} }}"
    )
    return ["nginx", "-c", f"{folder}/nginx.conf", "-p", str(folder), "-e", "stderr"]


def caddy(folder, port, upstream):
    sample = replaced(
        (ROOT / "deploy/caddy/Caddyfile").read_text(),
        (f"{NAME} {{", f"https://{NAME}:{port} {{\n\tbind 127.0.0.1\n\ttls {folder}/cert.pem {folder}/key.pem"),
        ("127.0.0.1:3080", f"127.0.0.1:{upstream}"),
    )
    # No port for redirections and none for administration: other tests run on this machine.
    options = replaced(sample, ("{\n\t#", "{\n\tadmin off\n\tauto_https disable_redirects\n\t#"))
    (folder / "Caddyfile").write_text(options)
    return ["caddy", "run", "--adapter", "caddyfile", "--config", f"{folder}/Caddyfile"]


class Connection(http.client.HTTPSConnection):
    """To a name that only the certificate knows, on loopback."""

    def __init__(self, port, folder):
        super().__init__(NAME, port, context=ssl.create_default_context(cafile=folder / "cert.pem"), timeout=20)

    def connect(self):
        plain = socket.create_connection(("127.0.0.1", self.port), self.timeout)
        self.sock = self._context.wrap_socket(plain, server_hostname=NAME)


def ask(port, folder, method, path, body=None, headers=()):
    connection = Connection(port, folder)
    with contextlib.closing(connection):
        connection.request(method, path, body=body, headers=dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


@contextlib.contextmanager
def running(command, folder, port):
    log = folder / "proxy.log"
    with open(log, "wb") as output:
        environment = {"PATH": os.environ["PATH"] + ":/usr/sbin", "HOME": str(folder), "XDG_DATA_HOME": str(folder)}
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment, cwd=folder)
    try:
        deadline = time.monotonic() + 20
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{command[0]} does not listen:\n{log.read_text()}")
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(20)


# Spellings of /metrics, as a proxy or the service might read the path.
METRICS = [
    "/metrics", "/metrics/", "/metrics//", "//metrics", "///metrics//", "/./metrics", "/x/../metrics", "/metrics/.",
    "/metrics/../metrics", "/%6detrics", "/%6Detrics/", "/%6d%65%74%72%69%63%73", "/metrics%2f", "/metrics%2F%2F", "/%2fmetrics",
    "/%2e/metrics", "/x/%2e%2e/metrics", "/metrics?a=b", "/metrics/?a", "/metrics%3f", "/metrics%23", "/metrics;a=b",
    "/metrics%00", "/metrics%20", "/metrics\\", "/METRICS", "/%256detrics", "/metrics%252f",
    f"https://{NAME}/metrics", f"https://{NAME}/x/..//metrics/",
]  # fmt: skip


def attack_metrics(name, folder, port):
    """However the path is written, and whatever else is said, nothing but a refusal comes back."""
    for path in METRICS:
        for headers in ([], ["x-api-key: " + peers.API_KEY], ["X-Forwarded-For: 127.0.0.1", "Connection: X-Forwarded-For"]):
            lines = [f"GET {path} HTTP/1.1", f"Host: {NAME}", *headers]
            if not any(line.startswith("Connection") for line in headers):
                lines.append("Connection: close")
            connection = Connection(port, folder)
            with contextlib.closing(connection):
                connection.connect()
                connection.sock.sendall("\r\n".join([*lines, "", ""]).encode())
                answer = http.client.HTTPResponse(connection.sock)
                answer.begin()
                body = answer.read()
            assert answer.status in (400, 404) and b"# TYPE" not in body, (name, path, answer.status)
    return len(METRICS)


SECRET = "cbs1.canary-of-a-session"


def ask_with_secrets(port, folder, wanted):
    """Requests of a browser with a session or a signed link in the address or the referrer."""
    for path in (f"/billing?session={SECRET}", f"/v1/transactions/ch_1/receipt?expires=1&signature={SECRET}"):
        headers = [("Referer", f"https://{NAME}{path}")]
        status, _, body = ask(port, folder, "GET", path, headers=headers)
        assert status in wanted, (path, status, body)
        # Refused by the proxy itself: more than it lets through.
        connection = Connection(port, folder)
        with contextlib.closing(connection):
            connection.connect()
            connection.sock.sendall(
                f"POST {path} HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: 99999999\r\nConnection: close\r\n\r\n".encode()
            )
            http.client.HTTPResponse(connection.sock).begin()


def check(name, make, upstream):
    service = int(upstream.url.rpartition(":")[2])
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        certificate(folder)
        port = peers.free_port()
        with running(make(folder, port, service), folder, port):
            status, headers, body = ask(port, folder, "GET", "/readyz")
            assert status == 200, (name, status, body)
            assert "max-age" in headers["Strict-Transport-Security"], (name, headers)

            payload = json.dumps(
                {"id": f"evt_{name}", "object": "event", "type": "ping", "created": int(time.time()),
                 "livemode": False, "text": "\u00e9\u2028 <&> \\ud83d\\ude00", "data": {"object": {}}},
                ensure_ascii=False,
            ).encode()  # fmt: skip
            signed = [("Stripe-Signature", peers.signature(payload))]
            status, _, body = ask(port, folder, "POST", "/v1/stripe-webhook", payload, signed)
            assert (status, json.loads(body)["outcome"]) == (200, "recorded"), (name, status, body)
            status, _, body = ask(port, folder, "POST", "/v1/stripe-webhook", payload + b" ", signed)
            assert (status, json.loads(body)["error"]["code"]) == (400, "signature_mismatch"), (name, body)

            status, _, body = ask(port, folder, "POST", "/v1/stripe-webhook", b"x" * (3 << 20))
            assert status == 413 and json.loads(body)["error"]["type"], (name, status, body)
            with urllib.request.urlopen(upstream.url + "/metrics", timeout=10) as answer:
                assert b"# TYPE" in answer.read(), "the service does not show what the attack is after"
            spellings = attack_metrics(name, folder, port)
            status, _, body = ask(port, folder, "GET", "/v1/transactions")
            assert status == 401 and json.loads(body)["error"]["request_id"], (name, status, body)
            ask_with_secrets(port, folder, (401, 403))
            upstream.process.terminate()
            upstream.process.wait(40)
            ask_with_secrets(port, folder, (502,))
        logs = [file for file in folder.iterdir() if file.suffix == ".log"]
        for file in logs:
            text = file.read_text()
            assert "canary" not in text and "session=" not in text and "signature=" not in text, (name, file.name, text)
        assert any("502" in file.read_text() for file in logs), f"{name}: no log tells that the service was down"
    print(
        f"{name}: TLS, a webhook byte for byte, 400, 413 and 401 in the service's words, {spellings} spellings of the "
        "metrics refused, no query in a log"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--service", required=True, help="the console-billing executable")
    arguments = parser.parse_args()
    os.environ["PATH"] += ":/usr/sbin"
    for name, make in (("nginx", nginx), ("caddy", caddy)):
        assert shutil.which(name), f"{name} is not installed"
        with peers.running(arguments.service, METRICS_OPEN="true") as service:
            check(name, make, service)
    return 0


if __name__ == "__main__":
    sys.exit(main())
