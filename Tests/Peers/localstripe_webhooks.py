"""localstripe, a stand-in for Stripe made by others, posts its own signed webhooks at us: a customer, a payment,
a decline and a refund; the feed must show them."""

import argparse
import asyncio
import base64
import json
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import sdk_deliveries
import service as peers


def start_localstripe():
    """localstripe's application on a free port of 127.0.0.1; its own main() would listen on every interface."""
    from aiohttp import web
    from localstripe.server import app

    port = peers.free_port()
    started = threading.Event()

    def serve():
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        runner = web.AppRunner(app)
        loop.run_until_complete(runner.setup())
        loop.run_until_complete(web.TCPSite(runner, "127.0.0.1", port).start())
        started.set()
        loop.run_forever()

    threading.Thread(target=serve, daemon=True).start()
    started.wait(10)
    return f"http://127.0.0.1:{port}"


def post(base, path, **form):
    """Returns status and JSON."""
    request = urllib.request.Request(
        base + path,
        data=urllib.parse.urlencode(form).encode(),
        headers={"Authorization": "Basic " + base64.b64encode(b"sk_test_12345:").decode()},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text.strip() else {}
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def card(base, customer, number):
    _, method = post(base, "/v1/payment_methods", **{
        "type": "card", "card[number]": number, "card[exp_month]": "12", "card[exp_year]": "2039",
        "card[cvc]": "123",
    })
    post(base, f"/v1/payment_methods/{method['id']}/attach", customer=customer)
    return method["id"]


def pay(base, customer, number, amount):
    return post(base, "/v1/payment_intents", amount=amount, currency="usd", customer=customer, confirm="true",
                payment_method=card(base, customer, number))


def eventually(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--service", required=True, help="the console-billing executable")
    arguments = parser.parse_args()
    base = start_localstripe()
    with peers.running(arguments.service) as service:
        status, _ = post(base, "/_config/webhooks/main", url=service.url + "/v1/stripe-webhook", secret=peers.SECRET)
        assert status == 200, status
        _, customer = post(base, "/v1/customers", **{"metadata[userId]": "user-7", "email": "ada@example.com"})
        paid_status, paid = pay(base, customer["id"], "4242424242424242", 2500)
        assert paid_status == 200, (paid_status, paid)
        declined_status, _ = pay(base, customer["id"], "4000000000000341", 1300)
        refund_status, refund = post(base, "/v1/refunds", payment_intent=paid["id"], amount=700)
        rows = eventually(lambda: len(found := service.transactions("&customer=" + customer["id"])) >= 2 and found)
        assert rows, f"the feed shows the payment and the decline; it has {service.transactions()}"
        by_status = {row["status"]: row for row in rows}
        purchase = by_status["succeeded"]
        assert purchase["id"] == paid["id"] and purchase["amount"] == 2500 and purchase["type"] == "purchase", purchase
        assert purchase["receipt"]["available"], purchase
        assert by_status["failed"]["amount"] == 1300, by_status
        assert by_status["failed"]["failure"]["code"] == "card_declined", by_status["failed"]
        # localstripe sends no webhook for a refund, so that Stripe's SDK signs the one its object would come in.
        assert refund_status == 200 and refund["amount"] == 700, refund
        body = json.dumps({
            "id": "evt_" + refund["id"], "object": "event", "type": "refund.created", "livemode": False,
            "created": refund["created"], "api_version": None, "data": {"object": refund},
        }).encode()
        status, answer = service.post(body, sdk_deliveries.signed_by_the_sdk(body))
        assert (status, answer["outcome"]) == (200, "recorded"), answer
        rows = service.transactions("&customer=" + customer["id"])
        refunds = [row for row in rows if row["type"] == "refund"]
        assert [row["amount"] for row in refunds] == [700], rows
        purchase = next(row for row in rows if row["id"] == paid["id"])
        assert purchase["amount_refunded"] == 700, purchase
        events = service.get("/v1/events?limit=100")["data"]
        quarantined = [event for event in events if event["outcome"] == "quarantined"]
        assert len(events) >= 3 and not quarantined, events
        print(f"{len(events)} webhooks of localstripe recorded; a decline answered {declined_status};"
              f" rows: {[(row['type'], row['status'], row['amount_display']) for row in rows]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
