"""The cost of the page: bytes over the wire, server time, first contentful paint."""

import statistics
import time

from subject import YEAR
from visitor import visiting

PAGES = [("transactions", "/billing"), ("usage, 30 days", "/billing/usage"), ("usage, a year", "/billing/usage?" + YEAR)]


def measure(browser, subject):
    with visiting(browser, subject) as visitor:
        visitor.enter()
        client = visitor.context.new_cdp_session(visitor.page)
        client.send("Network.enable")
        client.send("Network.setCacheDisabled", {"cacheDisabled": True})
        received, names = {}, {}
        client.on("Network.requestWillBeSent", lambda event: names.update({event["requestId"]: event["request"]["url"]}))
        client.on("Network.loadingFinished", lambda event: received.update({event["requestId"]: event["encodedDataLength"]}))
        for name, path in PAGES:
            paints, times = [], []
            for _ in range(5):
                received.clear()
                visitor.go(path)
                visitor.page.wait_for_load_state("networkidle")
                paints.append(visitor.page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
            whole = sum(received.values())
            charts = sum(size for request, size in received.items() if "/chart.js" in names.get(request, ""))
            for _ in range(20):
                begun = time.perf_counter()
                visitor.context.request.get(subject.url + path).body()
                times.append((time.perf_counter() - begun) * 1000)
            print(
                f"figure  {name}: {whole / 1024:.1f} KiB over the wire, {(whole - charts) / 1024:.1f} KiB without Chart.js; "
                f"server {statistics.median(times):.1f} ms (median of 20); first contentful paint "
                f"{statistics.median(paints):.0f} ms (median of 5)", flush=True,
            )
