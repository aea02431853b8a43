"""A handler of Stripe's webhooks as others have one: it verifies with Stripe's official SDK, then answers 200."""

import contextlib
import http.server
import sys
import threading

import stripe


class Receiver(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, secret, handler=None):
        super().__init__(("127.0.0.1", 0), handler or Handler)
        self.secret = secret
        self.lock = threading.Lock()
        # The id and the body of each, in their order; and the errors of those that were not verified.
        self.accepted, self.bad = [], []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/v1/stripe-webhook?token=of-the-receiver"

    def handle_error(self, request, address):
        # A caller that was killed is no error of ours.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, address)

    def take(self, event):
        """The status of the answer to a genuine event."""
        return 200


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server = self.server
        try:
            # It raises for another body, another secret, and a time that is not now.
            event = stripe.Webhook.construct_event(body, self.headers["Stripe-Signature"], server.secret)
        except Exception as error:  # noqa: BLE001
            server.bad.append(repr(error))
            return self.answer(400)
        with server.lock:
            status = server.take(event)
            if status == 200:
                server.accepted.append((event["id"], body))
        self.answer(status)

    def answer(self, status, body=b""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        # The caller may have been killed.
        with contextlib.suppress(ConnectionError):
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_):
        pass
