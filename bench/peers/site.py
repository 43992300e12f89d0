"""A Django site with both peers, set up as their documentation says; settings and WSGI in one module."""

from __future__ import annotations

import os
from urllib.parse import parse_qs, urlsplit

from bench.messages import POS_ID, SECOND_KEY

_url = urlsplit(os.environ.get("BENCH_DATABASE", "sqlite:///peers.db"))

SECRET_KEY = "bench-secret-key-of-nobodys-shop"  # noqa: S105 - a shop of nobody
DEBUG = False
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "bench.peers.urls"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "bench.peers.goods",
    "getpaid",
    "payments",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
# Persistent connections, and one worker at a time on SQLite, as ours.
if _url.scheme == "sqlite":
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": _url.path[1:],
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 5,
                "init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL",
            },
        }
    }
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": _url.path[1:],
            "USER": _url.username,
            "HOST": parse_qs(_url.query)["host"][0],
            "CONN_MAX_AGE": None,
        }
    }

GETPAID_ORDER_MODEL = "goods.Order"
GETPAID_BACKEND_SETTINGS = {
    "payu": {"pos_id": int(POS_ID), "second_key": SECOND_KEY, "oauth_id": 1, "oauth_secret": "none"}
}
PAYMENT_HOST = "shop.example"
PAYMENT_MODEL = "goods.SimplePayment"
PAYMENT_VARIANTS: dict[str, tuple[str, dict[str, str]]] = {"dummy": ("payments.dummy.DummyProvider", {})}
