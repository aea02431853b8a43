"""A clock that is set an hour forward or back, and one that stands still."""

import contextlib
import pathlib
import struct
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

import lab
from lab import expect

HOUR = 3600
#: More than the service gives the events of a payment to arrive before it asks Stripe about them.
PATIENCE = 20
#: The longest that a failed piece of work waits of its own accord, in its first few attempts.
FIRST_BACKOFFS = 60


class Clock:
    """The service's time of day, as the preloaded library shows it."""

    def __init__(self, folder):
        self.file = pathlib.Path(folder) / "shift"
        self.library = f"{folder}/clock_shift.so"
        self.true()
        compiler = ["cc", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", self.library]
        subprocess.run([*compiler, str(lab.HERE / "clock_shift.c")], check=True)

    def _write(self, offset, standing):
        # In place: the file is mapped, and a new one would not be seen.
        with open(self.file, "r+b" if self.file.exists() else "wb") as file:
            file.write(struct.pack("=qq", offset * 10**9, standing))

    def true(self):
        self._write(0, 0)

    def step(self, seconds):
        self._write(seconds, 0)

    def stand(self, ahead=0):
        self._write(0, time.time_ns() + ahead * 10**9)


def clock_steps(laboratory):
    events = lab.Events("clock")
    figures = {}
    with contextlib.ExitStack() as stack:
        clock = Clock(stack.enter_context(tempfile.TemporaryDirectory()))
        stand_in = stack.enter_context(laboratory.standing_in())
        service = stack.enter_context(
            laboratory.serving(preload=clock.library, CLOCK_SHIFT_FILE=str(clock.file), **stand_in.settings)
        )
        expect(deliver(service, events) == (200, None), "a delivery by the true time is not accepted")
        for step in (HOUR, -HOUR):
            name = f"{step // HOUR:+d} h"
            link = receipt_link(service)
            figures[f"refused at {name}"] = wrong_clock(service, stand_in, clock, events, step, link)
            clock.true()
            expect(deliver(service, events) == (200, None), f"after {name} a delivery by the true time is not accepted")
            expect(status_of(receipt_link(service)) in (200, 302), f"after {name} a new link does not work")
        figures["work drained after a stop of s"] = standing_clock(service, stand_in, clock, events)
        clock.true()
        expect(service.is_well(), "/healthz does not answer afterwards")
        expect(
            lab.fetches(service.get)["gave_up"] == 0, "work was given up because of the clock"
        )
    return figures


def wrong_clock(service, stand_in, clock, events, step, link):
    """Deliveries with the true time, and the queue, while the clock is wrong. Returns how many were refused."""
    name = f"at {step // HOUR:+d} h"
    clock.step(step)
    refused = 0
    for _ in range(20):
        outcome = deliver(service, events)
        expect(outcome == (400, "timestamp_outside_tolerance"), f"{name} a delivery by the true time: {outcome}")
        refused += 1
    idle(service, name)
    expect(deliver(service, events, step) == (200, None), f"{name} a delivery by its own time is not accepted")
    # An hour later a link has expired; an hour earlier it has not.
    expected = (403,) if step > 0 else (200, 302)
    expect(status_of(link) in expected, f"{name} a link from before was answered {status_of(link)}")
    expect(status_of(receipt_link(service)) in (200, 302), f"{name} a link of that time does not work")

    stand_in.fail("ok")
    expect(deliver(service, events, step, intent=True) == (200, None), f"{name} an intent is not accepted")
    clock.step(step + PATIENCE)
    expect(drained(service, 60), f"{name} the work queue does not drain")

    # Failed fetches are postponed by the wrong clock, and are not late after it is corrected.
    stand_in.fail("500")
    asked = stand_in.requests()
    expect(deliver(service, events, step, intent=True) == (200, None), f"{name} an intent is not accepted")
    clock.step(step + 2 * PATIENCE)
    expect(lab.wait_for(lambda: stand_in.requests() > asked, 60), f"{name} the queue does not ask Stripe")
    time.sleep(0.5)
    clock.true()
    stand_in.fail("ok")
    expect(drained(service, FIRST_BACKOFFS), f"after {name.removeprefix('at ')} the work put off meanwhile is not done")
    return refused


def standing_clock(service, stand_in, clock, events):
    """Nothing is lost, and nothing is done over and over, because no time passes. Returns how long what waited took."""
    stand_in.fail("500")
    clock.stand()
    for _ in range(100):
        expect(deliver(service, events) == (200, None), "a delivery is not accepted while the clock stands")
    expect(deliver(service, events, intent=True) == (200, None), "an intent is not accepted while the clock stands")
    idle(service, "while the clock stands")
    expect(status_of(receipt_link(service)) in (200, 302), "a link does not work while the clock stands")
    asked = stand_in.requests()
    clock.stand(PATIENCE)
    expect(lab.wait_for(lambda: stand_in.requests() > asked, 60), "the queue does not ask Stripe when the clock jumps")
    time.sleep(5)
    expect(stand_in.requests() == asked + 1, f"Stripe is asked {stand_in.requests() - asked} times in no time")
    stand_in.fail("ok")
    clock.true()
    started = time.monotonic()
    expect(drained(service, FIRST_BACKOFFS), "the work put off is not done when the clock goes again")
    return round(time.monotonic() - started, 1)


def deliver(service, events, step=0, intent=False):
    """Signs by the true time, or by one that is so far from it. Returns status and error code."""
    body = events.an_intent() if intent else events.a_charge()
    status, answer = service.deliver(body, time.time() + step)
    return status, answer.get("error", {}).get("code")


def drained(service, seconds):
    return lab.wait_for(lambda: lab.fetches(service.get)["pending"] == 0, seconds)


def idle(service, when):
    """A timer that fires again and again because of the time of day would show."""
    spent = service.cpu_seconds()
    time.sleep(1)
    spent = service.cpu_seconds() - spent
    expect(spent < 0.3, f"{when} an idle service uses {spent:.0%} of a core")
    expect(service.is_well(), f"{when} /healthz does not answer")


def receipt_link(service):
    rows = service.get("/v1/transactions?limit=20&status=succeeded")["data"]
    return next(row["receipt"]["url"] for row in rows if row["receipt"]["available"])


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def status_of(link):
    try:
        with urllib.request.build_opener(NoRedirects).open(link, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
