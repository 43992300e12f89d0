"""Run the host shop on this machine, facts delivered beside it."""

from __future__ import annotations

import threading

from examples.host_shop import create_app, keep_telling

app = create_app()
stopped = threading.Event()
threading.Thread(target=keep_telling, args=(app.extensions["callbank"], stopped), daemon=True).start()
app.run(port=5000)
