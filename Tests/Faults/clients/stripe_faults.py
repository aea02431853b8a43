"""Stripe's API in every state but well, while deliveries go on; and the queue when it is back."""

import contextlib
import math
import random
import signal
import statistics
import threading
import time

import lab
from lab import Answers, expect

#: The ways to fail, as the stand-in spells them; `silent` takes connections and says nothing.
FAULTS = [
    ("down", {}), ("silent", {}), ("slow", {"seconds": 3}), ("429", {}), ("500", {}), ("garbage", {}), ("endless", {}),
]
#: The most requests of the service to Stripe: eight at a time, and a pause of 2 s in between.
MOST_A_SECOND = 4
SENDERS = 4
A_SECOND_EACH = 40
INTENTS_A_SECOND = 2
#: How much longer the slowest in a hundred may take while Stripe fails.
ALLOWED = 1.10
#: How often the windows are measured again before they are believed to show more than that.
MOST_TURNS = 3


class Load:
    """Senders at a steady pace, each on a connection of its own, and payments of which only the intent is told."""

    def __init__(self, service):
        self.service = service
        self.events = lab.Events("stripe")
        self.samples = None
        self.acknowledged = 0
        self.intents = 0
        self.problems = []
        self.ends = threading.Event()
        self.threads = [threading.Thread(target=self._send, args=(number,)) for number in range(SENDERS)]
        for thread in self.threads:
            thread.start()

    def _send(self, number):
        with self.service.connect(30) as client:
            answers = Answers(client)
            sent = 0
            begun = time.monotonic() + number / (SENDERS * A_SECOND_EACH)
            while not self.ends.is_set():
                is_intent = number == 0 and sent % (A_SECOND_EACH // INTENTS_A_SECOND) == 0
                request = lab.posting(self.events.an_intent() if is_intent else self.events.a_charge())
                sent += 1
                time.sleep(max(0, begun + sent / A_SECOND_EACH - time.monotonic()))
                samples = self.samples
                started = time.monotonic()
                try:
                    client.sendall(request)
                    answer = answers.next("POST", time.monotonic() + 30)
                except (OSError, lab.Malformed) as error:
                    self.problems.append(f"{error}")
                    return
                if answer is None or answer.status != 200:
                    self.problems.append(f"a delivery was answered {answer and answer.status}")
                    return
                self.acknowledged += 1
                self.intents += is_intent
                if samples is not None:
                    samples.append(time.monotonic() - started)
                if time.monotonic() - begun > sent / A_SECOND_EACH + 1:
                    # Behind: what is missed is not sent in a burst.
                    begun = time.monotonic() - sent / A_SECOND_EACH

    def window(self, seconds):
        """The p99 of what is sent in that time, in milliseconds."""
        self.samples = samples = []
        time.sleep(seconds)
        # On a busy machine a window lasts until it has enough for a p99 to mean something.
        late = time.monotonic() + 30
        while len(samples) < 50 and time.monotonic() < late:
            time.sleep(0.05)
        self.samples = None
        expect(not self.problems, "; ".join(self.problems[:3]))
        expect(len(samples) >= 50, f"only {len(samples)} deliveries in 30 s")
        return lab.percentile(samples, 0.99) * 1000

    def stop(self):
        self.ends.set()
        for thread in self.threads:
            thread.join()


@contextlib.contextmanager
def failing(stand_in, mode, options):
    if mode == "silent":
        stand_in.process.send_signal(signal.SIGSTOP)
    else:
        stand_in.fail(mode, **options)
    try:
        yield
    finally:
        if mode == "silent":
            stand_in.process.send_signal(signal.SIGCONT)
        else:
            stand_in.fail("ok")


def interval(pairs):
    """The median of the ratios of pairs, and between what it lies in nine of ten drawings of the same pairs."""
    ratios = [math.log(faulty / well) for well, faulty in pairs]
    dice = random.Random(1)
    drawn = sorted(statistics.median(dice.choices(ratios, k=len(ratios))) for _ in range(2000))
    return tuple(math.exp(value) for value in (statistics.median(ratios), drawn[100], drawn[1900]))


def measured(laboratory, stack):
    """Runs the faults. Returns the figures, and how to see the queue drain afterwards."""
    rounds, seconds = (12, 4) if laboratory.long else (2, 1.5)
    stand_in = stack.enter_context(laboratory.standing_in())
    service = stack.enter_context(laboratory.serving(LOG_LEVEL="warning", **stand_in.settings))
    load = Load(service)
    try:
        # Until the first payments are due to be asked for, and the caches are warm.
        time.sleep(17)
        asked_before = stand_in.requests()
        pairs = {mode: [] for mode, _ in FAULTS}
        for number in range(MOST_TURNS * rounds):
            for mode, options in FAULTS:
                # By turns, so that what drifts does not count for one side.
                if number % 2:
                    well = load.window(seconds)
                with failing(stand_in, mode, options):
                    time.sleep(0.2)
                    faulty = load.window(seconds)
                if not number % 2:
                    time.sleep(0.2)
                    well = load.window(seconds)
                pairs[mode].append((well, faulty))
            everything = [pair for each in pairs.values() for pair in each]
            ratio, low, high = interval(everything)
            # Where the windows scatter, as beside other work, more of them tell.
            if number % rounds == rounds - 1 and (ratio if laboratory.long else low) <= ALLOWED:
                break
    finally:
        load.stop()
    figures = {
        "deliveries": load.acknowledged,
        "windows": 2 * len(everything),
        "p99 well ms": round(statistics.median(well for well, _ in everything), 1),
        "p99 failing ms": round(statistics.median(faulty for _, faulty in everything), 1),
        "ratio": round(ratio, 3),
        "ratio 5..95 %": f"{low:.2f}..{high:.2f}",
        "asked of Stripe meanwhile": stand_in.requests() - asked_before,
    }
    if laboratory.long:
        figures |= {f"ratio {mode}": round(interval(each)[0], 3) for mode, each in pairs.items()}
    expect(stand_in.requests() > asked_before, "nothing was asked of Stripe, so that nothing was shown")
    # A ratio that may be as much or less, by what its own windows scatter, is not shown to be more.
    expect((ratio if laboratory.long else low) <= ALLOWED, f"acknowledgements are slower while Stripe's API fails: {figures}")
    return figures, lambda: drains(service, stand_in, load, 900 if laboratory.long else 300)


def drains(service, stand_in, load, patience):
    """The queue ends empty, and Stripe is not asked for all of it at once."""
    started = time.monotonic()
    pending = lab.fetches(service.get)["pending"]
    asked = [(started, stand_in.requests())]
    while (work := lab.fetches(service.get))["pending"]:
        expect(time.monotonic() - started < patience, f"after {patience} s of Stripe being well the queue is {work}")
        time.sleep(0.25)
        asked.append((time.monotonic(), stand_in.requests()))
    expect(work["gave_up"] == 0, f"{work['gave_up']} payments were given up")
    # The most in any ten seconds.
    most = max(
        later - earlier
        for index, (begin, earlier) in enumerate(asked)
        for end, later in asked[index:]
        if end - begin <= 10
    )
    expect(most <= 10 * MOST_A_SECOND + 8, f"Stripe was asked {most} times in 10 s")
    return {
        "intents": load.intents,
        "waiting when Stripe was back": pending,
        "drained after s": round(time.monotonic() - started, 1),
        "most asked in 10 s": most,
    }
