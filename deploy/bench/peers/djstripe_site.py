"""A Django site with nothing but dj-stripe's webhook view, at the path to which the deliveries go.

Run as a program, it makes the tables and the endpoint.
"""

import os
import uuid
from urllib.parse import unquote, urlsplit

from django.conf import settings

ENDPOINT = uuid.UUID("5b9f8a70-0d4e-4c6f-9d53-0f3b7c2f8a11")
address = urlsplit(os.environ["RECEIVER_DATABASE"])


def leave_to_a_worker(trigger, api_key):
    """Called once the delivery is verified: a site in production would queue its processing here."""


settings.configure(
    DEBUG=False,
    SECRET_KEY=uuid.uuid4().hex,
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    # As in every new project; it says how long an answer is.
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    USE_TZ=True,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "djstripe"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": address.hostname,
            "PORT": address.port,
            "USER": address.username,
            "PASSWORD": unquote(address.password),
            "NAME": address.path[1:],
            "CONN_MAX_AGE": None,
        }
    },
    # The tables from the models at once, rather than by a hundred migrations.
    MIGRATION_MODULES={"auth": None, "contenttypes": None, "djstripe": None},
    DJSTRIPE_FOREIGN_KEY_TO_FIELD="id",
    DJSTRIPE_WEBHOOK_EVENT_CALLBACK=leave_to_a_worker,
    STRIPE_LIVE_MODE=False,
    STRIPE_TEST_SECRET_KEY="sk_test_" + uuid.uuid4().hex,
)

import django  # noqa: E402  (only after the settings)

django.setup()

from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import path  # noqa: E402
from djstripe.models import WebhookEndpoint  # noqa: E402
from djstripe.views import ProcessWebhookView  # noqa: E402

urlpatterns = [path("v1/stripe-webhook", ProcessWebhookView.as_view(), {"uuid": ENDPOINT})]
application = get_wsgi_application()

if __name__ == "__main__":
    call_command("migrate", run_syncdb=True, verbosity=0)
    WebhookEndpoint.objects.create(
        id="we_bench",
        livemode=False,
        secret=os.environ["STRIPE_WEBHOOK_SECRET"],
        url="https://billing.example.com/v1/stripe-webhook",
        enabled_events=["*"],
        status="enabled",
        djstripe_uuid=ENDPOINT,
    )
