"""How the program was started: file names from any browser, and the command line."""

from __future__ import annotations

import pytest

from customer_agent.start import StartError, name_parts, read_start

SECRET = "0123456789abcdefghjkmnpqrs"


@pytest.mark.parametrize(
    "name",
    [
        f"BaroHelp-maru-{SECRET}",
        f"BaroHelp-maru-{SECRET}.exe",
        f"BaroHelp-maru-{SECRET} (1).exe",
        f"BaroHelp-maru-{SECRET}.exe (2)",
        f"BaroHelp-maru-{SECRET} (12)",
        f"/home/dain/내려받기/BaroHelp-maru-{SECRET}",
        f"C:\\Users\\dain\\Downloads\\BaroHelp-maru-{SECRET}(1).exe",
        f"barohelp-MARU-{SECRET}.dmg",
        f"BaroHelp-maru-{SECRET} - 복사본.exe",
    ],
)
def test_it_reads_company_and_token_from_the_file_name(name: str) -> None:
    assert name_parts(name) == ("maru", SECRET)


def test_it_keeps_the_hyphens_of_a_company_id() -> None:
    assert name_parts(f"BaroHelp-maru-help-2-{SECRET}") == ("maru-help-2", SECRET)


@pytest.mark.parametrize(
    "name", ["BaroHelp", "BaroHelp-linux-x86_64", "python3.11", "BaroHelp-maru-short", ""]
)
def test_it_finds_nothing_in_other_names(name: str) -> None:
    assert name_parts(name) is None


def test_it_takes_the_token_of_the_file_name() -> None:
    plan = read_start([], f"/tmp/BaroHelp-maru-{SECRET} (1)", {"BAROHELP_SERVER": "https://help.example/"})
    assert (plan.tenant, plan.token, plan.server) == ("maru", SECRET, "https://help.example")
    assert not plan.is_server_given


def test_it_prefers_what_was_typed_over_the_file_name() -> None:
    arguments = ["--server", "http://127.0.0.1:9", "--tenant", "nuri", "--code", "482 913"]
    plan = read_start(arguments, f"BaroHelp-maru-{SECRET}", {})
    assert (plan.tenant, plan.code, plan.token) == ("nuri", "482913", None)
    assert plan.is_server_given


def test_it_asks_for_company_and_code_when_nothing_is_given() -> None:
    plan = read_start([], "/usr/bin/barohelp", {})
    assert (plan.tenant, plan.code, plan.token, plan.allow) == (None, None, None, None)


def test_it_takes_control_as_mouse_and_keyboard() -> None:
    assert read_start(["--allow", "view,control"], "x", {}).allow == {"view", "mouse", "keyboard"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--allow", "everything"],
        ["--server", "help.example"],
        ["--tenant", "Not A Slug!"],
        ["--code", "482913"],
        ["--tenant", "maru", "--code", "12"],
        ["--unknown"],
    ],
)
def test_it_refuses_with_one_sentence(arguments: list[str]) -> None:
    with pytest.raises(StartError) as refused:
        read_start(arguments, "x", {})
    assert "\n" not in str(refused.value)


def test_it_does_not_show_the_token_in_a_log() -> None:
    assert SECRET not in repr(read_start(["--token", SECRET], "x", {}))
