"""Whatever is told, in whatever order: nothing raises, nothing leaves the tables, money is counted once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.money import Currency, Money
from domain.observation import Observation, Proof, RefundNews, Source
from domain.order import ClosedBy, Fulfilment, OrderStatus, StockHold
from domain.payment import UNEXPIRABLE, PaymentStatus
from domain.refund import RefundStatus
from domain.settlement import Circumstances, Verdict, decide
from domain.transaction import FactKind
from tests.builders import NOW
from tests.domain.story import WHOLE, Story, a_story
from tests.domain.test_moves import FULFILMENT, ORDER, PAYMENT, STOCK

ON_THE_WAY = ("new", "hold", "failed")
FULFILMENTS = {
    "open": ON_THE_WAY,
    "pending": ("hold",),
    "validated": ("processing", "shipped", "delivered", "completed"),
    "cancelled": ("failed",),
    "stopped": ("failed",),
    "error": ON_THE_WAY,
}
PAID_WORDS = (PaymentStatus.PAID, PaymentStatus.PARTIALLY_PAID)

amounts = st.one_of(
    st.just(WHOLE),
    st.builds(
        Money,
        st.one_of(st.sampled_from([0, 1, 100, 5000, 9999, 10001]), st.integers(-(10**6), 10**12)),
        st.sampled_from([Currency.of("PLN"), Currency.of("PLN"), Currency.of("EUR")]),
    ),
)
proofs = st.builds(Proof, st.sampled_from(FactKind), st.sampled_from(["a", "b", "c"]), amounts)
news = st.builds(RefundNews, st.sampled_from(RefundStatus), amounts, st.sampled_from(["", "r"]))


@st.composite
def words(draw: st.DrawFn) -> dict[str, Any]:
    """What an observation may say of the first or second attempt."""
    proof = draw(st.one_of(st.none(), proofs))
    captured = proof is not None and proof.kind is FactKind.CAPTURED
    return {
        "attempt": draw(st.integers(0, 1)),
        "environment": draw(st.sampled_from(["test", "test", "test", "live"])),
        "stranger": draw(st.sampled_from([False, False, False, True])),
        "source": draw(st.sampled_from(Source)),
        "word": draw(st.sampled_from(["", "COMPLETED", "payment.sneezed"])),
        "status": draw(
            st.sampled_from([None, *(one for one in PaymentStatus if captured or one not in PAID_WORDS)])
        ),
        "amount": draw(st.one_of(st.none(), amounts)),
        "gateway_reference": draw(st.sampled_from([None, None, "session", "other session"])),
        "proof": proof,
        "refund": draw(st.one_of(st.none(), st.none(), news)),
        "receipt_failed": draw(st.booleans()),
    }


def observed(story: Story, word: dict[str, Any]) -> tuple[Observation, int]:
    told = dict(word)
    place = told.pop("attempt") % len(story.payments)
    payment = story.payments[place]
    account = "stranger" if told.pop("stranger") else payment.account
    return Observation(account=account, reference=payment.reference, **told), place


def end(story: Story, by: ClosedBy) -> None:
    """What closing does when its guards let it: the attempts that are out end too."""
    held = any(one.status in UNEXPIRABLE and not one.is_emptied for one in story.payments)
    unpaid = by is ClosedBy.STAFF or story.order.is_payable
    if held or not unpaid or not story.order.can_move(OrderStatus.CANCELLED):
        return
    story.order = story.order.close(by, "over")
    story.payments = [one.move(PaymentStatus.CANCELLED, NOW) if one.is_out else one for one in story.payments]


def promise(story: Story) -> None:
    if story.order.is_payable:
        story.order = story.order.validate(NOW)


acts = st.one_of(
    words(), words(), words(), words(), st.sampled_from(ClosedBy), st.sampled_from(["promise", "goods gone"])
)


def act(story: Story, what: Any) -> None:
    match what:
        case ClosedBy():
            end(story, what)
        case "promise":
            promise(story)
        case "goods gone":
            story.goods_free = not story.goods_free
        case _:
            seen, place = observed(story, what)
            story.tell(seen, to=place)


def moved_by_the_tables(before: Story, after: Story) -> None:
    for table, old, new in (
        (ORDER, before.order.status, after.order.status),
        (FULFILMENT, before.order.fulfilment, after.order.fulfilment),
        (STOCK, before.order.stock, after.order.stock),
        *(
            (PAYMENT, old.status, new.status)
            for old, new in zip(before.payments, after.payments, strict=True)
        ),
    ):
        assert old is new or new.value in table[old.value].split(), f"{old} to {new}"


def money_is_counted(story: Story) -> None:
    for payment in story.payments:
        sums = payment.captured, payment.refunded_outside, payment.charged_back, payment.refundable
        assert all(one.minor >= 0 for one in sums)
        assert payment.refundable <= payment.captured
    assert story.times_paid == int(story.order.is_paid)
    if story.order.paid_by is not None:
        (paying,) = [one for one in story.payments if one.id == story.order.paid_by]
        assert paying.status is PaymentStatus.PAID
        assert paying.captured >= story.order.total


def copied(story: Story) -> Story:
    return replace(story, payments=list(story.payments), facts=dict(story.facts), questions=[], events=[])


@settings(max_examples=200)
@given(st.lists(acts, max_size=14))
def test_no_sequence_leaves_the_tables_or_counts_money_twice(whats: list[Any]) -> None:
    story = a_story(attempts=2)
    for what in whats:
        before = copied(story)
        act(story, what)
        moved_by_the_tables(before, story)
        money_is_counted(story)
        assert before.order.paid_by in (None, story.order.paid_by)


@settings(max_examples=200)
@given(st.lists(acts, max_size=10), words())
def test_the_same_observation_twice_changes_nothing_more(whats: list[Any], word: dict[str, Any]) -> None:
    story = a_story(attempts=2)
    for what in whats:
        act(story, what)
    seen, place = observed(story, word)
    story.tell(seen, to=place)
    once = copied(story)
    again = story.tell(seen, to=place)
    assert (story.order, story.payments, story.facts) == (once.order, once.payments, once.facts)
    assert again.verdict is not Verdict.APPLIED
    assert again.proof is None or seen.proof is None


@settings(max_examples=200)
@given(st.lists(acts, max_size=10), st.lists(words(), max_size=4))
def test_an_order_that_staff_ended_never_moves_again(whats: list[Any], later: list[dict[str, Any]]) -> None:
    story = a_story(attempts=2)
    for what in [*whats, ClosedBy.STAFF]:
        act(story, what)
    ended = story.order
    for word in later:
        act(story, word)
        assert story.order == ended or not ended.is_final


@settings(max_examples=200)
@given(st.lists(acts, max_size=12))
def test_no_captured_money_is_ever_dropped(whats: list[Any]) -> None:
    """Every capture that was told is on record; one that is not this order's money opened a question."""
    story = a_story(attempts=2)
    for what in whats:
        act(story, what)
        if isinstance(what, dict) and what["proof"] is not None:
            proof = what["proof"]
            assert (proof.kind.value, proof.gateway_id) in story.facts


@st.composite
def standing(draw: st.DrawFn) -> Story:
    """Any order in any state its parts can be in together, with any payment."""
    status = draw(st.sampled_from(OrderStatus))
    story = a_story()
    closed_by = ClosedBy.BUYER if status is OrderStatus.STOPPED else None
    if status is OrderStatus.CANCELLED:
        closed_by = draw(st.sampled_from([ClosedBy.STAFF, ClosedBy.DEADLINE]))
    story.order = replace(
        story.order,
        status=status,
        closed_by=closed_by,
        fulfilment=Fulfilment(draw(st.sampled_from(FULFILMENTS[status.value]))),
        stock=draw(st.sampled_from(StockHold)),
        paid_by=draw(st.sampled_from([None, story.payment.id, story.order.id])),
    )
    sums = {
        name: Money(draw(st.integers(0, 20000)), WHOLE.currency)
        for name in ("captured", "refunded", "refunded_outside", "charged_back", "reserved")
    }
    story.payments[0] = replace(
        story.payment,
        status=draw(st.sampled_from(PaymentStatus)),
        gateway_reference=draw(st.sampled_from([None, "session"])),
        intent=draw(st.sampled_from(["", "capture", "void"])),
        **sums,
    )
    return story


@settings(max_examples=200)
@given(standing(), words(), st.booleans(), st.booleans())
def test_no_observation_makes_decide_raise(
    story: Story, word: dict[str, Any], fact_known: bool, goods_free: bool
) -> None:
    seen, _ = observed(story, word)
    made = decide(story.order, story.payment, seen, Circumstances(NOW, (), fact_known, goods_free))
    assert made.reason
    assert made.verdict is not Verdict.REVIEW or made.questions
    if made.verdict in (Verdict.DUPLICATE, Verdict.STALE, Verdict.IGNORED):
        assert (made.order, made.payment.status, made.proof) == (story.order, story.payment.status, None)
