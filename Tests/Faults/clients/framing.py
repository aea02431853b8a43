"""Plays the table of framing cases to the service, and through nginx."""

import concurrent.futures
import contextlib
import itertools
import json
import pathlib
import socket
import struct
import subprocess
import tempfile
import threading
import time

import framing_cases
import lab
import service as peers
from lab import DEADLINE, SLACK, Answers, Broken, Malformed, expect

#: The route of the request that is hidden in the cases.
MARKER = "POST /v1/events/reproject"

#: The line of the request that follows every case, which no case makes.
LAST = "GET /v1/jobs 200"


def directly(laboratory):
    with laboratory.serving() as service:
        table = framing_cases.cases(lab.Events("framing"))
        failures = []
        waiting = [case for case in table if case.waits]
        with concurrent.futures.ThreadPoolExecutor(len(waiting)) as pool:
            # Cases that wait for the service's deadline do so together, on a service of their own.
            with laboratory.serving() as patient:
                verdicts = [(case, pool.submit(judged, patient, case)) for case in waiting]
                for case in table:
                    if not case.waits:
                        failures += alone(service, case)
                for case, verdict in verdicts:
                    failures += [f"{case.name}: {verdict.result()}"] if verdict.result() else []
                failures += recorded_wrongly(patient, waiting)
                if any(line.startswith(MARKER) for line in patient.served()):
                    failures.append("a hidden request was executed by a case that waits")
                if not patient.is_well():
                    failures.append("/healthz does not answer after the cases that wait")
        failures += recorded_wrongly(service, table)
    expect(not failures, "\n".join(failures))
    expect(len(table) == len({case.name for case in table}), "two cases of one name")
    return {"cases": len(table)}


def recorded_wrongly(service, table):
    entries = {entry["id"] for entry in service.get("/v1/events?limit=100")["data"]}
    return [f"{case.name}: was recorded" for case in table if case.unrecorded in entries]


def alone(service, case):
    """Plays a case while nothing else happens, so that the access log tells what it did."""
    before = len(service.served())
    failures = []
    problem = judged(service, case)
    if problem:
        failures.append(f"{case.name}: {problem}")
    if not service.is_well():
        failures.append(f"{case.name}: /healthz does not answer afterwards")
    # A line is written after its answer, and in the order of the answers.
    service.get("/v1/jobs")
    lab.wait_for(lambda: LAST in service.served()[before:], 5, every=0.01)
    # Who left did not wait for the end of it: what was taken up is not to be told of the next case.
    end = time.monotonic() + (2 if case.finish in ("close", "reset") else 0)
    while len(served := service.served()[before:]) <= (case.runs or 0) + 1 and time.monotonic() < end:
        time.sleep(0.01)
    served.remove("GET /healthz 200")
    served.remove(LAST)
    if any(line.startswith(MARKER) for line in served):
        failures.append(f"{case.name}: the hidden request was executed")
    allowed = case.runs
    if allowed is None:
        allowed = max((len(answers_of(outcome)) for outcome in case.outcomes), default=0)
    # A request whose bytes turn out bad in the middle may have been taken up before.
    allowed = max(allowed, 1 if case.outcomes else 0)
    if len(served) > allowed:
        failures.append(f"{case.name}: {len(served)} requests were taken up: {served[:5]}")
    return failures


def answers_of(outcome):
    return [word for word in outcome.split() if word not in (".", "+")]


def judged(service, case):
    """The error in the outcome, or nothing."""
    try:
        answers, ending = play(service.port, case)
        for answer in answers:
            if answer.status >= 400 and answer.body:
                lab.check_error_shape(answer)
        if case.outcomes and not any(fits(outcome, answers, ending) for outcome in case.outcomes):
            seen = " ".join(f"{answer.status}/{answer.code or ''}".rstrip("/") for answer in answers)
            return f"{seen} {ending}, not {' or '.join(repr(outcome) for outcome in case.outcomes)}"
    except (Broken, Malformed) as error:
        return str(error)
    except TimeoutError:
        return "hangs"
    return None


def fits(outcome, answers, ending):
    wanted = answers_of(outcome)
    if outcome.split()[-1] in (".", "+") and ending != outcome.split()[-1]:
        return False
    return len(wanted) == len(answers) and all(
        word in (str(answer.status), f"{answer.status}/{answer.code}") for word, answer in zip(wanted, answers)
    )


def play(port, case):
    """Sends a case's bytes. Returns the answers, and `.` if the connection was then closed or `+` if not."""
    patience = DEADLINE + SLACK if case.waits else 15
    by = time.monotonic() + patience
    with lab.connect(port, timeout=patience) as client:
        answers = Answers(client)
        seen = []
        try:
            for part in case.parts:
                if isinstance(part, bytes):
                    client.sendall(part)
                elif part == "100":
                    interim = answers.next("POST", by, interim=True)
                    expect(interim and interim.status == 100, f"no 100 (Continue) but {interim and interim.status}")
                else:
                    time.sleep(part)
        except (ConnectionError, TimeoutError):
            pass  # Refused in the middle: what was answered is still to be read.
        if case.finish == "reset":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if case.finish in ("reset", "close"):
            return [], "."
        if case.finish == "half":
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_WR)
        most = max(len(answers_of(outcome)) for outcome in case.outcomes)
        methods = itertools.chain(case.methods, itertools.repeat("GET"))
        while len(seen) < most:
            try:
                answer = answers.next(next(methods), by)
            except TimeoutError:
                # Fewer answers than the most there may be, on a connection that stays open.
                if seen and any(len(answers_of(outcome)) == len(seen) for outcome in case.outcomes):
                    return seen, "+"
                raise
            if answer is None:
                return seen, "."
            seen.append(answer)
        closes = any(outcome.split()[-1] == "." for outcome in case.outcomes)
        stays = any(outcome.split()[-1] != "." for outcome in case.outcomes)
        # Unrequested bytes would come at once; a due closing is given more time.
        wait = patience if case.waits else 15 if closes and not stays else 0.5 if closes else 0.05
        return seen, "." if answers.closed_within(wait) else "+"


# --- Through nginx -----------------------------------------------------------------------------------------------


@contextlib.contextmanager
def nginx_before(port, folder):
    """Debian's nginx in front of a port, which keeps its connections to it. Yields its own port."""
    front = peers.free_port()
    folder = pathlib.Path(folder)
    temporary = "\n".join(
        f"    {name}_temp_path {folder}/{name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(f"""
daemon off; master_process off; worker_processes 1;
pid {folder}/pid; error_log {folder}/error.log warn;
events {{ worker_connections 1024; }}
http {{
    access_log off;
{temporary}
    client_max_body_size 2m;
    client_header_timeout 5s; client_body_timeout 5s;
    proxy_read_timeout 40s; lingering_timeout 1s; lingering_time 2s;
    upstream billing {{ server 127.0.0.1:{port}; keepalive 4; }}
    server {{
        listen 127.0.0.1:{front};
        # As little as possible of nginx's own: what it lets through is to arrive as it came.
        ignore_invalid_headers off; underscores_in_headers on; merge_slashes off;
        location / {{
            proxy_pass http://billing;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_request_buffering off;
            proxy_next_upstream off;
        }}
        location /retried/ {{
            proxy_pass http://billing/;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }}
    }}
}}
""")
    process = subprocess.Popen(
        ["nginx", "-c", f"{folder}/nginx.conf", "-p", str(folder), "-e", f"{folder}/error.log"],
        stderr=subprocess.DEVNULL,
    )
    try:
        def listens():
            with contextlib.suppress(OSError), lab.connect(front, 1):
                return True
            return False

        expect(lab.wait_for(listens, 5), "nginx does not listen: " + (folder / "error.log").read_text())
        yield front
    finally:
        process.terminate()
        process.wait(timeout=10)


class Prober:
    """Asks for something that only its own question can be answered with, over and over."""

    def __init__(self, port, name):
        self.port, self.name = port, name
        self.asked = 0
        self.wrong = []
        self.failed = 0
        self.ends = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        while not self.ends.is_set():
            try:
                with lab.connect(self.port, 10) as client:
                    answers = Answers(client)
                    for _ in range(20):
                        if not self._ask(client, answers):
                            break
            except (OSError, Malformed) as error:
                self.wrong.append(f"{error}")
            time.sleep(0.005)

    def _ask(self, client, answers):
        self.asked += 1
        own = f"probe_{self.name}_{self.asked}"
        client.sendall(
            f"GET /v1/transactions?{own}=1 HTTP/1.1\r\n".encode() + lab.HOST + lab.KEY + b"\r\n"
        )
        answer = answers.next("GET", time.monotonic() + 10)
        if answer is None:
            return False
        if answer.status == 502:
            # The connection that nginx kept was closed under it: an answer to this question all the same.
            self.failed += 1
            return True
        try:
            said = json.loads(answer.body)["error"]["param"]
        except (ValueError, KeyError, TypeError):
            said = f"{answer.status} {answer.body[:80]!r}"
        if said != own:
            self.wrong.append(f"asked for {own}, was answered {said}")
        return not answer.says_close() and not self.ends.is_set()

    def stop(self):
        self.ends.set()
        self.thread.join()


def through_nginx(laboratory):
    """The same cases with a proxy that keeps its connections: no answer may go to another's request."""
    with laboratory.serving() as service, tempfile.TemporaryDirectory() as folder:
        with nginx_before(service.port, folder) as front:
            table = framing_cases.cases(lab.Events("nginx"))
            probers = [Prober(front, number) for number in range(4)]
            try:
                failures, answered = played_through(front, table)
            finally:
                for prober in probers:
                    prober.stop()
            with lab.connect(front) as client:
                client.sendall(b"GET /healthz HTTP/1.1\r\n" + lab.HOST + b"\r\n")
                answer = Answers(client).next("GET", time.monotonic() + 5)
                expect(answer and answer.status == 200, "nginx and the service do not answer afterwards")
        failures += [problem for prober in probers for problem in prober.wrong[:3]]
        # A request that nginx frames as its own counts, and its sender gets the answer.
        executed = sum(line.startswith(MARKER) for line in service.served())
        if executed > answered:
            failures.append(f"{executed} hidden requests were executed, and {answered} were answered to their sender")
        asked = sum(prober.asked for prober in probers)
        unanswered = sum(prober.failed for prober in probers)
    expect(asked > 200, f"only {asked} probes were asked meanwhile")
    expect(not failures, "\n".join(failures))
    return {"cases": len(table), "probes": asked, "502 among them": unanswered}


def played_through(front, table):
    """The errors, and how many of the hidden requests were answered to their senders."""
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        played = list(pool.map(lambda case: play_loosely(front, case), table))
    problems = [f"through nginx: {case.name}: {problem}" for case, (problem, _) in zip(table, played) if problem]
    return problems, sum(hidden for _, hidden in played)


def play_loosely(port, case):
    """Sends a case's bytes and reads whatever comes. Returns what is wrong with it, and how many 401 there were."""
    hidden = 0
    with lab.connect(port, timeout=5) as client:
        answers = Answers(client)
        try:
            for part in case.parts:
                if isinstance(part, bytes):
                    client.sendall(part)
                else:
                    time.sleep(0.3 if part == "100" else part)
            if case.finish == "half":
                client.shutdown(socket.SHUT_WR)
        except (ConnectionError, TimeoutError):
            pass
        if case.finish in ("reset", "close"):
            return None, 0
        methods = itertools.chain(case.methods, itertools.repeat("GET"))
        try:
            # nginx gives a request 5 s to arrive; the service would give it 30.
            patience = 12
            while answer := answers.next(next(methods), time.monotonic() + patience):
                patience = 1
                hidden += answer.status == 401 and b"GET /v1" not in case.parts[0][:8]
        except TimeoutError:
            return ("hangs" if patience > 1 else None), hidden
        except Malformed as error:
            # HTTP/0.9 has answers without a header, which nginx still gives.
            return (None if case.name == "HTTP/0.9" else str(error)), hidden
    return None, hidden
