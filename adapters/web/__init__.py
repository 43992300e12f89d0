"""The web side: pages, callbacks, back office, HTTP API."""
