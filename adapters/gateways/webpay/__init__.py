"""Transbank Webpay Plus (Chile), REST API 1.2: hosted page, and our commit takes the money."""

from __future__ import annotations

from adapters.gateways.webpay.gateway import build
from adapters.gateways.webpay.settings import Settings

__all__ = ["Settings", "build"]
