"""What stands beside each gateway's own paths: the hosted page, and the handles tests and people pull."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from typing import Any

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adapters.sandbox.amounts import whole
from adapters.sandbox.faults import (
    ANSWER_FAULTS,
    CALLBACK_FAULTS,
    OPERATIONS,
    BadFault,
    Fault,
    Plan,
    make_fault,
)
from adapters.sandbox.ledger import Message, Refund, Refused, Session, session_as_json
from adapters.sandbox.player import shoppers_yes
from adapters.sandbox.stage import PATIENCE, Stage, new_id

_CLAIMS = ("status", "amount", "currency", "reference", "account")


class Backstage:
    """One gateway's handles. JSON in, JSON out; a form in, a redirect to the front page out."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def routes(self) -> Blueprint:
        """The shared paths below `/<code>`; all but the hosted page begin with an underscore."""
        paths = Blueprint(f"{self._stage.code}_backstage", __name__)
        rule = paths.add_url_rule
        rule("/pay/<session_id>", "page", self.show_page, methods=["GET"])
        rule("/pay/<session_id>", "choose", self.choose, methods=["POST"])
        rule("/_faults", "faults", self.list_faults, methods=["GET"])
        rule("/_faults", "arm", self.arm, methods=["POST"])
        rule("/_faults", "clear", self.clear, methods=["DELETE"])
        rule("/_faults/clear", "clear_by_form", self.clear, methods=["POST"])
        rule("/_deliver", "deliver", self.deliver, methods=["POST"])
        rule("/_finish", "finish", self.finish, methods=["POST"])
        rule("/_panel/refund", "panel_refund", self.panel_refund, methods=["POST"])
        rule("/_settings", "settings", self.change_settings, methods=["GET", "POST"])
        return paths

    def show_page(self, session_id: str) -> ResponseReturnValue:
        """The page where a person decides what becomes of the money."""
        session = self._stage.current(session_id)
        if session is None:
            abort(404)
        return render_template(
            "sandbox/pay.html",
            session=session,
            player=self._stage.player,
            outcomes=self._stage.player.outcomes(session),
            faults=CALLBACK_FAULTS,
            back=self._stage.player.way_back(session),
        )

    def choose(self, session_id: str) -> ResponseReturnValue:
        """Do what the button says, tell the shop, send the browser home; a second press just goes home."""
        session = self._stage.current(session_id)
        if session is None:
            abort(404)
        outcome = request.form.get("outcome", "")
        offered = self._stage.player.outcomes(session)
        if outcome in offered:
            faults = self._picked()
            if outcome == "pending":
                return self._pay_later(session, faults)
            self._finish(session.id, outcome, faults)
        elif offered:
            abort(400)
        return self._send_home(session_id)

    def list_faults(self) -> ResponseReturnValue:
        """What is armed."""
        return jsonify([asdict(fault) for fault in self._stage.props.menu.listed(self._stage.code)])

    def arm(self) -> ResponseReturnValue:
        """Arm one fault."""
        wish = _wish()
        if not request.is_json:
            wish = {name: value for name, value in wish.items() if value}
        try:
            fault = self._stage.props.menu.arm(self._stage.code, wish)
        except BadFault as bad:
            return jsonify(error=str(bad)), 400
        return _done(asdict(fault), 201)

    def clear(self) -> ResponseReturnValue:
        """Disarm everything."""
        self._stage.props.menu.clear(self._stage.code)
        return Response(status=204) if request.method == "DELETE" else redirect(url_for("front"), 303)

    def deliver(self) -> ResponseReturnValue:
        """Hand a stored message over again, or a freshly composed claim, and answer what the shop answered.

        `{"message": id}`, or `{"session": id, "claim": {status, amount, currency, ...}, "refund": id,
        "forged": bool}`: a claim may be a lie, the ledger keeps the truth.
        """
        wish = _wish()
        message = self._stage.ledger.message(self._stage.code, str(wish.get("message", "")))
        if "session" in wish:
            message = self._claimed(wish)
        if message is None:
            return jsonify(error="no such message, or the shop gave no callback address"), 404
        delivery = self._stage.props.notifier.attempt(message, self._stage.player.accepted)
        told = {"message": message.id, "status": delivery.status, "body": delivery.answer}
        return _done({**told, "error": delivery.error, "accepted": delivery.accepted}, 200)

    def finish(self) -> ResponseReturnValue:
        """Decide a session from outside: `{"session": id, "as": status, "faults": [kind or fault]}`."""
        wish = _wish()
        session = self._session(wish)
        try:
            faults = self._faults(wish.get("faults", ()))
            tried = self._stage.finish(session.id, str(wish.get("as", "paid")), faults)
        except Refused as no:
            return jsonify(error=str(no)), 409
        except (BadFault, KeyError) as bad:
            return jsonify(error=str(bad)), 400
        tried.wait(PATIENCE)
        return _done(session_as_json(self._session(wish)), 200)

    def panel_refund(self) -> ResponseReturnValue:
        """A refund made in the gateway's own panel: `{"session": id, "amount": units; none: the rest}`."""
        wish = _wish()
        session = self._session(wish)
        given = wish.get("amount")
        amount = session.refundable if given in (None, "") else whole(str(given))
        refund = Refund(new_id("panel"), "", amount or 0, "done", "made in the panel", 0)
        try:
            made, _ = self._stage.refund(session, refund, after=None)
        except Refused as no:
            return jsonify(error=str(no)), 409
        return _done(asdict(made), 201)

    def change_settings(self) -> ResponseReturnValue:
        """Show this gateway's knobs, or turn some: `{"manual_capture": true}`."""
        settings = self._stage.settings
        wish = _wish() if request.method == "POST" else {}
        wrong = [name for name in wish if name not in settings]
        if wrong:
            return jsonify(error=f"unknown: {', '.join(wrong)}"), 400
        settings.update(wish)
        return jsonify(settings)

    def _finish(self, session_id: str, outcome: str, faults: Iterable[Fault]) -> None:
        try:
            self._stage.finish(session_id, outcome, faults).wait(PATIENCE)
        except Refused:
            self._stage.ledger.note(self._stage.code, session_id, "too late", outcome)

    def _pay_later(self, session: Session, faults: list[Fault]) -> ResponseReturnValue:
        yes = shoppers_yes(self._stage.player.outcomes(session))
        self._stage.ledger.move(session.id, "pending")
        home = self._send_home(session.id)
        seconds = whole(request.form.get("after", ""))
        if seconds is not None:
            self._stage.props.notifier.later(seconds, lambda: self._finish(session.id, yes, faults))
        return home

    def _send_home(self, session_id: str) -> ResponseReturnValue:
        session = self._session({"session": session_id})
        back = self._stage.player.way_back(session)
        if not back.url:
            return redirect(url_for(".page", session_id=session_id), 303)
        if back.fields is None:
            return redirect(back.url, 303)
        return render_template("sandbox/post_back.html", player=self._stage.player, back=back)

    def _picked(self) -> list[Fault]:
        numbers = {"delta": request.form.get("delta", ""), "seconds": request.form.get("seconds", "")}
        params = {name: int(text) for name, text in numbers.items() if text.removeprefix("-").isdecimal()}
        kinds = [kind for kind in request.form.getlist("fault") if kind in CALLBACK_FAULTS]
        return [make_fault(self._stage.code, kind, "callback", 1, params) for kind in kinds]

    def _faults(self, wishes: Iterable[Any]) -> list[Fault]:
        asked = [{"kind": wish} if isinstance(wish, str) else dict(wish) for wish in wishes]
        return [make_fault(self._stage.code, wish.get("kind"), "callback", 1, wish) for wish in asked]

    def _session(self, wish: Mapping[str, Any]) -> Session:
        session = self._stage.ledger.find(self._stage.code, str(wish.get("session", "")))
        if session is None:
            abort(404)
        return session

    def _claimed(self, wish: Mapping[str, Any]) -> Message | None:
        session = self._session(wish)
        claim = {name: value for name, value in (wish.get("claim") or {}).items() if name in _CLAIMS}
        if "amount" in claim:
            claim["amount"] = whole(str(claim["amount"])) or 0
        refund = next((r for r in session.refunds if r.id == wish.get("refund")), None)
        return self._stage.write(replace(session, **claim), refund, Plan(forged=bool(wish.get("forged"))))


def menu_words() -> dict[str, Any]:
    """What the front page's form offers: the kinds with a sentence each, and the operations."""
    return {"kinds": {**ANSWER_FAULTS, **CALLBACK_FAULTS}, "operations": OPERATIONS}


def _wish() -> dict[str, Any]:
    if request.is_json:
        wish = request.get_json(silent=True)
        return wish if isinstance(wish, dict) else abort(400)
    return request.form.to_dict()


def _done(told: Mapping[str, Any], status: int) -> ResponseReturnValue:
    return (jsonify(told), status) if request.is_json else redirect(url_for("front"), 303)
