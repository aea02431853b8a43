"""Console's bearer tokens, made by PyJWT and checked by us, with an issuer that is slow, wrong or down.

    .venv/bin/python Tests/Peers/bearer_tokens.py --service path/to/console-billing
"""

import argparse
import base64
import http.server
import json
import subprocess
import threading
import time
import urllib.error
import urllib.request

import jwt
from cryptography.hazmat.primitives import serialization

import service

ISSUER = "https://tenant.auth0.example/"
AUDIENCE = "https://console-api.akash.network"


class Issuer:
    """An issuer's key set on a port of this machine; what it does can be changed while it runs."""

    def __init__(self, *names):
        self.keys = {name: new_key() for name in names}
        self.listed = list(names)
        self.manner = "good"
        self.asked = 0
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.asked += 1
                if issuer.manner == "slow":
                    time.sleep(6)
                if issuer.manner == "down":
                    return self.connection.close()
                status = {"wrong": 500, "moved": 302}.get(issuer.manner, 200)
                body = {
                    "garbage": b"<html>We are sorry</html>",
                    "empty": b'{"keys":[]}',
                    "large": b'{"keys":[' + b" " * (1 << 20) + b"]}",
                }.get(issuer.manner, issuer.document())
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    pass  # Hung up on: the answer was too large or too late.

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}/.well-known/jwks.json"

    def document(self):
        keys = []
        for name in self.listed:
            jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.keys[name].public_key()))
            keys.append({**jwk, "kid": name, "use": "sig", "alg": "RS256"})
        return json.dumps({"keys": keys}).encode()

    def token(self, name, subject="auth0|peer", **claims):
        now = int(time.time())
        payload = {
            "iss": ISSUER, "aud": [AUDIENCE], "sub": subject, "iat": now, "exp": now + 600, **claims,
        }
        return jwt.encode(payload, self.keys[name], algorithm="RS256", headers={"kid": name})


def new_key():
    pem = subprocess.run(["openssl", "genrsa", "2048"], capture_output=True, check=True).stdout
    return serialization.load_pem_private_key(pem, None)


def ask(running, token, path="/v1/transactions"):
    request = urllib.request.Request(running.url + path, headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def expect(what, found, wanted):
    assert found == wanted, f"{what}: {found}, not {wanted}"
    print(f"ok   {what}")


def confused(issuer, name):
    """HS256 with the public key as the secret, by hand: PyJWT refuses to make one."""
    import hashlib
    import hmac

    def text(value):
        return base64.urlsafe_b64encode(value).rstrip(b"=")

    good = issuer.token(name).split(".")
    pem = issuer.keys[name].public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    header = text(json.dumps({"alg": "HS256", "typ": "JWT", "kid": name}).encode())
    signed = header + b"." + good[1].encode()
    return (signed + b"." + text(hmac.new(pem, signed, hashlib.sha256).digest())).decode()


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--service", required=True)
    executable = options.parse_args().service

    issuer = Issuer("first", "second")
    issuer.listed = ["first"]
    settings = {
        "AUTH0_JWKS_URI": issuer.address, "AUTH0_ISSUER": ISSUER, "AUTH0_AUDIENCE": AUDIENCE,
    }
    with service.running(executable, **settings) as running:
        expect("a token of PyJWT's opens the feed", ask(running, issuer.token("first"))[0], 200)
        expect("one audience alone", ask(running, issuer.token("first", aud=AUDIENCE))[0], 200)
        now = int(time.time())
        for what, token, code in [
            ("expired", issuer.token("first", exp=now - 60), "token_expired"),
            ("not yet", issuer.token("first", nbf=now + 120), "token_not_yet_valid"),
            ("another issuer's", issuer.token("first", iss="https://evil.example/"), "token_issuer"),
            ("another service's", issuer.token("first", aud=["https://evil.example"]), "token_audience"),
            ("none", jwt.encode({"sub": "x"}, None, algorithm="none", headers={"kid": "first"}) + "AA", "token_algorithm"),
            ("the public key as a secret", confused(issuer, "first"), "token_algorithm"),
            ("an unlisted key's", issuer.token("second"), "token_key_unknown"),
        ]:
            status, body = ask(running, token)
            expect(f"refused: {what}", (status, body["error"]["code"]), (401, code))
        for _ in range(50):
            ask(running, issuer.token("second"))
        expect("the issuer was asked once, whatever names came", issuer.asked, 1)
        with open(running.log) as log:
            text = log.read()
        assert issuer.token("first").split(".")[0] not in text and "eyJ" not in text, "a token is in the log"

    for manner in ["slow", "wrong", "moved", "garbage", "empty", "large", "down"]:
        issuer.manner, issuer.asked = manner, 0
        with service.running(executable, **settings) as running:
            status, body = ask(running, issuer.token("first"))
            expect(f"{manner}: our trouble", (status, body["error"]["code"]), (503, "issuer_unavailable"))
            expect(f"{manner}: keys go on working", ask(running, service.API_KEY)[0], 200)
            expect(f"{manner}: asked once", issuer.asked, 1)

    for given in [{"AUTH0_ISSUER": ISSUER}, {**settings, "AUTH0_JWKS_URI": "http://tenant.auth0.example/jwks"}]:
        try:
            with service.running(executable, **given):
                raise AssertionError("it started")
        except SystemExit as refusal:
            assert "AUTH0_" in str(refusal), refusal
            print("ok   refused at start: " + str(refusal).splitlines()[0])


if __name__ == "__main__":
    main()
