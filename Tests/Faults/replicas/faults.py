"""Faults between three replicas and their database, each as often as requested."""

import re
import subprocess
import threading
import time
import urllib.error
import urllib.request

import oracle
from company import ROOT, Company, StoredInPostgres, check
from private_postgres import Server
from relay import POINTS, Relay
from subject import Failure, expect, peers, wait_for


def cut(lab):
    """The connection is cut at each of five points of the protocol, under load."""
    rounds = lab.rounds(4, 50)
    place = lab.place("cut")
    with Server() as server, Relay(server.port) as relay:
        url = server.url(port=relay.port)
        with Company(lab, place, url, 3) as company, lab.sender(place, connections=48) as sender:
            sender.go(company.ports)
            for turn in range(rounds):
                for point in lab.dice.sample(sorted(POINTS), len(POINTS)):
                    if point == "connecting":
                        # A replica must connect: the one that was just cut off.
                        relay.arm("before the rows")
                        expect(relay.fired.wait(20), "no replica wrote")
                    relay.arm(point)
                    expect(relay.fired.wait(20), f"no replica reached the point: {point}")
                    time.sleep(lab.dice.uniform(0, 0.1))
                if turn % 10 == 9:
                    sender.stop()
                    check(server, sender.ledger)
                    sender.go(company.ports)
            counts = sender.stop()
            check(server, sender.ledger)
            company.check_alive()
            figures = company.settle(server, sender)
    figures |= {"cuts": relay.cuts, "refused": counts["refused"]}
    expect(counts["without_retry_after"] == 0, "503 without Retry-After")
    done = sum(relay.cuts.values())
    return done, f"{told(figures)}; {counts['refused']} refused", figures


def terminate(lab):
    """The server ends every connection of the replicas (pg_terminate_backend), under load."""
    rounds = lab.rounds(6, 50)
    place = lab.place("terminate")
    ended = 0
    with Server() as server:
        with Company(lab, place, server.url(), 3) as company, lab.sender(place) as sender:
            sender.go(company.ports)
            for _ in range(rounds):
                time.sleep(lab.dice.uniform(0.05, 0.3))
                rows = server.query(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'console-billing'"
                )
                ended += len(rows)
            counts = sender.stop()
            check(server, sender.ledger)
            company.check_alive()
            figures = company.settle(server, sender)
    expect(ended >= rounds, "there was no connection to end: no test")
    return rounds, f"{told(figures)}; {ended} connections ended, {counts['refused']} refused", figures


def crash(lab):
    """The server stops as by a crash (SIGQUIT) and recovers from its log, under load; readiness falls and comes back."""
    rounds = lab.rounds(3, 20)
    place = lab.place("crash")
    back = []
    with Server() as server:
        with Company(lab, place, server.url(), 3) as company, lab.sender(place) as sender:
            for turn in range(rounds):
                sender.go(company.ports)
                time.sleep(lab.dice.uniform(0.1, 0.6))
                server.stop("immediate")
                # Longer every other time than a delivery is held for.
                time.sleep(lab.dice.uniform(0, 0.5) + 3 * (turn % 2))
                replica = company.replicas[turn % 3]
                # The answer may be a second old.
                wait_for(lambda: not replica.is_ready(), 5, "a replica is ready without its database")
                server.start()
                begun = time.monotonic()
                company.wait_until_ready()
                back.append(time.monotonic() - begun)
                time.sleep(lab.dice.uniform(0, 0.2))
                counts = sender.stop()
                expect(counts["without_retry_after"] == 0, "503 without Retry-After")
                check(server, sender.ledger)
                company.check_alive()
            figures = company.settle(server, sender)
    figures["ready_again_s_max"] = round(max(back), 2)
    return rounds, f"{told(figures)}; ready again within {max(back):.1f} s", figures


def promote(lab):
    """The server is lost and its standby promoted, under load; the URL names both."""
    rounds = lab.rounds(2, 10)
    place = lab.place("promote")
    settings = {"synchronous_standby_names": "*", "hot_standby": "on"}
    primary = Server({}).create().start()
    standby = primary.copy(settings).start()
    back = []
    try:
        primary.settings |= settings
        follow(primary)
        address = f"127.0.0.1:{primary.port},127.0.0.1:{standby.port}"
        url = f"postgres://postgres:{primary.password}@{address}/postgres"
        with Company(lab, place, url, 3) as company, lab.sender(place) as sender:
            for _ in range(rounds):
                sender.go(company.ports)
                time.sleep(lab.dice.uniform(0.2, 0.8))
                primary.stop("immediate")
                primary.remove()
                begun = time.monotonic()
                standby.promote()
                # Nothing is acknowledged until there is a standby again, at the address of the lost server.
                primary, standby = standby, standby.copy(settings, port=primary.port).start()
                company.wait_until_ready()
                back.append(time.monotonic() - begun)
                time.sleep(lab.dice.uniform(0.2, 0.5))
                sender.stop()
                check(primary, sender.ledger)
                company.check_alive()
            figures = company.settle(primary, sender)
    finally:
        for server in (primary, standby):
            server.remove()
    figures["ready_again_s_max"] = round(max(back), 2)
    return rounds, f"{told(figures)}; ready again within {max(back):.1f} s, a new standby included", figures


def follow(primary):
    """From now on a commit waits for the standby."""
    primary.query("ALTER SYSTEM SET synchronous_standby_names = '*'")
    primary.query("SELECT pg_reload_conf()")
    for _ in range(500):
        if primary.query("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == [["1"]]:
            return
        time.sleep(0.02)
    expect(False, "the standby does not follow")


def kill(lab):
    """A replica of three is killed (kill -9) under load, while one rebuilds the feed; another takes its place."""
    rounds = lab.rounds(5, 25)
    place = lab.place("kill")
    with Server() as server:
        with Company(lab, place, server.url(), 3) as company, lab.sender(place) as sender:
            sender.go(company.ports)
            for turn in range(rounds):
                time.sleep(lab.dice.uniform(0.05, 0.4))
                replica = company.replicas[lab.dice.randrange(3)]
                rebuilding = threading.Thread(target=rebuild, args=(replica,), daemon=True)
                rebuilding.start()
                time.sleep(lab.dice.uniform(0, 0.2))
                replica.kill()
                rebuilding.join(60)
                replica.start()
                if turn % 10 == 9:
                    sender.stop()
                    check(server, sender.ledger)
                    sender.go(company.ports)
            counts = sender.stop()
            check(server, sender.ledger)
            figures = company.settle(server, sender)
    expect(counts["lost"] > 0, "the kills met no request under way: no test")
    return rounds, f"{told(figures)}; {counts['lost']} cut off", figures


def rebuild(replica):
    """Asks for a rebuild that will not come to its end."""
    try:
        replica.call("POST", "/v1/events/reproject", timeout=30)
    except OSError:
        pass


def control(lab):
    """Negative control: an event that the database lost, altered or made up does not escape the oracle."""
    place = lab.place("control")
    one = "(SELECT sequence FROM events ORDER BY sequence LIMIT 1 OFFSET 3)"
    tamperings = {
        "an event lost": f"DELETE FROM events WHERE sequence = {one}",
        "an event altered": f"UPDATE events SET payload = payload || ' '::bytea WHERE sequence = {one}",
        "an event made up": "INSERT INTO events (id, type, received_at, livemode, source, disposition, payload, body_size) "
        "VALUES ('evt_made_up', 'a.b', 0, FALSE, 'webhook', 'ignored', '{}', 2)",
        "a row lost": "DELETE FROM transactions WHERE id = (SELECT min(id) FROM transactions)",
    }
    with Server() as server:
        with Company(lab, place, server.url(), 1) as company, lab.sender(place) as sender:
            sender.go(company.ports)
            time.sleep(0.5)
            sender.stop()
            sender.complete(company.ports)
            replica = company.replicas[0]
            oracle.check_service(replica, sender.ledger, stored=StoredInPostgres(server))
            for what, sql in tamperings.items():
                server.query("CREATE SCHEMA kept")
                for table in ("events", "transactions"):
                    server.query(f"CREATE TABLE kept.{table} AS TABLE public.{table}")
                server.query(sql)
                try:
                    oracle.check_service(replica, sender.ledger, stored=StoredInPostgres(server))
                    check(server, sender.ledger)
                except Failure:
                    pass
                else:
                    raise Failure(f"the oracle did not notice {what}")
                for table in ("events", "transactions"):
                    server.query(f"TRUNCATE public.{table}; INSERT INTO public.{table} SELECT * FROM kept.{table}")
                server.query("DROP SCHEMA kept CASCADE")
    return len(tamperings), f"noticed: {', '.join(tamperings)}", {}


def move(lab):
    """migrate-store is killed (kill -9) again and again, goes on each time, and the replica that takes over shows the same."""
    rounds = lab.rounds(6, 40)
    place = lab.place("move")
    kills = 0
    with Server() as server, lab.subject(place) as old, lab.sender(place) as sender:
        old.start()
        sender.go(old.port)
        time.sleep(3)
        sender.stop()
        sender.complete(old.port)
        expect(old.terminate() == 0, "SIGTERM is answered with exit 0")
        command = [lab.executable, "migrate-store", "--from", f"sqlite:{old.database}", "--format", "json"]
        environment = old.environment | {"DATABASE_URL": server.url()}
        for _ in range(rounds):
            process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            try:
                _, said = process.communicate(timeout=lab.dice.uniform(0.05, 0.7))
                expect(process.returncode == 0, f"migrate-store: {said.decode()[-400:]}")
                break
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                kills += 1
        else:
            done = subprocess.run(command, env=environment, capture_output=True, text=True)
            expect(done.returncode == 0, f"migrate-store: {done.stderr[-400:]}")
        again = subprocess.run(command, env=environment, capture_output=True, text=True)
        expect(again.returncode == 0, f"the same once more: {again.stderr[-400:]}")
        with Company(lab, place, server.url(), 1) as company:
            figures = oracle.check_service(company.replicas[0], sender.ledger, stored=StoredInPostgres(server))
    expect(kills > 0, "no move was killed: no test")
    return kills, f"{told(figures)}; {figures['rows']} rows as before", figures


def rolling(lab):
    """Three replicas behind nginx, as deploy/compose.yaml has them, stopped and killed by turns: a sender sees none
    of it, and a link that one made is good at another."""
    rounds = lab.rounds(6, 30)
    place = lab.place("rolling")
    with Server() as server:
        with Company(lab, place, server.url(), 3) as company, Nginx(place, company) as nginx:
            with lab.sender(place, connections=32) as sender:
                sender.go(nginx.port)
                for turn in range(rounds):
                    time.sleep(lab.dice.uniform(0.1, 0.4))
                    replica = company.replicas[turn % 3]
                    if turn % 2:
                        replica.kill()
                    else:
                        expect(replica.terminate() == 0, "SIGTERM is answered with exit 0")
                    replica.start()
                counts = sender.stop()
                check(server, sender.ledger)
                expect(counts["refused"] == 0, f"{counts['refused']} deliveries were refused")
                expect(counts["lost"] == 0, f"{counts['lost']} deliveries were not answered")
                links = check_links(company)
                figures = company.settle(server, sender)
    figures["links"] = links
    return rounds, f"{told(figures)}, 0 refused; {links} links of one replica good at the others", figures


def check_links(company):
    """-> how many links were tried"""
    rows = company.replicas[0].get("/v1/transactions?type=purchase&status=succeeded&limit=20")["data"]
    links = [row["receipt"]["url"] for row in rows if row["receipt"].get("url")]
    expect(links, "there is no receipt to look at: no test")
    for link in links:
        path = link.split("/", 3)[3].replace("/receipt?", "/receipt/print?")
        for replica in company.replicas:
            with urllib.request.urlopen(f"{replica.url}/{path}", timeout=20) as page:
                expect(page.status == 200, f"a link of another replica is answered {page.status}")
            try:
                urllib.request.urlopen(f"{replica.url}/{path}0", timeout=20)
                expect(False, "a forged link is believed")
            except urllib.error.HTTPError as refusal:
                expect(refusal.code == 403, f"a forged link is answered {refusal.code}")
    return len(links)


class Nginx:
    """nginx with the configuration of deploy/nginx, on addresses of ours."""

    def __init__(self, place, company):
        self.folder = place / "nginx"
        self.folder.mkdir()
        self.port = peers.free_port()
        text = (ROOT / "deploy/nginx/replicas.conf").read_text()
        for number, replica in enumerate(company.replicas, 1):
            text = text.replace(f"billing-{number}:3080", f"127.0.0.1:{replica.port}")
        text = text.replace("listen 8080;", f"listen 127.0.0.1:{self.port};")
        expect(not re.search(r"billing-\d|:3080", text), "deploy/nginx/replicas.conf has other names than here")
        paths = "".join(
            f"{name}_temp_path {self.folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        text = f"daemon off;\npid {self.folder}/pid;\n" + text.replace("http {", "http {\n" + paths, 1)
        (self.folder / "nginx.conf").write_text(text)

    def __enter__(self):
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(
                ["/usr/sbin/nginx", "-p", self.folder, "-c", self.folder / "nginx.conf", "-e", "stderr"],
                stdout=log,
                stderr=log,
            )
        wait_for(self.answers, 20, "nginx did not start: " + (self.folder / "log").read_text())
        return self

    def answers(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2):
                return True
        except OSError:
            return False

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def told(figures):
    return f"{figures['acknowledged']} acknowledged, 0 lost, 0 doubled"


FAULTS = {
    "oracle-control": control,
    "cut": cut,
    "terminate": terminate,
    "crash": crash,
    "promote": promote,
    "kill-replica": kill,
    "rolling": rolling,
    "move": move,
}
