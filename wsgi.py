"""The application for any WSGI server, and for `flask --app wsgi`."""

from adapters.cli.wsgi import application

app = application()
