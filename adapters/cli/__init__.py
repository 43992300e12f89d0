"""The command line: scripts over the same use cases the pages call."""

from __future__ import annotations


def main() -> None:
    """What the installed command ``callbank`` runs."""
    from adapters.cli.root import callbank

    callbank(prog_name="callbank")
