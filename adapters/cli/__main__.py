"""``python -m adapters.cli``: the command line of this very interpreter."""

from __future__ import annotations

from adapters.cli import main

main()
