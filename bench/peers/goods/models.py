"""An order for django-getpaid, and a payment for django-payments; nothing a shop would not need."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from getpaid.abstracts import AbstractOrder
from payments.models import BasePayment


class Order(AbstractOrder):
    """One line, one total."""

    total = models.DecimalField(max_digits=20, decimal_places=2)
    currency = models.CharField(max_length=3)
    email = models.EmailField()

    def get_absolute_url(self) -> str:
        return f"/orders/{self.pk}/"

    def get_total_amount(self) -> Decimal:
        return self.total

    def get_buyer_info(self) -> dict[str, str]:
        return {"email": self.email}

    def get_description(self) -> str:
        return f"Order {self.pk}"


class SimplePayment(BasePayment):
    """django-payments keeps order and payment in one row."""

    def get_success_url(self) -> str:
        return f"/orders/{self.pk}/"

    def get_failure_url(self) -> str:
        return f"/orders/{self.pk}/failed/"
