from __future__ import annotations

from tools.generate_statuses import PAGE, page


def test_the_page_of_statuses_is_what_the_tables_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()
