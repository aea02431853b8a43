"""Knowledge that schemathesis needs beyond the document, each with the reason."""

import atexit
import json
import os
import pathlib
import re

import schemathesis

import service as peers

# The operations that were answered well at least once, for openapi.py.
answered = set()
atexit.register(lambda: pathlib.Path(os.environ["ANSWERED"]).write_text(json.dumps(sorted(answered))))


def sign(request):
    body = request.body or b""
    request.headers["Stripe-Signature"] = peers.signature(body if isinstance(body, bytes) else body.encode())
    return request


def one_credential(request):
    if "x-api-key" in request.headers:
        request.headers.pop("Authorization", None)
    return request


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.operation.path != "/v1/stripe-webhook":
        # It makes up tokens beside the key that it was given; both at once are refused, whatever else is asked.
        kwargs["auth"] = one_credential
    elif "Stripe-Signature" in (case.headers or {}):
        # An unsigned body is refused unread, whatever is in it.
        kwargs["auth"] = sign


@schemathesis.hook
def after_call(context, case, response):
    if response.status_code < 400:
        answered.add(f"{case.method} {case.operation.path}")


# Why data that is right by the document may still be refused: what a schema cannot say, by the parameter that the
# refusal names. Anything else that is right has to be taken.
REFUSALS = [
    # One of several parameters, or two in their order.
    (r"customer|owner|organization", "Name a customer|not both"),
    (r"account|limit|starting_after", "Name the customer too|without user and organization"),
    # Beside a signed link, which is no user's credential.
    (r"X-User-Id|x-organization-id", "cannot narrow"),
    (r"from|to|startDate|endDate", r"lies before|ends before it begins|at most|date such as|time such as"),
    (r"created", "ends before it begins"),
    (r"since|until", "in the future|ends before it begins|Give 30d"),
    (r"starting_after|ending_before|before", "not both|does not exist"),
    (r"tag", "A tag goes with|Give the key of the tag"),
    # Numbers of 19 digits, of which not all are of 64 bits.
    (r"starting_after", "id of a deployment"),
    # A NUL in any of the parameters, at which a database ends a text.
    (r"query", "without NUL"),
    # A list that others keep, and lengths in bytes.
    (r"timezone|zone", "IANA"),
    # A checksum.
    (r"address", "no address on Akash"),
    (r"q", "256 bytes"),
    (r"return_url", "https address"),
    (r"email", "e-mail address"),
    # Numbers of one record that hang on each other, and of one day on the days beside it. A day that the calendar does
    # not have. A number (not a text) whose writer chose an exponent, which is none that is exact.
    (r"records\[\d+\]", r"lies before|(closed_height|last_height_yet) is missing|does not begin after|"
                        r"is not a height of the day|is not indexed|is not after valid_from|"
                        r"not a decimal number|not a text of at most 256 bytes|is not a date|is neither a date|"
                        r"is in the future|stands twice|is not a text of 1 to 256 characters"),
    (r"first_height", "its first_height"),
]


@schemathesis.check
def right_data_is_taken(ctx, response, case):
    meta = case.meta
    if meta is None or not meta.generation.mode.is_positive or response.status_code != 400:
        return
    if case.operation.path == "/v1/stripe-webhook" and "Stripe-Signature" not in (case.headers or {}):
        return
    if response.headers["content-type"][0].startswith("text/html"):
        # A page says it to people, who see no parameter.
        assert any(re.search(message, response.text) for _, message in REFUSALS), response.text
        return
    error = response.json()["error"]
    for parameter, message in REFUSALS:
        if re.fullmatch(parameter, error.get("param", "")) and re.search(message, error["message"]):
            return
    raise AssertionError(f"Refused, though the document has it so: {error}")
