"""The customer's view after a batch: every route that shows the written data, page and print included."""

import re

from people import BLOCKS, CALENDAR, lease
from target import KEY

YEAR = "from=2026-01-01&to=2026-11-30"
DAYS = "from=2026-03-12&to=2026-03-13"
CONSOLE = "startDate=2026-01-01T00:00:00Z&endDate=2026-11-30T00:00:00Z"
#: By route of openapi.json; of a route that shows one row, for each row.
OF_CUSTOMER = {
    "/v1/transactions": ("customer=$c&limit=100", "customer=$c&q=4242&created[gte]=0"),
    "/v1/transactions/export": ("customer=$c&format=csv", "customer=$c&format=jsonl", "customer=$c&timezone=Europe/Berlin"),
    "/v1/usage/daily": (f"customer=$c&{DAYS}", f"customer=$c&{DAYS}&group_by=deployment&timezone=Europe/Berlin", f"owner=$w&{DAYS}&format=csv"),
    "/v1/usage/monthly": (f"customer=$c&{DAYS}", f"owner=$w&{DAYS}&format=csv"),
    "/v1/usage/history": ("address=$w&startDate=2026-03-01&endDate=2026-03-31",),
    "/v1/usage/history/stats": ("address=$w&startDate=2026-03-01&endDate=2026-03-31",),
    "/v1/balance": ("customer=$c",),
    "/v1/forecast": ("customer=$c", "customer=$c&timezone=Europe/Berlin"),
    "/v1/balance/history": (f"customer=$c&{YEAR}", "customer=$c&from=2026-03-01&to=2026-03-31&timezone=Europe/Berlin&format=csv"),
    "/v1/stripe/transactions": ("customer=$c&limit=100",),
    "/v1/stripe/transactions/export": (f"customer=$c&timezone=UTC&{CONSOLE}",),
    "/billing": (f"range=custom&{YEAR}", ""),
    "/billing/usage": (f"range=custom&{DAYS}", f"range=custom&{DAYS}&by=deployment"),
}  # fmt: skip
OF_ROW = ("", "/receipt", "/receipt/print", "/next_action")


def check_complete(document):
    """A route that is added to the document has to be added here."""
    shown = {
        path
        for path, methods in document["paths"].items()
        if "get" in methods and any("feed:read" in scopes for way in methods["get"]["security"] for scopes in way.values())
    }
    known = set(OF_CUSTOMER) | {"/v1/transactions/{id}" + end for end in OF_ROW}
    assert shown == known, f"reads.py and openapi.json differ: {sorted(shown ^ known)}"


def before(place, number):
    """The customer's data before the attack: a wallet, two days, a lease. -> (method, path, body)"""
    yield "PUT", "/v1/usage/accounts", {"customer": place.customer, "accounts": [{"address": place.wallet}]}
    yield "POST", "/v1/usage/calendar", CALENDAR
    yield "POST", "/v1/usage/leases", [lease(place.wallet, 910_000_000_000 + number, BLOCKS / 1000)]


def of_customer(place, session):
    """-> (path, headers)"""
    for path, asks in OF_CUSTOMER.items():
        for ask in asks:
            query = ask.replace("$c", place.customer).replace("$w", place.wallet)
            yield f"{path}?{query}" if query else path, session if path.startswith("/billing") else KEY


def of_rows(target, place):
    """For every row of the customer's feed."""
    answer = target.ask("GET", f"/v1/transactions?customer={place.customer}&limit=100")
    found = re.findall(r'"id":"(\w+)"', answer.body.decode(errors="replace")) if answer.status == 200 else ()
    for row in dict.fromkeys(found):
        for end in OF_ROW:
            yield f"/v1/transactions/{row}{end}", KEY
