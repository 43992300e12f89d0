"""What the other side can be told to do instead of answering."""

from __future__ import annotations

NO_ANSWER = ("hang", "act_then_hang", "slow_drip")
BAD_ANSWERS: tuple[tuple[str, dict[str, object]], ...] = (
    ("status_5xx", {"times": None}),
    ("garbage", {"form": "html", "times": None}),
    ("garbage", {"form": "truncated", "times": None}),
    ("garbage", {"form": "empty", "times": None}),
    ("garbage", {"form": "reset", "times": None}),
)
