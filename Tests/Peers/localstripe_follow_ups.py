"""The service asks localstripe, a stand-in for Stripe made by others, for what no webhook told it: the charge behind a
refund, the refunds of a charge, the charge of a payment."""

import argparse
import base64
import json
import sys
import urllib.request

import localstripe_webhooks as local
import sdk_deliveries
import service as peers

KEY = "sk_test_12345"


def waiting(service):
    return [job for job in service.get("/v1/jobs?kind=fetch&limit=100")["data"] if job["state"] != "failed"]



def get(base, path):
    authorization = "Basic " + base64.b64encode(f"{KEY}:".encode()).decode()
    request = urllib.request.Request(base + path, headers={"Authorization": authorization})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def deliver(service, type, object):
    """Has Stripe's SDK sign an event: localstripe sends none of these types."""
    body = json.dumps({
        "id": f"evt_{object['id']}", "object": "event", "type": type, "livemode": False,
        "created": object["created"], "api_version": None, "data": {"object": object},
    }).encode()
    status, answer = service.post(body, sdk_deliveries.signed_by_the_sdk(body))
    assert (status, answer["outcome"]) == (200, "recorded"), answer


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--service", required=True, help="the console-billing executable")
    arguments = parser.parse_args()
    base = local.start_localstripe()
    _, customer = local.post(base, "/v1/customers", email="ada@example.com")
    payments = [local.pay(base, customer["id"], "4242424242424242", amount)[1] for amount in (2500, 4000, 1000)]
    _, first = local.post(base, "/v1/refunds", payment_intent=payments[0]["id"], amount=700)
    for amount in (300, 200):
        local.post(base, "/v1/refunds", payment_intent=payments[1]["id"], amount=amount)
    charge = get(base, f"/v1/charges/{payments[1]['latest_charge']['id']}")
    # localstripe says so of every charge, refunded or not.
    charge.update(refunds={"object": "list", "data": []}, amount_refunded=500)

    with peers.running(arguments.service, STRIPE_API_BASE=base, STRIPE_SECRET_KEY=KEY) as service:
        deliver(service, "refund.created", first)
        deliver(service, "charge.refunded", {key: value for key, value in charge.items() if key != "refunds"})
        intent = {**payments[2], "latest_charge": payments[2]["latest_charge"]["id"]}
        intent.pop("charges", None)
        deliver(service, "payment_intent.succeeded", intent)

        def settled():
            rows = service.transactions("&customer=" + customer["id"])
            found = sorted((row["type"], row["amount"]) for row in rows)
            wanted = [("purchase", 1000), ("purchase", 2500), ("purchase", 4000)] + [
                ("refund", 200), ("refund", 300), ("refund", 700)]
            return rows if found == wanted and not waiting(service) else None

        rows = local.eventually(settled, seconds=90)
        assert rows, (service.transactions(), waiting(service))
        by_id = {row["id"]: row for row in rows}
        assert by_id[first["id"]]["charge"] == payments[0]["latest_charge"]["id"], by_id[first["id"]]
        assert by_id[payments[2]["id"]]["payment_intent"] == payments[2]["id"], rows
        events = service.get("/v1/events?limit=100")["data"]
        fetched = [event["type"] for event in events if event["source"] == "api"]
        assert not [event for event in events if event["outcome"] == "quarantined"], events
        failed = service.get("/v1/jobs?kind=fetch&state=failed")["data"]
        assert not failed, failed
        print(f"3 events of which each lacked something; fetched from localstripe: {sorted(fetched)}; "
              f"rows: {[(row['type'], row['amount_display']) for row in rows]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
