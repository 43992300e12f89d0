"""A browser without scripts that crosses from the shop to a gateway and back, as a person would."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

import requests
from bs4 import BeautifulSoup, Tag

SOON = 10.0


class Browser:
    """Follows redirects, refreshes without a delay, and forms that somebody else's page sends on."""

    def __init__(self) -> None:
        self._http = requests.Session()
        self._http.trust_env = False
        self.url, self.page = "", BeautifulSoup("", "html.parser")

    def open(self, url: str) -> None:
        self._arrive(self._http.get(url, timeout=SOON))

    def post(self, url: str, fields: Mapping[str, str], *, follow: bool = True) -> None:
        answer = self._http.post(url, data=dict(fields), timeout=SOON, allow_redirects=follow)
        if follow:
            self._arrive(answer)
        else:
            assert answer.status_code < 400, answer.text

    def form_with(self, name: str) -> Tag | None:
        """The form that has a control of this name."""
        found = self.page.find(attrs={"name": name})
        return found.find_parent("form") if isinstance(found, Tag) else None

    def token_of(self, card: Tag) -> str:
        """What the gateway's script does: a card becomes a token, whose owner decides on a page of hers."""
        script = next(
            str(one["src"]) for one in self.page.find_all("script") if "bridge" in str(one.get("src"))
        )
        told = {
            name.removeprefix("data-").replace("-", "_"): str(value) for name, value in card.attrs.items()
        }
        answer = self._http.post(urljoin(script, "bridge/tokens"), data=told, timeout=SOON)
        token = str(answer.json()["token"])
        self.open(urljoin(script, f"pay/{token}"))
        return token

    def _arrive(self, answer: requests.Response) -> None:
        assert answer.status_code < 400, f"{answer.status_code} at {answer.url}: {answer.text[:300]}"
        self.url, self.page = answer.url, BeautifulSoup(answer.text, "html.parser")
        refresh = self.page.find("meta", attrs={"http-equiv": "refresh"})
        if isinstance(refresh, Tag) and str(refresh["content"]).startswith("0;"):
            return self.open(urljoin(self.url, str(refresh["content"]).partition("url=")[2]))
        leading = [form for form in self.page.find_all("form") if self._leads_away(form)]
        if len(leading) == 1:
            self.post(urljoin(self.url, str(leading[0]["action"])), fields_of(leading[0]))
        return None

    def _leads_away(self, form: Tag) -> bool:
        """A form to another host with nothing left to fill in."""
        to = urlsplit(urljoin(self.url, str(form.get("action", ""))))
        hidden = all(str(one.get("type", "text")) == "hidden" for one in form.find_all("input"))
        return hidden and to.netloc != urlsplit(self.url).netloc


def fields_of(form: Tag) -> dict[str, str]:
    return {str(one["name"]): str(one.get("value", "")) for one in form.find_all("input") if one.get("name")}
