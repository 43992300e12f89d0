"""The peers' own callback views, and a checkout as a host would write it with them."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path
from django.views.decorators.http import require_POST
from getpaid.models import Payment
from getpaid.registry import registry
from getpaid_payu.processor import PayUProcessor

from bench.peers.goods.models import Order, SimplePayment

registry.register(PayUProcessor)


@require_POST
@transaction.atomic
def checkout_getpaid(request: HttpRequest) -> HttpResponse:
    """Order and payment saved, then the way on."""
    order = Order.objects.create(total=Decimal("64.89"), currency="PLN", email=request.POST["email"])
    payment = Payment.objects.create(
        order=order,
        backend="payu",
        amount_required=order.total,
        currency=order.currency,
        description=order.get_description(),
    )
    return HttpResponse(status=303, headers={"Location": f"https://pay.example/{payment.pk}"})


@require_POST
@transaction.atomic
def checkout_payments(request: HttpRequest) -> HttpResponse:
    """django-payments: one row."""
    payment = SimplePayment.objects.create(
        variant="dummy", currency="PLN", total=Decimal("64.89"), billing_email=request.POST["email"]
    )
    return HttpResponse(status=303, headers={"Location": f"https://pay.example/{payment.token}"})


def noop(request: HttpRequest) -> HttpResponse:
    """Nothing but Django."""
    return JsonResponse({"ok": True})


urlpatterns = [
    path("healthz", noop),
    path("getpaid/", include("getpaid.urls")),
    path("payments/", include("payments.urls")),
    path("checkout/getpaid", checkout_getpaid),
    path("checkout/payments", checkout_payments),
]
