"""Sentences for people that come from where no language is known, and are said again where it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self


class Phrase(str):
    """The English sentence, together with what it was made of: a page can say it in its own language.

    ``template`` holds ``%(name)s`` for each of ``values``; a Money among them is written as the page does.
    """

    __slots__ = ("template", "values")
    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, **values: object) -> Self:
        made = super().__new__(cls, template % values if values else template)
        made.template, made.values = template, values
        return made

    def about(self, **values: object) -> Self:
        """The same sentence about these values."""
        return type(self)(self.template, **values)
