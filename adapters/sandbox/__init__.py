"""The other side of the wire: plays the gateways, imports nothing of ours."""

from __future__ import annotations

from adapters.sandbox.app import create_sandbox, credentials
from adapters.sandbox.serving import serve_in_thread

__all__ = ["create_sandbox", "credentials", "serve_in_thread"]
