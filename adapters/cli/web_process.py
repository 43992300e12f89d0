"""What a web process of ``callbank serve`` runs: the application, with an eye on its parent."""

from __future__ import annotations

import os
import signal

from adapters.cli.work import leave_with
from adapters.cli.wsgi import application

leave_with(os.getppid(), lambda: os.kill(os.getpid(), signal.SIGTERM))
app = application()
