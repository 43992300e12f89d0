"""Whether the process lives, and whether it can do its work."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from adapters.web.resources import use_cases

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def alive() -> Response:
    """Answers as long as the process does; asks nobody else."""
    return Response("ok\n", mimetype="text/plain")


@bp.get("/readyz")
def ready() -> tuple[Response, int]:
    """200 when every check says ``ok``, else 503; the checks by name either way."""
    checks = dict(use_cases().health())
    good = all(said == "ok" for said in checks.values())
    return jsonify(status="ok" if good else "failing", checks=checks), 200 if good else 503
