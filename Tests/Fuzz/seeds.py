#!/usr/bin/env python3
"""Writes the inputs that each fuzzer starts from, out of testdata. Usage: seeds.py TESTDATA FOLDER"""

import json
import pathlib
import sys

testdata, folder = map(pathlib.Path, sys.argv[1:])

# Fields that the service reads; the rest of a body only makes a fuzzer slow.
READ = set(
    """id object type created livemode account api_version data amount amount_captured amount_refunded
    amount_received amount_total amount_paid amount_due currency status paid captured refunded disputed dispute
    customer payment_intent invoice payment_method_details balance_transaction failure_code failure_message
    receipt_number receipt_url description refunds source mode payment_status metadata userId deleted charge date
    paid_out_of_band number payments payment latest_charge charges last_payment_error payment_method code
    decline_code message reason failure_reason card us_bank_account sepa_debit brand last4 bank_name wallet error
    hosted_invoice_url invoice_pdf""".split()
)


def pruned(value):
    if isinstance(value, dict):
        return {name: pruned(inner) for name, inner in value.items() if name in READ and inner is not None}
    if isinstance(value, list):
        return [pruned(inner) for inner in value]
    return value


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def write(target, name, content):
    path = folder / target / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def read(path):
    try:
        return json.loads(path.read_bytes())
    except ValueError:
        return None


for path in sorted((testdata / "events").glob("*.json")):
    event = read(path)
    write("Event", path.stem, compact(pruned(event)) if isinstance(event, dict) else path.read_bytes())

for path in sorted((testdata / "events").glob("*.json"))[::6]:
    write("JSON", path.stem, path.read_bytes()[:3072])
for number, text in enumerate(
    [
        b'{"a":[1,-2.50e1,true,false,null,"x"],"b":{"c":{}}}', rb'"\"\/\b\f\n\r\t\u00e9\ud83d\ude00"', "\"é€😀\"".encode(), b"[]",
        b" \t\r\n0 ", b"\xef\xbb\xbf{}", b"[" * 512 + b"]" * 512, b"[" * 513 + b"]" * 513, b'{"a":1,"a":2,"":{}}', b"9223372036854775808",
    ]
):
    write("JSON", f"{number:02}", text)

for path in sorted((testdata / "events").glob("*.json"))[::8]:
    write("EventFile", path.stem, path.read_bytes()[:2048] if read(path) is None else compact(pruned(read(path))))
write("EventFile", "awkward", rb'{"a":{"id":"x"},"\u0069d":"y","id":"evt_1","b":"\"id\":","type":"a.b","c":["id"]}')

for story in sorted((testdata / "scenarios").iterdir()):
    if not (story / "events.jsonl").exists():
        continue
    lines = (story / "events.jsonl").read_bytes().splitlines()[:8]
    write("Payment", story.name, b"\n".join(compact(pruned(json.loads(line))) for line in lines))

# A byte below 18 stands for a signature or for the time: see Signatures.swift.
for number, header in enumerate(
    [
        b"t=\x11,v1=\x01", b"t=\x11,v1=\x02,v1=\x01", b"t=1749999700,v1=\x03", b"t=1749999699,v1=\x04",
        b"t=1750000300,v1=\x05", b"t=1750000301,v1=\x06", b"t=0,v1=\x07", b"t=999999999999,v1=\x08", b"t=\x11,v1=\x0e",
        b"t=\x11,v1=\x0f", b"t=\x11,v1=\x10", b"t=\x11,v0=\x01,v1=00", b" t=\x11 ,\tv1=\x01 ,v0=x", b"v1=\x01", b"t=\x11",
        b"t=\x11,t=\x11,v1=\x01", b"t=+1,v1=\x01", b"t=01,v1=\x01", b"", b" ,=,", b"t=\x11" + b",v1=\x0e" * 16 + b",v1=\x01",
    ]
):
    write("SignatureHeader", f"{number:02}", header)

for number, query in enumerate(
    [
        "limit=10&starting_after=pi_1", "ending_before=ch_1&customer=cus_1&type=refund&status=succeeded",
        "currency=usd&q=4242+Visa&created[gte]=1750000000&created[lt]=1760000000", "created%5Bgt%5D=0&created=1",
        "created=2025-06-15T00:00:00Z", "created=2025-06-15T00:00:00.123Z&q=Europe/Berlin", "q=%C3%A9%20&limit=+5",
        "a=1&a=2", "limit", "=&&=", "q=a%00b", "q=%FF", "q=%f0%9f%98%80&unknown=1", "starting_after=a&ending_before=b",
    ]
):
    write("Query", f"{number:02}", query.encode())

for number, line in enumerate(
    [
        "a\x1fb", "=1+1\x1f-5\x1f+5.25\x1f@SUM(A1)", '"quoted"\x1fa,b\x1fc\r\nd', " \x1f\t=x\x1f＝1", "Café •••• 4242\x1f😀",
        "\x1e\x00\x00\x00\x00\x68\x4e\xe1\x00".encode("latin1").decode("latin1"), "-\x1f-1.\x1f.5\x1f1;2",
    ]
):
    write("CSV", f"{number:02}", line.encode("latin1") if line[0] == "\x1e" else line.encode())

for number, link in enumerate(
    [
        "https://pay.stripe.com/receipts/payment/CAca?s=ap", "https://invoice.stripe.com/i/acct_1/x#y",
        "http://127.0.0.1:8089/receipts/1", "http://localhost:9000?x", "https://example.com:8443/", "http://localhost/",
        "https://pay.stripe.com@example.org/", "https://pay.stripe.com:443/", "https:///pay.stripe.com", "HTTPS://pay.stripe.com",
        "https://PAY.stripe.com/", "https://pay.stripe.com\\@example.org", "https://[::1]/", "https://pay.stripe.com.",
    ]
):
    write("ReceiptURL", f"{number:02}", link.encode())

LEASE = (
    '{"chain_id":"akashnet-2","owner":"akash1o","dseq":"7","gseq":1,"oseq":1,"bseq":1,"provider":"akash1p","denom":"uakt",'
    '"price_per_block":"12.5","created_height":"1200","state":"active"%s}'
)
for number, more in enumerate(
    [
        "", ',"closed_height":"5000"', ',"closed_height":9000,"escrow_end_height":"4000"', ',"as_of_height":"1","gpu_units":2',
        ',"price_segments":[{"from_height":"1500","denom":"uact","price":"3"},{"from_height":2000,"denom":"uusdc","price":"0"}]',
        ',"cpu_milli":"1000","memory_bytes":1073741824,"withdrawn":"7","provider_name":"a \\u0000 b"', ',"cpu_milli":1e3',
    ]
):
    write("Usage", f"{number:02}", (LEASE % more).encode())
write("Usage", "array", ("[" + LEASE % "" + "," + LEASE % ',"bseq":2' + "]").encode())
write("Usage", "lines", (LEASE % "" + "\r\n\n" + LEASE % ',"bseq":2').encode())

for path in sorted((testdata / "stripe-api").glob("*.json")):
    body = pruned(read(path))
    status = path.stem.split(".")[1] if path.stem.startswith("error.") else "200"
    head = f"{body.get('object', 'charge')} {body.get('id', 'ch_1')}\n{status}\nRequest-Id: req_1\n"
    if status != "200":
        head += "Stripe-Should-Retry: true\nRetry-After: 3\nStripe-Rate-Limited-Reason: global-rate\n"
    write("StripeAnswer", path.stem, head.encode() + b"\n" + compact(body))
for failure in range(1, 12):
    write("StripeAnswer", f"failure.{failure}", f"charge ch_1\n{failure}\n\n".encode())
