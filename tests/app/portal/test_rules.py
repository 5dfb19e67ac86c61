"""What a customer's page shows and offers, as plain calls."""

from __future__ import annotations

import pytest

from app.portal import rules


@pytest.mark.parametrize(
    ("state", "step", "ended", "reason", "connected", "asks", "answered", "page"),
    [
        ("offline", "downloaded", False, None, False, True, False, "coming"),
        ("offline", "asked", False, None, False, True, False, "asked"),
        ("connected", "started", False, None, True, True, False, "asked"),
        ("online", "allowed", False, None, False, True, False, "waiting"),
        ("connected", "allowed", False, None, True, True, False, "connected"),
        ("expired", "allowed", True, "ended", True, True, False, "survey"),
        ("expired", "allowed", True, "ended", True, True, True, "thanks"),
        ("expired", "allowed", True, "ended", True, False, False, "over"),
        ("expired", "allowed", True, "ended", False, True, False, "gone"),
        ("offline", "denied", True, "denied", False, True, False, "gone"),
        ("connected", "allowed", True, "released", True, True, False, "gone"),
    ],
)
def test_it_shows_the_page_that_fits(  # noqa: PLR0917  # the columns of the table above
    state: str,
    step: str,
    ended: bool,
    reason: str | None,
    connected: bool,
    asks: bool,
    answered: bool,
    page: str,
) -> None:
    assert (
        rules.page_of(
            state=state,
            arrival_step=step,
            arrival_ended=ended,
            end_reason=reason,
            was_connected=connected,
            asks_survey=asks,
            has_answered=answered,
        )
        == page
    )


def test_it_has_a_sentence_for_every_farewell() -> None:
    assert rules.farewell_of("denied") == "denied"
    assert rules.farewell_of("new code") == "released"
    assert rules.farewell_of("whatever") == "over"
    assert rules.farewell_of(None) == "over"


def test_it_counts_a_skipped_download_as_done() -> None:
    assert rules.done_steps(rules.shown_step("offline", "started")) == ("page", "downloaded", "started")
    assert rules.done_steps(rules.shown_step("connected", "allowed")) == rules.SHOWN_STEPS
    assert rules.done_steps(rules.shown_step("connected", "started")) == ("page", "downloaded", "started")


@pytest.mark.parametrize(
    ("agent", "platform"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64)", "windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", "macos"),
        ("Mozilla/5.0 (X11; Linux x86_64)", "linux"),
        ("Mozilla/5.0 (Linux; Android 15; SM-S921N)", "phone"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)", "phone"),
        ("", "windows"),
    ],
)
def test_it_knows_the_computer(agent: str, platform: str) -> None:
    assert rules.platform_of(agent) == platform


def test_it_puts_company_and_token_into_the_name() -> None:
    token = "0123456789abcdefghjkmnpqrs"
    assert rules.download_name("demo", token, "BaroHelp-linux-x86_64") == f"BaroHelp-demo-{token}"
    assert rules.download_name("demo", token, "BaroHelp-windows-amd64.exe") == f"BaroHelp-demo-{token}.exe"


def test_it_gives_names_that_the_program_reads_back() -> None:
    from customer_agent.start import name_parts

    token = "0123456789abcdefghjkmnpqrs"
    name = rules.download_name("maru-help", token, "BaroHelp-windows-amd64.exe")
    assert name_parts(name) == ("maru-help", token)
    assert name_parts(name.replace(".exe", " (1).exe")) == ("maru-help", token)
