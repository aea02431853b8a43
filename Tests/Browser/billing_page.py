#!/usr/bin/env python3
"""Drives the Billing & Usage page of the real service in Debian's Chromium, as a customer would.

Usage: billing_page.py --service console-billing --stand-in stripe-stand-in [--screenshots FOLDER] [--only WORD]
"""

import argparse
import csv
import io
import os
import time
import traceback
from decimal import ROUND_HALF_UP, Decimal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

import figures
from subject import CUSTOMER, FORMULA, HOSTILE, YEAR, running, stripe
from visitor import pages_of, visiting

YEAR_OF_TRANSACTIONS = "/billing?range=custom&from=2025-12-01&to=2026-11-26"
USAGE = "/billing/usage?" + YEAR
MONTH_OF_USAGE = "/billing/usage?range=custom&from=2026-10-28&to=2026-11-26"

# Which day's numbers are shown where the pointer is, at which height the line is drawn there, and at which the number is.
DRAWN_AND_SAID = """([id, x]) => {
  const chart = Chart.getChart(id);
  const [item] = chart.tooltip.dataPoints;
  const ratio = chart.currentDevicePixelRatio;
  const paint = /^#(..)(..)(..)/.exec(chart.data.datasets[0].borderColor).slice(1).map((part) => parseInt(part, 16));
  // The tooltip may cover the line.
  chart.setActiveElements([]);
  chart.tooltip.setActiveElements([], { x: 0, y: 0 });
  chart.update('none');
  const column = new OffscreenCanvas(1, chart.height * ratio).getContext("2d", { willReadFrequently: true });
  column.drawImage(chart.canvas, -Math.round(x * ratio), 0);
  const { data } = column.getImageData(0, 0, 1, chart.height * ratio);
  let drawn = -1;
  for (let y = 0; y < data.length / 4 && drawn < 0; y += 1) {
    const near = paint.every((part, index) => Math.abs(data[4 * y + index] - part) < 24);
    if (near && data[4 * y + 3] > 128) drawn = y / ratio;
  }
  return [item.dataIndex, drawn, chart.scales.y.getPixelForValue(item.raw)];
}"""


def table(text):
    return list(csv.DictReader(io.StringIO(text)))


def rounded(number):
    """An exact number of a file as the page has it: to the millionth."""
    text = format(Decimal(number).quantize(Decimal("0.000001"), ROUND_HALF_UP), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


class Checks:
    def __init__(self, browser, subject, short_lived, chartless, screenshots):
        self.browser = browser
        self.subject = subject
        self.short_lived = short_lived
        self.chartless = chartless
        self.screenshots = screenshots

    def visiting(self, subject=None, **how):
        return visiting(self.browser, subject or self.subject, **how)

    def look(self, visitor, name):
        if self.screenshots:
            visitor.page.screenshot(path=os.path.join(self.screenshots, name + ".png"), full_page=True)

    # Transactions

    def filters_paging_and_export(self):
        with self.visiting() as visitor:
            visitor.enter().go(YEAR_OF_TRANSACTIONS)
            page = visitor.page
            page.select_option("select[name=type]", "purchase")
            page.select_option("select[name=status]", "succeeded")
            page.click("text=Apply")
            asked = "/v1/transactions?customer=" + CUSTOMER + "&type=purchase&status=succeeded&limit=100"
            expected = [
                row["id"] for row in self.subject.ask(asked)["data"]
                # In the visitor's zone, as the page has it by now.
                if 1764568800 <= row["created"] < 1795759200
            ]
            seen = visitor.rows()
            assert visitor.summary() == f"Showing 10 of {len(expected)} transactions", visitor.summary()
            while page.locator("a[rel=next]").count():
                page.click("a[rel=next]")
                seen += visitor.rows()
            assert seen == expected, "the pages together are the feed"
            page.click("a[rel=prev]")
            exported = [row["ID"] for row in table(visitor.download("a[data-export]"))]
            assert exported == expected, "the file has what the filters find"
            page.fill("input[name=q]", "8431")
            page.click("text=Apply")
            assert 0 < len(visitor.rows()) < 10 and all("8431" in text for text in page.locator(".method").all_text_contents())
            page.fill("input[name=q]", "no such thing")
            page.click("text=Apply")
            assert "Nothing matches these filters" in page.text_content("main")
            page.click("text=show all transactions")
            assert visitor.rows()
            visitor.quiet()

    def rows_open(self):
        with self.visiting() as visitor:
            visitor.enter().go("/billing?range=all&type=purchase&q=pi_3RiSjtoT5vkQXp9LrWm2Hc80zDVg02G")
            behind = visitor.page.locator("tr.behind").first
            assert not behind.is_visible()
            visitor.page.keyboard.press("Tab")
            assert visitor.page.evaluate("document.activeElement.textContent") == "Skip to the content"
            visitor.page.locator("summary").first.focus()
            visitor.page.keyboard.press("Enter")
            assert behind.is_visible()
            text = behind.text_content()
            assert "Attempts to pay" in text and "Refund" in text and "re_3RiSjtoT5vkQXp9LrWm2Hc80LbvK1Cb" in text
            self.look(visitor, "transaction-open")
            visitor.quiet()

    def locale_and_zone(self):
        with self.visiting(locale="de-DE", zone="Asia/Tokyo") as visitor:
            visitor.enter().go("/billing?range=all&q=re_3RiSjtoT5vkQXp9LrWm2Hc80LbvK1Cb")
            row = visitor.page.text_content("tbody[data-id]")
            # 2026-03-08T20:43:46Z is the next morning there.
            assert "09.03.2026, 05:43" in row and "-40,00\u00a0$" in row, row
            assert visitor.page.text_content("[data-zone-name]") == "Asia/Tokyo"
            visitor.page.click("text=Apply")
            assert "zone=Asia%2FTokyo" in visitor.page.url
            exported = table(visitor.download("a[data-export]"))
            assert exported[0]["Date (Asia/Tokyo)"] == "2026-03-09 05:43:46", exported[0]
            visitor.quiet()

    def email(self):
        with self.visiting() as visitor:
            visitor.enter().go("/billing?range=all&type=purchase&status=succeeded")
            before = self.subject.emails()
            visitor.page.locator("form[data-email] button").first.click()
            visitor.page.wait_for_selector("[data-notice].done")
            assert "was asked to send the receipt to" in visitor.page.text_content("[data-notice]")
            assert self.subject.emails() == before + 1
            visitor.quiet()

    def receipt(self):
        with self.visiting() as visitor:
            visitor.enter().go("/billing?range=all&q=pi_3RiSjtoT5vkQXp9LrWm2Hc80zDVg02G")
            with visitor.context.expect_page() as opened:
                visitor.page.get_by_role("link", name="Print").last.click()
            printed = opened.value
            printed.wait_for_load_state()
            text = printed.text_content("main")
            for part in ["Example Cloud, Inc.", "EX-00-1234567", "Billed to", "$100.00", "-$40.00", "$60.00"]:
                assert part in text, (part, text)
            assert pages_of(printed.pdf(format="A4")) == 1 and pages_of(printed.pdf(format="Letter")) == 1
            if self.screenshots:
                printed.screenshot(path=os.path.join(self.screenshots, "receipt.png"), full_page=True)
            with visitor.context.expect_page() as opened:
                visitor.page.get_by_role("link", name="Open").last.click()
            opened.value.wait_for_load_state()
            assert opened.value.url.startswith(self.subject.stand_in), opened.value.url

    def hostile_customer(self):
        with self.visiting() as visitor:
            visitor.enter(customer=HOSTILE).go("/billing?range=all")
            assert visitor.page.title() == "Transactions – Billing & Usage"
            assert FORMULA in visitor.page.text_content("tbody[data-id]")
            row = table(visitor.download("a[data-export]"))[0]
            assert row["Description"] == "'" + FORMULA, row
            visitor.go("/v1/transactions/ch_hostile/receipt/print")
            assert "owned" in visitor.page.text_content("address >> nth=1") and visitor.page.title().startswith("Receipt")
            # Another customer's link asks first; a click on our own page answers.
            visitor.page.goto(self.subject.session())
            asked = visitor.page.text_content("main")
            assert HOSTILE in asked and CUSTOMER in asked, asked
            self.look(visitor, "another-customer")
            visitor.page.get_by_role("button", name=f"Open {CUSTOMER}").click()
            visitor.page.wait_for_url("**/billing")
            assert CUSTOMER in visitor.page.text_content("header")
            visitor.quiet()

    # Usage

    def charts_show_the_tables(self):
        with self.visiting() as visitor:
            for split in ["provider", "gpu_model", "deployment"]:
                visitor.enter().go(USAGE + "&by=" + split)
                charts = visitor.page.evaluate(
                    """() => [...document.querySelectorAll('canvas')].map((canvas) => {
                        const { labels, datasets } = Chart.getChart(canvas).data;
                        return { id: canvas.id, labels, series: datasets.map(({ label, data }) => ({ label, data })) };
                    })"""
                )
                assert [chart["id"] for chart in charts] == [
                    "chart-balance", "chart-purchases", "chart-spend", "chart-months",
                ], charts
                files = [
                    table(self.fetch(visitor, link.get_attribute("href")))
                    for link in visitor.page.locator(".file a").all()
                ]
                self.equal(charts[0], {row["Date (UTC)"]: row["Closing"] for row in files[0] if row["Currency"] == "USD"})
                self.equal(
                    charts[1], {row["Date (UTC)"]: row["Purchases To Date"] for row in files[0] if row["Currency"] == "USD"}
                )
                self.stacked(charts[2], files[1], {"provider": "Provider Name", "gpu_model": "GPU Model"}.get(split, "Deployment"))
                self.equal(charts[3], {row["Month (UTC)"]: row["Spent (USD)"] for row in files[2]})
            visitor.quiet()

    def fetch(self, visitor, path):
        return visitor.context.request.get(self.subject.url + path).text().removeprefix("\ufeff")

    def equal(self, chart, column):
        shown = dict(zip(chart["labels"], chart["series"][0]["data"]))
        assert shown == {label: float(rounded(value)) for label, value in column.items()}, chart["id"]

    def stacked(self, chart, rows, name):
        """The series of a stack are the groups of the file; what is in none of them is in the last, together."""
        labels = [series["label"] for series in chart["series"]]
        shown = {}
        for row in rows:
            group = row[name] or "No GPU"
            series = labels.index(group) if group in labels else len(labels) - 1
            key = (row["Date (UTC)"], series)
            shown[key] = shown.get(key, 0) + float(row["Spent (USD)"])
        for index, series in enumerate(chart["series"]):
            for date, value in zip(chart["labels"], series["data"]):
                assert abs(value - shown.get((date, index), 0)) <= 0.5e-6 + 1e-9, (date, series["label"])
        assert len(labels) <= 10 and sum(shown.values()) > 0

    def lines_agree_with_their_tooltips(self):
        """A line is everywhere at the number that the tooltip there shows: it rises on the day, not before."""
        with self.visiting() as visitor:
            visitor.enter().go(MONTH_OF_USAGE)
            for name in ["chart-balance", "chart-purchases"]:
                rises = visitor.page.evaluate("(id) => Chart.getChart(id).data.datasets[0].data", name)
                days = [day for day in range(1, len(rises)) if rises[day] > rises[day - 1]]
                assert days, f"{name} has no purchase to look at"
                box = visitor.page.locator("#" + name).bounding_box()
                for day in days:
                    for share in [-1, -0.7, -0.3, 0, 0.3]:
                        x = visitor.page.evaluate(
                            """([id, day, share]) => {
                                const { x } = Chart.getChart(id).scales;
                                return x.getPixelForValue(day) + share * (x.getPixelForValue(1) - x.getPixelForValue(0));
                            }""",
                            [name, day, share],
                        )
                        visitor.page.mouse.move(box["x"] + x, box["y"] + box["height"] / 2)
                        shown, drawn, said = visitor.page.evaluate(DRAWN_AND_SAID, [name, x])
                        assert shown == (day if share > -0.5 else day - 1), (name, day, share, shown)
                        assert abs(drawn - said) <= 3, (name, day, share, drawn, said)
            visitor.quiet()

    def months_are_whole(self):
        """Whatever days are chosen, a month is the same, and only this one is not finished."""
        with self.visiting() as visitor:
            visitor.enter().go(USAGE)
            whole = self.months(visitor)
            for days in ["from=2026-06-10&to=2026-06-20", "from=2026-06-01&to=2026-06-01"]:
                visitor.go("/billing/usage?range=custom&" + days)
                months = self.months(visitor)
                assert months[0][0] == "2026-06" and len(months) == 6, months
                assert all(month in whole for month in months), (months, whole)
                file = table(self.fetch(visitor, visitor.page.locator(".file a").nth(2).get_attribute("href")))
                assert {row["Month (UTC)"]: rounded(row["Spent (USD)"]) for row in file} == {
                    month: value for month, value, _ in months
                }, file
            assert not any(is_open for month, _, is_open in whole if month < "2026-11"), whole
            visitor.quiet()

    def months(self, visitor):
        return visitor.page.eval_on_selector_all(
            "#table-months tbody tr",
            """rows => rows.map((row) => [
                row.querySelector('time').dateTime, row.querySelector('data')?.value, row.classList.contains('open'),
            ])""",
        )

    def usage_filters_and_export(self):
        with self.visiting() as visitor:
            visitor.enter().go("/billing/usage?range=custom&from=2026-05-01&to=2026-05-31")
            page = visitor.page
            assert page.locator("#table-daily tbody tr").count() == 31
            exported = table(visitor.download(".title a"))
            shown = page.eval_on_selector_all(
                "#table-daily tbody tr", "rows => rows.map((row) => [row.querySelector('time').dateTime, row.querySelector('data').value])"
            )
            assert [[row["Date (UTC)"], rounded(row["Spent (USD)"])] for row in reversed(exported)] == shown
            page.fill("input[name=from]", "2026-05-20")
            page.click("text=Apply")
            assert page.locator("#table-daily tbody tr").count() == 12
            page.click(".switch >> text=GPU model")
            assert "by=gpu_model" in page.url and page.locator("#table-daily tbody tr").count() == 12
            page.select_option("select[name=range]", "3m")
            page.click("text=Apply")
            assert page.locator("#table-daily tbody tr").count() in range(89, 94)
            visitor.quiet()

    # Without this and that

    def without_scripts(self):
        with self.visiting(scripts=False) as visitor:
            page = visitor.page
            visitor.enter().go(YEAR_OF_TRANSACTIONS)
            page.select_option("select[name=type]", "refund")
            page.click("text=Apply")
            assert page.locator("tbody[data-id]").count() == 5 and "Times are in UTC" in page.text_content("main")
            page.locator("summary").first.click()
            assert page.locator("tr.behind").first.is_visible()
            visitor.go("/billing?range=all&type=purchase&status=succeeded&per=25")
            page.click("a[rel=next]")
            before = self.subject.emails()
            page.locator("form[data-email] button").nth(3).click()
            assert "notice=emailed" in page.url and "after=" in page.url and self.subject.emails() == before + 1
            assert "Stripe was asked to send the receipt" in page.text_content("[role=status]")
            visitor.go(USAGE)
            assert page.locator("noscript").count() == 1 and not page.locator("canvas").first.is_visible()
            page.locator(".numbers summary").first.click()
            assert page.locator("#table-balance").is_visible()
            self.look(visitor, "usage-without-scripts")

    def without_charts(self):
        with self.visiting(self.chartless) as visitor:
            visitor.enter().go(USAGE)
            text = visitor.page.text_content("main")
            assert "libjs-chart.js" in text and not visitor.page.locator("canvas").count()
            assert visitor.page.locator("#table-spend").count() == 1
            self.look(visitor, "usage-without-charts")
            visitor.quiet()

    def charts_that_do_not_load(self):
        with self.visiting() as visitor:
            visitor.page.route("**/assets/chart.js*", lambda route: route.abort())
            visitor.enter().go(USAGE)
            assert "The chart could not be loaded" in visitor.page.text_content("main")
            assert visitor.page.locator("#table-spend").count() == 1

    def session_that_ends(self):
        with self.visiting(self.short_lived) as visitor:
            visitor.enter(customer=HOSTILE).go("/billing?range=all")
            time.sleep(2.1)
            visitor.page.locator("form[data-email] button").first.click()
            visitor.page.wait_for_selector("[data-notice].trouble")
            assert "Your session has ended" in visitor.page.text_content("[data-notice]")
            visitor.page.click("text=Usage & Analytics")
            assert "Open this page from your account" in visitor.page.text_content("main") \
                or "Your session has ended" in visitor.page.text_content("main")
            self.look(visitor, "session-ended")

    # Looks

    def looks_and_accessibility(self):
        axe = Axe()
        for scheme in ["dark", "light"]:
            for width in [1280, 320]:
                with self.visiting(width=width, scheme=scheme) as visitor:
                    visitor.enter().go(USAGE)
                    self.look(visitor, f"usage-year-{scheme}-{width}")
                    assert visitor.fits(), f"a year of usage is wider than {width} pixels"
                    # The more there is of the same, the longer axe looks, and finds no more.
                    for name, path in [
                        ("transactions", YEAR_OF_TRANSACTIONS), ("usage", MONTH_OF_USAGE), ("empty", "/billing?q=nothing"),
                    ]:
                        visitor.go(path)
                        self.look(visitor, f"{name}-{scheme}-{width}")
                        assert visitor.fits(), f"{name} is wider than {width} pixels"
                        visitor.page.eval_on_selector_all("details", "all => all.forEach((one) => { one.open = true; })")
                        assert visitor.fits(), f"{name}, opened, is wider than {width} pixels"
                        found = axe.run(visitor.page).response["violations"]
                        assert not found, [(one["id"], [node["html"][:200] for node in one["nodes"][:3]]) for one in found]
                    visitor.go("/v1/transactions/pi_3RiSjtoT5vkQXp9LrWm2Hc80zDVg02G/receipt/print")
                    assert visitor.fits() and not axe.run(visitor.page).response["violations"]
                    visitor.quiet()

    def all(self):
        return [
            getattr(self, name) for name, value in vars(Checks).items()
            if callable(value) and not name.startswith("_")
            and name not in ("all", "visiting", "look", "fetch", "equal", "stacked", "months")
        ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--service", required=True)
    parser.add_argument("--stand-in", required=True)
    parser.add_argument("--screenshots", help="a folder to leave pictures in")
    parser.add_argument("--only", default="", help="the checks that have this in their names")
    parser.add_argument("--figures", action="store_true", help="measure as well")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    arguments = parser.parse_args()
    if arguments.screenshots:
        os.makedirs(arguments.screenshots, exist_ok=True)
    failures = 0
    with stripe(arguments.stand_in) as stand_in, running(arguments.service, stand_in) as subject, \
            running(arguments.service, stand_in, CUSTOMER_SESSION_TTL="2") as short_lived, \
            running(arguments.service, stand_in, CHART_JS_PATH="none") as chartless, sync_playwright() as playwright:
        subject.load()
        short_lived.load_hostile()
        # As root, which the sandbox does not run as, there is nothing else to choose.
        flags = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=arguments.chromium, args=flags)
        for check in Checks(browser, subject, short_lived, chartless, arguments.screenshots).all():
            name = check.__name__.replace("_", " ")
            if arguments.only not in check.__name__:
                continue
            begun = time.monotonic()
            try:
                check()
                print(f"passed  {name}  ({time.monotonic() - begun:.1f} s)", flush=True)
            except Exception:  # noqa: BLE001 - whatever it is, the other checks say something too
                failures += 1
                print(f"FAILED  {name}\n{traceback.format_exc()}", flush=True)
        if arguments.figures:
            figures.measure(browser, subject)
        browser.close()
    raise SystemExit(1 if failures else 0)


if __name__ == "__main__":
    main()
