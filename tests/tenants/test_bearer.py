"""Bearer secrets: what is one, and what is only similar."""

from __future__ import annotations

import pytest

from tenants.bearer import hash_of, make_bearer, parse_bearer


def test_it_works() -> None:
    text, stored = make_bearer("program", "maru")
    bearer = parse_bearer(text, "web", "program")
    assert bearer is not None
    assert (bearer.kind, bearer.slug, bearer.hash) == ("program", "maru", stored)
    assert stored == hash_of(text)
    assert len({make_bearer("program", "maru")[0] for _ in range(50)}) == 50


def test_it_hides_itself() -> None:
    text, stored = make_bearer("web", "maru")
    assert stored not in repr(parse_bearer(text, "web"))


@pytest.mark.parametrize(
    "text",
    [None, "", "program", "program.maru", "program.maru.", "web.maru." + "a" * 43, "program.MARU." + "a" * 43]
    + ["program.maru." + "a" * 42, "program.maru." + "a" * 44, "program.maru." + "a" * 43 + "\n", "x" * 5000],
)
def test_it_refuses(text: str | None) -> None:
    assert parse_bearer(text, "program") is None
