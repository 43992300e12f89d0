"""Transbank Webpay Plus (Chile), REST API 1.2: hosted page, and our commit takes the money."""

from __future__ import annotations

from adapters.gateways.webpay.gateway import WebpayGateway
from adapters.gateways.webpay.settings import Settings
from adapters.wire.hosted import Build

__all__ = ["Settings", "build"]
build: Build = WebpayGateway
