"""A shop of somebody else: Django with django-payments-payu, run as a program of its own.

    python django_shop.py <the provider's settings as JSON>

Writes its own address to standard output, then serves until it is ended. `POST /buy` answers the page to
send the shopper to, `GET /payments` what the payment has become, `POST /refund` asks for an amount back.
"""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, URLResolver, include, path
from django.views.decorators.csrf import csrf_exempt

NAME = "django_shop"


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Standard output carries the address alone."""


class Threads(ThreadingMixIn, WSGIServer):
    """A notification may arrive while the shop waits for an answer of its own."""

    daemon_threads = True


def refund_words(payment: object, amount: Decimal | None) -> str:
    return "Returned goods"


def configure(provider: dict[str, object], host: str) -> None:
    provider |= {"get_refund_description": refund_words}
    settings.configure(
        ALLOWED_HOSTS=["127.0.0.1"],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": "file:shop?mode=memory&cache=shared",
                "OPTIONS": {"uri": True},
            }
        },
        DEBUG_PROPAGATE_EXCEPTIONS=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=["payments", NAME],
        PAYMENT_HOST=host,
        PAYMENT_MODEL=f"{NAME}.Payment",
        PAYMENT_USES_SSL=False,
        PAYMENT_VARIANTS={"payu": ("payments_payu.provider.PayuProvider", provider)},
        ROOT_URLCONF=NAME,
        SECRET_KEY="a made-up secret of the tests",
        USE_TZ=True,
    )
    django.setup()


def define_payment() -> type:
    from payments import PurchasedItem
    from payments.models import BasePayment

    class Payment(BasePayment):
        class Meta:
            app_label = NAME

        def get_purchased_items(self) -> list[PurchasedItem]:
            return [PurchasedItem("Mug", 2, Decimal("61.72"), "PLN", "MUG", None)]

        def get_success_url(self) -> str:
            return "/back"

        def get_failure_url(self) -> str:
            return "/failed"

        def get_renew_token(self) -> None:
            return None

    return Payment


def buy(request: HttpRequest) -> JsonResponse:
    from payments.core import provider_factory

    payment = Payment.objects.create(
        variant="payu",
        total=Decimal("123.44"),
        currency="PLN",
        description="Order 1001",
        customer_ip_address="203.0.113.7",
        billing_email="ada@example.com",
        billing_first_name="Ada",
        billing_last_name="Nowak",
    )
    provider = provider_factory("payu", payment)
    return JsonResponse({"page": provider.create_order(payment, provider.get_processor(payment))})


def show(request: HttpRequest) -> JsonResponse:
    payment = Payment.objects.get()
    return JsonResponse(
        {"status": payment.status, "order_id": payment.transaction_id, "captured": payment.captured_amount}
    )


def refund(request: HttpRequest) -> JsonResponse:
    Payment.objects.get().refund(Decimal(json.loads(request.body)["amount"]))
    return show(request)


def routes() -> list[URLPattern | URLResolver]:
    return [
        path("buy", csrf_exempt(buy)),
        path("payments", show),
        path("refund", csrf_exempt(refund)),
        path("", include("payments.urls")),
    ]


def main() -> None:
    server = make_server("127.0.0.1", 0, None, server_class=Threads, handler_class=Quiet)
    host = f"127.0.0.1:{server.server_port}"
    configure(json.loads(sys.argv[1]), host)
    from django.db import connection

    global Payment, urlpatterns
    Payment = define_payment()
    urlpatterns = routes()

    with connection.schema_editor() as editor:
        editor.create_model(Payment)
    server.set_app(get_wsgi_application())
    print(f"http://{host}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    sys.modules[NAME] = sys.modules["__main__"]
    main()
