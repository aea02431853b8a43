"""A browser in which everything that goes wrong is remembered."""

import contextlib
import re

REPORT_VIOLATIONS = """
document.addEventListener('securitypolicyviolation', (event) => {
  console.error('policy violated: ' + event.violatedDirective + ' ' + event.blockedURI);
});
"""


class Visitor:
    """One visitor with a session: a page, and what the browser complained of."""

    def __init__(self, context, subject):
        self.context = context
        self.subject = subject
        self.complaints = []
        self.page = context.new_page()
        self.page.on("console", self.heard)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("requestfailed", self.failed)

    def failed(self, request):
        # A link whose answer is a file ends the navigation that Chromium began for it.
        if not (request.is_navigation_request() and request.failure == "net::ERR_ABORTED" and "format=csv" in request.url):
            self.complaints.append(f"failed: {request.url}: {request.failure}")

    def heard(self, message):
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def enter(self, **whose):
        self.page.goto(self.subject.session(**whose))
        assert "session=" not in self.page.url, "the token is still in the address"
        return self

    def go(self, path):
        answer = self.page.goto(self.subject.url + path)
        return answer.status

    def rows(self):
        """The ids of the rows shown, in order."""
        return self.page.eval_on_selector_all("tbody[data-id]", "all => all.map((one) => one.dataset.id)")

    def summary(self):
        return self.page.text_content("[data-summary]")

    def fits(self):
        """Whether nothing is wider than the window."""
        return self.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")

    def download(self, selector):
        with self.page.expect_download() as download:
            self.page.click(selector)
        return open(download.value.path(), encoding="utf-8-sig", newline="").read()

    def quiet(self):
        """Nothing was complained of."""
        assert not self.complaints, self.complaints


@contextlib.contextmanager
def visiting(browser, subject, *, width=1280, scheme="dark", zone="America/Chicago", locale="en-US", scripts=True):
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, timezone_id=zone, locale=locale,
        java_script_enabled=scripts, accept_downloads=True, reduced_motion="reduce",
    )
    context.set_default_timeout(10_000)
    if scripts:
        context.add_init_script(REPORT_VIOLATIONS)
    visitor = Visitor(context, subject)
    try:
        yield visitor
    finally:
        context.close()


def pages_of(pdf):
    """How many pages a PDF of Chromium's has."""
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))
