"""Colour contrast as WCAG 2 computes it, and what follows from it for a merchant's own colour."""

from __future__ import annotations

import re
from dataclasses import dataclass

TEXT = 4.5
"""What text needs against its ground (WCAG 2.2, 1.4.3)."""
CONTROL = 3.0
"""What controls and graphics need (WCAG 2.2, 1.4.11)."""

WHITE, BLACK = "#ffffff", "#000000"
# Grounds a link may stand on: page, surface and the least favourable tint of each theme (the style sheet).
LIGHT_GROUNDS = ("#ffffff", "#f5f7fa", "#fdeceb", "#eceff3", "#f2e9fb", "#e6f0fb")
DARK_GROUNDS = ("#12171d", "#1a2129", "#212a34", "#33270c", "#3a1a18", "#2a333d")
_STEPS = 255


def luminance(colour: str) -> float:
    """The relative luminance of ``#rrggbb``, 0 to 1."""

    def linear(channel: int) -> float:
        share = channel / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(part) for part in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ratio(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def passes(colour: str, grounds: tuple[str, ...]) -> bool:
    return all(ratio(colour, ground) >= TEXT for ground in grounds)


def nearest_passing(colour: str, grounds: tuple[str, ...], towards: str) -> str:
    """The first mix of ``colour`` with ``towards`` (black or white) that can be read on every ground."""
    mixes = (_mixed(colour, towards, step) for step in range(_STEPS + 1))
    return next((mix for mix in mixes if passes(mix, grounds)), towards)


@dataclass(frozen=True, slots=True)
class Brand:
    """A merchant's accent for both themes, each with the ink that is read on it."""

    light: str
    dark: str

    @classmethod
    def of(cls, accent: str) -> Brand:
        """Take ``#rrggbb`` for light pages and derive its lighter twin for dark ones.

        Raises ValueError naming ``brand.accent`` and the nearest colour that would pass.
        """
        colour = accent.strip().lower()
        if re.fullmatch(r"#[0-9a-f]{6}", colour) is None:
            raise ValueError("brand.accent: a colour like #1f5fbf")
        if not passes(colour, LIGHT_GROUNDS):
            better = nearest_passing(colour, LIGHT_GROUNDS, BLACK)
            raise ValueError(
                f"brand.accent: {colour} cannot be read on the page (needs {TEXT}:1); nearest: {better}"
            )
        return cls(colour, nearest_passing(colour, DARK_GROUNDS, WHITE))

    def stylesheet(self) -> str:
        """Replaces the accent and link tokens; nothing else is the merchant's to change."""
        hover = _mixed(self.light, BLACK, 50), _mixed(self.dark, WHITE, 70)
        inks = ink_on(self.light, hover[0]), ink_on(self.dark, hover[1])
        pairs = {
            "accent": (self.light, self.dark),
            "accent-hover": hover,
            "on-accent": inks,
            "link": (self.light, self.dark),
        }
        tokens = "".join(f"--{name}:light-dark({one},{two});" for name, (one, two) in pairs.items())
        return f":root{{{tokens}}}\n"


def ink_on(*grounds: str) -> str:
    """Black or white, whichever is read better on the worst of the grounds."""
    return max((WHITE, BLACK), key=lambda ink: min(ratio(ink, ground) for ground in grounds))


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _mixed(colour: str, other: str, step: int) -> str:
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{(one * (_STEPS - step) + two * step) // _STEPS:02x}" for one, two in pairs)
