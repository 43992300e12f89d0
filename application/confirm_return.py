"""The shopper came back: recorded, believed in nothing, and perhaps a reason to ask the gateway once."""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from application.again import again
from application.ask_gateway import AskGateway
from application.collect_payment import Collector
from application.errors import ConcurrentUpdate, UnknownAccount
from application.points import reach
from application.ports.ambient import Clock, Ids
from application.ports.gateway import Gateways, InboundMessage, PaymentGateway, ReturnHint, Temperament
from application.ports.persistence import Reads, Units
from application.settlement import Settled
from domain.events import ShopperReturned
from domain.payment import CODES, Payment
from domain.transaction import Transaction, TransactionKind, TransactionState

log = logging.getLogger(__name__)

LONGEST_WAIT = timedelta(seconds=3)
PATIENCE = timedelta(seconds=1)
PAUSE = timedelta(seconds=5)
"""Between two returns that are both worth a collecting call."""
KEPT_PARAMETERS = 30
KEPT_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Returned:
    """Whose order page to show, or the host's own page (``landing``) for an order of a host."""

    order_key: str
    landing: str = ""


class ConfirmReturnUseCase:
    """Record a return and ask once; the order page then reads what is true."""

    def __init__(
        self,
        *,
        gateways: Gateways,
        units: Units,
        reads: Reads,
        ask: AskGateway,
        collector: Collector,
        clock: Clock,
        ids: Ids,
        askers: ThreadPoolExecutor,
        longest_wait: timedelta = LONGEST_WAIT,
    ) -> None:
        self._gateways, self._units, self._reads = gateways, units, reads
        self._ask, self._collector = ask, collector
        self._clock, self._ids, self._askers, self._longest_wait = clock, ids, askers, longest_wait

    def execute(self, account: str, token: str, message: InboundMessage) -> Returned:
        """Waits 3 s at most; the question keeps its own deadline. Raises PaymentNotFound.

        HEAD changes nothing, and neither does a return to an account that is not configured any more.
        """
        order, payment = self._reads.payment_by_token(account, token)
        if message.method == "HEAD":
            return Returned(order.key, order.return_url)
        try:
            gateway = self._gateways.get(account)
        except UnknownAccount:
            return Returned(order.key, order.return_url)
        hint = gateway.read_return(message)
        try:
            first, intended = again(lambda: self._record(gateway, payment, hint), tries=2)
        except ConcurrentUpdate:  # somebody is settling it at this moment: nothing to record, nothing to ask
            first, intended = False, None
        reach("return.before_question")
        if intended is not None:
            self._wait_for(self._askers.submit(self._collector.carry_out, gateway, intended))
        elif first and payment.holds_order and self._ask.can_look(account):
            self._wait_for(self._askers.submit(self._ask.look, payment, aborted=hint.aborted))
        return Returned(order.key, order.return_url)

    def _wait_for(self, question: Future[Settled | None]) -> None:
        question.add_done_callback(_report)
        wait([question], timeout=self._longest_wait.total_seconds())

    def _record(
        self, gateway: PaymentGateway, payment: Payment, hint: ReturnHint
    ) -> tuple[bool, Payment | None]:
        """Whether this counts as coming back, and the payment to collect now: the first time does, and one
        that may bring money that the others did not.

        The return and the intent to collect commit together: a crash after it loses neither.
        """
        now = self._clock.now()
        with self._units(patience=PATIENCE) as uow:
            attempt = uow.lock_payment(payment.id)
            if attempt.payment.returned_at is not None and not _is_worth_it(
                gateway, attempt.payment, hint, now
            ):
                return False, None
            extra = {**attempt.payment.extra, **hint.extra}
            back = replace(attempt, payment=replace(attempt.payment, returned_at=now, extra=extra))
            uow.save_payment(back.payment)
            intended = self._collector.intend(uow, gateway, back) if hint.collect else None
            uow.save_order(attempt.order)
            uow.add_transaction(
                Transaction(
                    id=self._ids.new(),
                    order_id=attempt.order.id,
                    payment_id=payment.id,
                    kind=TransactionKind.RETURN,
                    state=TransactionState.OK,
                    status=CODES[attempt.payment.status],
                    at=now,
                    message="the shopper came back" + (", having given up" if hint.aborted else ""),
                    parameters=_bounded(hint),
                )
            )
            uow.add_event(ShopperReturned(attempt.order.id, payment.id))
            uow.commit()
        return True, intended


def _is_worth_it(gateway: PaymentGateway, payment: Payment, hint: ReturnHint, now: datetime) -> bool:
    """Whether somebody who came back before may be collected from now: with something new to do it with
    (another card's token), or where nothing but a return ever tells that a shopper agreed."""
    before, decides = payment.returned_at or now, Temperament.OUR_ANSWER_DECIDES
    is_new = {**payment.extra, **hint.extra} != payment.extra
    only_so = hint.collect and gateway.capabilities.temperament is decides and now >= before + PAUSE
    return payment.is_out and (is_new or only_so)


def _report(question: Future[Settled | None]) -> None:
    """The shopper does not wait for it, but somebody should know."""
    if not question.cancelled() and (error := question.exception()) is not None:
        log.error("the question after a return failed", exc_info=error)


def _bounded(hint: ReturnHint) -> dict[str, str]:
    kept = list(hint.parameters.items())[:KEPT_PARAMETERS]
    return {name[:KEPT_CHARACTERS]: value[:KEPT_CHARACTERS] for name, value in kept}
