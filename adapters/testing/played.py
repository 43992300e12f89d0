"""A sandbox over real HTTP, as the contract suite pulls its strings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import requests

from application.ports.gateway import Started
from domain.payment import NextStepKind


@dataclass(frozen=True, slots=True)
class HttpSandbox:
    """One gateway of a running sandbox."""

    url: str
    code: str

    @property
    def address(self) -> str:
        return f"{self.url}/{self.code}"

    def arm(self, kind: str, on: str, **parameters: Any) -> None:
        wish = {"kind": kind, "on": on, **parameters}
        assert self._post("_faults", wish).status_code == 201

    def clear(self) -> None:
        requests.delete(f"{self.address}/_faults", timeout=5)

    def open(self, started: Started) -> str:
        step = started.next_step
        if step.kind is not NextStepKind.FORM:
            return started.gateway_reference or step.url.rpartition("/")[2]
        page = requests.post(step.url, data=list(step.fields), timeout=5)
        assert page.status_code == 200, page.text
        return page.url.rpartition("/")[2]

    def finish(self, session: str, status: str = "paid") -> None:
        answer = self._post("_finish", {"session": session, "as": status})
        assert answer.status_code == 200, answer.text

    def settings(self, **changes: Any) -> None:
        assert self._post("_settings", changes).status_code == 200

    def session(self, reference: str) -> Mapping[str, Any] | None:
        found = [held for held in self.ledger()["sessions"] if held["reference"] == reference]
        assert len(found) < 2, f"{len(found)} sessions for one attempt"
        return cast(Mapping[str, Any], found[0]) if found else None

    def ledger(self) -> dict[str, Any]:
        answer: dict[str, Any] = requests.get(f"{self.url}/ledger.json", timeout=5).json()
        return answer

    def _post(self, path: str, wish: Mapping[str, Any]) -> requests.Response:
        return requests.post(f"{self.address}/{path}", json=wish, timeout=5)
