"""Every kind of caller that the service knows or has to turn away."""

import dataclasses
import hashlib
import re
import time

import jwt

from bearer_tokens import AUDIENCE, ISSUER
from people import ABSENT, CONNECTED, EVERYBODY, MINE, STRANGER

SCOPES = [
    "feed:read", "feed:user", "sessions:write", "usage:write", "customers:write", "alerts:write", "ops", "metrics:read",
]  # fmt: skip
# The whole feed of a person, for a page that shows the last months unless told otherwise.
ALWAYS = "range=custom&from=2026-01-01&to=2026-11-30"


@dataclasses.dataclass(frozen=True)
class Caller:
    name: str
    # One of bad, key, token, session, cookie, link.
    kind: str
    headers: dict
    scopes: tuple = ()
    # The people whose rows it shows; None for all.
    sees: tuple = None
    # For a bad one: how it is refused.
    status: int = 401
    # For a link: its purpose and its query.
    link: tuple = ()

    @property
    def names(self):
        """The headers that say whose rows are meant."""
        return {"X-User-Id", "x-organization-id"} & self.headers.keys()


def key_of(scope):
    return f"cbk_callers_{scope}"


def api_keys():
    """The setting for a key of each scope, and one of all."""
    scopes = {scope: scope for scope in SCOPES} | {"all": "+".join(SCOPES)}
    entries = [(name, hashlib.sha256(key_of(name).encode()).hexdigest(), has) for name, has in scopes.items()]
    return ",".join(f"{name.replace(':', '-')}:{digest}:{has}" for name, digest, has in entries)


def of_key(scope, what="", sees=None, **headers):
    headers = {"x-api-key": key_of(scope)} | {name.replace("_", "-"): value for name, value in headers.items()}
    return Caller(f"key of {scope}{what}", "key", headers, tuple(SCOPES) if scope == "all" else (scope,), sees)


def of_bearer(name, token, sees=(), kind="token", **headers):
    headers = {"Authorization": f"Bearer {token}"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return Caller(name, kind, headers, sees=sees)


def session(client, person):
    body = {"customer": person.customer, "account": person.account}
    return client.insist("POST", "/v1/customer_sessions", key_of("sessions:write"), body)["token"]


def of_cookie(name, client, person):
    # As our own page sends it, or nothing that changes anything would be done for it.
    headers = {"Cookie": f"__Host-billing_session={session(client, person)}", "Sec-Fetch-Site": "same-origin"}
    return Caller(name, "cookie", headers, sees=(person,))


def links(client, person):
    """The queries of the links that are signed for a customer, by what they are for."""
    headers = {"Authorization": f"Bearer {session(client, person)}"}
    row = client.ask("GET", f"/v1/transactions/{person.payment}", headers).json
    page = client.ask("GET", f"/billing?{ALWAYS}", headers)
    waiting = re.search(rf"/v1/transactions/{person.waiting}/next_action\?([^\"]+)", page.text)
    assert waiting, f"the page has no link to what {person.waiting} waits for: {page.status}"
    return {"receipt": row["receipt"]["url"].partition("?")[2], "next_action": waiting[1].replace("&amp;", "&")}


def without_identity(client, issuer, expired):
    """Callers whom every route refuses."""
    token, now = issuer.token("first", MINE.sub), int(time.time())
    yield Caller("nobody", "bad", {})
    yield Caller("a wrong key", "bad", {"x-api-key": "cbk_wrong"})
    yield of_bearer("a wrong bearer", "cbk_wrong", kind="bad")
    both = {"x-api-key": key_of("all"), "Authorization": f"Bearer {token}"}
    yield Caller("both credentials", "bad", both, status=400)
    claims = {"iss": ISSUER, "aud": [AUDIENCE], "sub": MINE.sub, "iat": now, "exp": now + 600}
    for name, wrong in [
        ("expired token", issuer.token("first", MINE.sub, exp=now - 60)),
        ("token for another audience", issuer.token("first", MINE.sub, aud=["https://evil.example"])),
        ("token of another issuer", issuer.token("first", MINE.sub, iss="https://evil.example/")),
        ("token without a signature", jwt.encode(claims, None, algorithm="none")),
        ("token without a signature, of a listed key", jwt.encode(claims, None, "none", {"kid": "first"}) + "AA"),
        ("expired session", expired["session"]),
    ]:
        yield of_bearer(name, wrong, kind="bad")


def with_identity(client, issuer, expired):
    mine, other, nobody = (MINE,), (STRANGER,), ()
    for scope in (*SCOPES, "all"):
        yield of_key(scope)
    for scope in ("feed:read", "feed:user", "sessions:write", "all"):
        yield of_key(scope, ", X-User-Id of the owner", mine, X_User_Id=MINE.uuid)
    yield of_key("feed:user", ", X-User-Id of the owner, by the sub", mine, X_User_Id=MINE.sub)
    yield of_key("feed:user", ", X-User-Id of another", other, X_User_Id=STRANGER.uuid)
    yield of_key("feed:user", ", X-User-Id of an unknown user", nobody, X_User_Id=ABSENT.uuid)
    yield of_key("feed:read", ", the owner's organization", mine, x_organization_id=MINE.organization)
    yield of_key("feed:user", ", the owner's organization alone", mine, x_organization_id=MINE.organization)
    for whose, sees in ((MINE, mine), (STRANGER, nobody)):
        headers = {"X_User_Id": MINE.uuid, "x_organization_id": whose.organization}
        yield of_key("feed:user", f", X-User-Id of the owner, organization of {whose.name}", sees, **headers)

    token = issuer.token("first", MINE.sub)
    yield of_bearer("token of the owner", token, mine)
    yield of_bearer("token of another", issuer.token("first", STRANGER.sub), other)
    yield of_bearer("token of an unknown user", issuer.token("first", ABSENT.sub))
    yield of_bearer("token with its organization", token, mine, x_organization_id=MINE.organization)
    yield of_bearer("token with another's organization", token, nobody, x_organization_id=STRANGER.organization)
    yield of_bearer("token with X-User-Id", token, X_User_Id=STRANGER.uuid)
    yield of_bearer("own session as a token", session(client, MINE), mine, "session")
    yield of_bearer("session with X-User-Id", session(client, MINE), nobody, "session", X_User_Id=MINE.uuid)
    headers = {"x_organization_id": MINE.organization}
    yield of_bearer("session with an organization", session(client, MINE), nobody, "session", **headers)
    yield of_cookie("own session", client, MINE)
    yield of_cookie("another's session", client, STRANGER)
    yield of_cookie("session of a connected account's customer", client, CONNECTED)
    for person in EVERYBODY:
        for purpose, query in links(client, person).items():
            yield Caller(f"{purpose} link of {person.name}", "link", {}, sees=(person,), link=(purpose, query))
    yield Caller("expired link", "link", {}, sees=nobody, link=("receipt", expired["link"]))
