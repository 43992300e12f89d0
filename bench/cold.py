"""Cold start: a new interpreter, every import, and an application that could answer."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping

from bench.servers import ROOT

OURS = "from adapters.cli.wsgi import application; application()"
YARDSTICK = "from bench.yardstick import create_app; create_app()"
DJANGO = "import bench.peers.wsgi"
_TELL = "; import os, time; t = os.times(); print(t.user + t.system)"


def cold_start(python: str, code: str, env: Mapping[str, str], tries: int = 5) -> float:
    """Milliseconds of processor time, the best of several tries: the one that was disturbed least."""
    spent = []
    for _ in range(tries):
        told = subprocess.run(  # noqa: S603 - our own program
            [python, "-c", code + _TELL],
            cwd=ROOT,
            env={**os.environ, **env},
            capture_output=True,
            text=True,
            check=True,
        )
        spent.append(float(told.stdout.split()[-1]) * 1000)
    return min(spent)
