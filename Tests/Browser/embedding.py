#!/usr/bin/env python3
"""The page in Console's frame: two sites with TLS in Chromium, third-party cookies blocked, as deploy/docs/how-to/embed-the-page.md says.

Settings, the request for a session, the frame's markup, Console's policy and its scripts are taken out of that document.
Console's server is made up here; the service is behind nginx with the sample of deploy/nginx.

Usage: embedding.py --service console-billing --stand-in stripe-stand-in [--only WORD]
"""

import argparse
import contextlib
import csv
import http.server
import io
import os
import pathlib
import re
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.parse

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import sync_playwright

from subject import CUSTOMER, HOSTILE, ROOT, running, stripe
from visitor import REPORT_VIOLATIONS

sys.path.insert(0, str(ROOT / "Tests" / "Deploy"))
import proxies  # noqa: E402
from service import free_port  # noqa: E402

BILLING, CONSOLE, STRANGER = "billing.example.com", "console.example.net", "stranger.example.org"
KEY, ZONE = "cbk_browser", "America/Chicago"
DOCUMENT = (ROOT / "deploy/docs/how-to/embed-the-page.md").read_text()
# A payment of the customer of the year, and one of the other team's.
OURS, THEIRS = "pi_3RiSjtoT5vkQXp9LrWm2Hc80zDVg02G", "ch_hostile"


def written(language, containing):
    """The block of the document in a language that contains a text."""
    for block in re.findall(rf"^```{language}.*\n([\s\S]*?)^```", DOCUMENT, re.MULTILINE):
        if containing in block:
            return block
    raise SystemExit(f"the document has no block of {language} with {containing!r} any more")


class Sites:
    """The origins of this run in place of the document's."""

    def __init__(self, billing, console):
        self.billing = f"https://{BILLING}:{billing}"
        self.console = f"https://{CONSOLE}:{console}"

    def placed(self, text):
        return text.replace("https://billing.example.com", self.billing).replace("https://console.example.com", self.console)

    def settings(self):
        exports = re.findall(r"^export (\w+)=(\S+)", self.placed(written("sh", "FRAME_ANCESTORS")), re.MULTILINE)
        return dict(exports)


class Console(http.server.ThreadingHTTPServer):
    """Console's server, and that of a site that has no business with us: pages with a frame."""

    daemon_threads = True

    def __init__(self, port, folder, sites, service):
        super().__init__(("127.0.0.1", port), Pages)
        self.sites, self.service = sites, service
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        self.socket = context.wrap_socket(self.socket, server_side=True)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def session(self, customer):
        """The address that the document's command prints; it asks the service past nginx."""
        command = self.sites.placed(written("sh", "customer_sessions")).replace("cus_…", customer)
        command = command.replace(self.sites.billing, self.service)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command], capture_output=True, text=True, check=True,
            env={"PATH": os.environ["PATH"], "BILLING_KEY": KEY},
        )
        return done.stdout.strip()

    def frame(self, address):
        return written("html", "<iframe").replace('src="URL"', f'src="{address}"')


class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        server, path = self.server, urllib.parse.urlsplit(self.path)
        policy = written("http", "frame-src").removeprefix("Content-Security-Policy:").strip()
        if path.path == "/billing/return":
            return self.answer(written("html", "postMessage"), policy)
        if path.path == "/favicon.ico":
            return self.answer("")
        if path.path == "/session":
            return self.answer(server.session(path.query))
        if path.path == "/counter":
            # A third party's cookie without a partition, to see that this browser blocks it.
            had = "counted=1" in self.headers.get("Cookie", "")
            return self.answer(f"had {had}", cookie="counted=1; Secure; SameSite=None; Path=/")
        if path.path == "/with-counter":
            return self.answer(f'<iframe src="https://{STRANGER}:{server.server_port}/counter"></iframe>')
        script = """
            async function openBilling() {
                const answer = await fetch("/session?" + document.body.dataset.team);
                document.querySelector("iframe").src = await answer.text();
            }
        """ + written("js", "openBilling")
        team, _, lacking = path.query.partition("&without=")
        frame = server.frame(server.session(team))
        frame = re.sub(rf'{lacking}(?=[ "])', "", frame, count=1) if lacking else frame
        self.answer(f'<body data-team="{team}">{frame}<script>{script}</script>', server.sites.placed(policy))

    def answer(self, text, policy=None, cookie=None):
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        if policy:
            self.send_header("Content-Security-Policy", policy)
        if cookie:
            self.send_header("Set-Cookie", cookie)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Place:
    """A service behind nginx, and Console's server beside it."""

    def __init__(self, subject, sites, console):
        self.subject, self.sites, self.console = subject, sites, console
        self.stranger = f"https://{STRANGER}:{console.server_port}"


@contextlib.contextmanager
def place(service, stand_in, **changes):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        proxies.certificate(folder)
        sites = Sites(free_port(), free_port())
        settings = {**sites.settings(), **changes}
        with running(service, stand_in, **{name: value for name, value in settings.items() if value is not None}) as subject:
            port = int(sites.billing.rpartition(":")[2])
            command = proxies.nginx(folder, port, int(subject.url.rpartition(":")[2]))
            with proxies.running(command, folder, port):
                console = Console(int(sites.console.rpartition(":")[2]), folder, sites, subject.url)
                yield Place(subject, sites, console)
                console.shutdown()


class Frame:
    """Console's page in a browser, and what its frames show."""

    def __init__(self, context, place, team, origin=None):
        self.place, self.context = place, context
        self.page = context.new_page()
        self.complaints = []
        self.page.on("console", lambda message: message.type == "error" and self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(f"{origin or place.sites.console}/billing?{team}")

    def of(self, index=0):
        return self.page.frame_locator("iframe").nth(index)

    def ids(self, index=0):
        return self.of(index).locator("tbody[data-id]").evaluate_all("all => all.map((one) => one.dataset.id)")

    def shows(self, customer, index=0):
        self.of(index).locator("header", has_text=f"Customer {customer}").wait_for()
        return self

    def everything(self, index=0):
        """The rows of all time, after a choice of a filter."""
        self.of(index).locator("select[name=range]").select_option("all")
        self.of(index).locator("text=Apply").click()
        self.of(index).locator("select[name=range] option[value=all]:checked").wait_for(state="attached")
        self.of(index).locator("tbody[data-id]").first.wait_for()
        return self.ids(index)

    def switch(self, team):
        """Changes the team, as Console does."""
        self.page.evaluate("(team) => { document.body.dataset.team = team; return openBilling(); }", team)
        return self

    def quiet(self):
        assert not self.complaints, self.complaints


class Checks:
    def __init__(self, browser, place, unframed, short_lived):
        self.browser, self.place, self.unframed, self.short_lived = browser, place, unframed, short_lived

    @contextlib.contextmanager
    def context(self):
        context = self.browser.new_context(ignore_https_errors=True, accept_downloads=True, reduced_motion="reduce", timezone_id=ZONE)
        context.set_default_timeout(10_000)
        context.add_init_script(REPORT_VIOLATIONS)
        yield context
        context.close()

    def this_browser_blocks_third_party_cookies(self):
        with self.context() as context:
            page = context.new_page()
            for _ in range(2):
                page.goto(self.place.sites.console + "/with-counter")
                seen = page.frame_locator("iframe").locator("body").text_content()
                assert seen == "had False", "a third party's cookie came back: nothing would be shown by this test"
            page.goto(self.place.stranger + "/counter")
            page.goto(self.place.stranger + "/counter")
            assert page.text_content("body") == "had True", "the cookie is none anywhere"

    def page_tabs_and_filters(self):
        with self.context() as context:
            frame = Frame(context, self.place, CUSTOMER).shows(CUSTOMER)
            assert OURS in self.found(frame, OURS) and "session=" not in frame.page.frames[1].url
            cookies = [cookie for cookie in context.cookies() if cookie["name"].startswith("__Host-billing_session")]
            assert len(cookies) == 1 and cookies[0].get("partitionKey") == f"https://{CONSOLE.partition('.')[2]}", cookies
            assert cookies[0]["sameSite"] == "None" and cookies[0]["secure"] and cookies[0]["httpOnly"]
            frame.of().locator("text=Usage & Analytics").click()
            frame.of().locator("#table-daily, #table-spend").first.wait_for(state="attached")
            frame.of().locator(".tabs >> text=Transactions").click()
            frame.of().locator("tbody[data-id]").first.wait_for(state="attached")
            frame.quiet()

    def found(self, frame, text):
        """The rows that a search for a text finds."""
        frame.everything()
        frame.of().locator("input[name=q]").fill(text)
        frame.of().locator("text=Apply").click()
        frame.page.frames[1].wait_for_url(f"**q={text}*")
        return frame.ids()

    def downloads(self):
        with self.context() as context:
            frame = Frame(context, self.place, CUSTOMER).shows(CUSTOMER)
            ids = self.found(frame, OURS)
            with frame.page.expect_download() as download:
                frame.of().locator("a[data-export]").click()
            text = open(download.value.path(), encoding="utf-8-sig", newline="").read()
            assert [row["ID"] for row in csv.DictReader(io.StringIO(text))] == ids, text
            frame.quiet()

    def receipts_and_email(self):
        with self.context() as context:
            frame = Frame(context, self.place, CUSTOMER).shows(CUSTOMER)
            self.found(frame, OURS)
            for name, origin in [("Print", self.place.sites.billing), ("Open", self.place.subject.stand_in)]:
                with context.expect_page() as opened:
                    frame.of().get_by_role("link", name=name).last.click()
                opened.value.wait_for_load_state()
                assert opened.value.url.startswith(origin + "/"), opened.value.url
                assert name == "Open" or "Billed to" in opened.value.text_content("main")
            before = self.place.subject.emails()
            frame.of().locator("form[data-email] button").last.click()
            frame.of().locator("[data-notice].done").wait_for()
            assert self.place.subject.emails() == before + 1
            frame.quiet()

    def every_token_of_the_sandbox_is_needed(self):
        tokens = re.search(r'sandbox="([^"]+)"', written("html", "<iframe"))[1].split()
        for number, lacking in enumerate(["", *tokens]):
            with self.context() as context:
                context.set_default_timeout(1200 if lacking else 10_000)
                try:
                    self.use_all(context, f"{CUSTOMER}&without={lacking}", number)
                except (AssertionError, PlaywrightError):
                    assert lacking, "all of them are too few"
                else:
                    assert not lacking, f"all goes without {lacking}"

    def use_all(self, context, team, number):
        """Everything for which the sandbox is opened; a receipt is e-mailed once only, so that each time it is another."""
        frame = Frame(context, self.place, team).shows(CUSTOMER)
        frame.of().locator("select[name=status]").select_option("succeeded")
        frame.everything()
        assert frame.of().locator("[data-zone-name]").text_content() == ZONE
        with frame.page.expect_download() as download:
            frame.of().locator("a[data-export]").click()
        assert download.value.path()
        with context.expect_page() as opened:
            frame.of().get_by_role("link", name="Print").last.click()
        opened.value.wait_for_load_state()
        # A sandbox without `allow-modals` has no dialogs, of which the one to print is needed.
        opened.value.on("dialog", lambda dialog: dialog.accept())
        assert opened.value.evaluate("confirm('Print?')"), "the tab is in the frame's sandbox"
        frame.of().locator("form[data-email] button").nth(number).click()
        frame.of().locator("[data-notice].done").wait_for()

    def only_named_sites_may_frame_it(self):
        with self.context() as context:
            for place, origin in [(self.place, self.place.stranger), (self.unframed, self.unframed.sites.console)]:
                frame = Frame(context, place, CUSTOMER, origin=origin)
                frame.page.wait_for_timeout(300)
                shown = frame.page.frames[1].url
                assert shown.startswith("chrome-error:"), f"{origin} frames {shown}"
                assert any("frame" in text.lower() for text in frame.complaints), frame.complaints
            # An entry at the site that frames it without leave does not end the session at Console.
            frame = Frame(context, self.place, CUSTOMER).shows(CUSTOMER)
            Frame(context, self.place, HOSTILE, origin=self.place.stranger)
            frame.of().locator(".tabs >> text=Transactions").click()
            frame.shows(CUSTOMER)

    def a_team_that_changes(self):
        with self.context() as context:
            frame = Frame(context, self.place, CUSTOMER).shows(CUSTOMER)
            ours = set(frame.everything())
            assert ours and not any(identifier == THEIRS for identifier in ours)
            frame.switch(HOSTILE).shows(HOSTILE)
            assert frame.everything() == [THEIRS]
            # The former cookie is gone, whatever is opened next.
            frame.of().locator("text=Usage & Analytics").click()
            frame.shows(HOSTILE)
            frame.page.reload()
            # Console shows its first team again.
            frame.shows(CUSTOMER)
            assert set(frame.everything()) == ours
            cookies = [cookie for cookie in context.cookies() if cookie["name"].startswith("__Host-billing_session")]
            assert len(cookies) == 1, cookies
            frame.quiet()

    def two_frames_of_two_teams(self):
        with self.context() as context:
            frame = Frame(context, self.place, CUSTOMER).shows(CUSTOMER)
            frame.everything()
            frame.page.evaluate("""async (team) => {
                const second = document.querySelector('iframe').cloneNode();
                second.src = await (await fetch('/session?' + team)).text();
                document.body.append(second);
            }""", HOSTILE)
            frame.shows(HOSTILE, index=1)
            frame.shows(CUSTOMER, index=0)
            # A form of the former session, with its token, does nothing for the new one.
            before = self.place.subject.emails()
            frame.of(0).locator("form[data-email] button").last.click()
            frame.of(0).locator("[data-notice].trouble").wait_for()
            assert self.place.subject.emails() == before
            frame.of(0).locator(".tabs >> text=Transactions").click()
            frame.shows(HOSTILE, index=0)
            assert set(frame.everything(0)) == {THEIRS} == set(frame.everything(1))

    def ended(self, context):
        """A frame whose session has ended, and its page, which says so."""
        frame = Frame(context, self.short_lived, HOSTILE).shows(HOSTILE)
        frame.page.wait_for_timeout(3100)
        frame.of().locator("text=Usage & Analytics").click()
        frame.of().locator("main", has_text="open Billing & Usage from there").wait_for()
        assert not frame.ids()
        return frame

    def a_session_that_ends(self):
        with self.context() as context:
            frame = self.ended(context)
            frame.page.reload()
            frame.shows(HOSTILE)
            assert frame.everything() == [THEIRS]

    def a_session_that_ends_leads_back(self):
        with self.context() as context:
            frame = self.ended(context)
            frame.of().locator("header a", has_text="Return to").click(timeout=1000)
            frame.shows(HOSTILE)

    def the_way_back(self):
        with self.context() as context:
            frame = Frame(context, self.place, CUSTOMER).shows(CUSTOMER)
            before = frame.page.frames[1].url
            frame.of().locator(".tabs >> text=Usage & Analytics").click()
            frame.of().locator("header a", has_text="Return to").click()
            frame.page.wait_for_function("document.querySelector('iframe').src.includes('session=')")
            frame.shows(CUSTOMER).of().locator(".tabs a[aria-current=page]", has_text="Transactions").wait_for()
            assert frame.page.frames[1].url == before
            frame.quiet()

    def all(self):
        return [value for name, value in vars(Checks).items()
                if callable(value) and not name.startswith("_") and name not in ("all", "context", "found", "use_all", "ended")]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--service", required=True)
    parser.add_argument("--stand-in", required=True)
    parser.add_argument("--only", default="", help="the checks that have this in their names")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    arguments = parser.parse_args()
    os.environ["PATH"] += ":/usr/sbin"
    failures, begun = 0, time.monotonic()
    names = ",".join(f"MAP {name} 127.0.0.1" for name in (BILLING, CONSOLE, STRANGER))
    # As root, which the sandbox does not run as, there is nothing else to choose.
    flags = [f"--host-resolver-rules={names}", "--test-third-party-cookie-phaseout", "--ignore-certificate-errors"]
    flags += ["--no-sandbox"] if os.geteuid() == 0 else []
    with stripe(arguments.stand_in) as stand_in, place(arguments.service, stand_in) as framed, \
            place(arguments.service, stand_in, FRAME_ANCESTORS=None) as unframed, \
            place(arguments.service, stand_in, CUSTOMER_SESSION_TTL="3") as short_lived, sync_playwright() as playwright:
        framed.subject.load()
        short_lived.subject.load_hostile()
        browser = playwright.chromium.launch(executable_path=arguments.chromium, args=flags)
        checks = Checks(browser, framed, unframed, short_lived)
        for check in checks.all():
            if arguments.only not in check.__name__:
                continue
            since, name, trouble = time.monotonic(), check.__name__.replace("_", " "), ""
            try:
                check(checks)
            except Exception:  # noqa: BLE001 - whatever it is, the other checks say something too
                trouble = traceback.format_exc()
            result = "FAILED" if trouble else "passed"
            failures += result == "FAILED"
            print(f"{result}  {name}  ({time.monotonic() - since:.1f} s)", flush=True)
            if result == "FAILED":
                print(trouble, flush=True)
        browser.close()
    print(f"{failures} failed, in {time.monotonic() - begun:.0f} s")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
