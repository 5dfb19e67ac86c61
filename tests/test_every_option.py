"""Every option of the catalogue: either a check that it is really refused when off, or a place in NOT_BUILT.

Three lists stand here and nowhere else. CHECKS prove an option in place; PROVED_BY names the test that does
(it must exist and name the option); NOT_BUILT holds the options whose feature is not there yet, with the
words by which its messages, commands and addresses would be called: when one appears, or when a source file
begins to ask for the option, this file fails until a check is written.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask

from app.errors import Refused
from app.routes import Caller, callers, declared_callers
from app.support.rules import consent_question
from app.team import option_places
from app.team.option_places import COMMANDS, option_of_route, refuse_when_off
from app.team.option_settings import set_options
from app.team.options import OPTIONS, effective_at
from customer_agent.gate import Gate
from customer_agent.rights import Rights, consented
from tenants.database import tenant_scope
from tests.cast import Cast
from tests.factories import support as make
from wire.control.messages import CONTROL_MESSAGES, Pointer
from wire.files.messages import FILE_MESSAGES, Get, ListFolder, Want
from wire.signal.commands import AGENT_COMMANDS, CUSTOMER_COMMANDS
from wire.terms import RIGHTS, Right

ROOT = Path(__file__).resolve().parent.parent
ALL_ON = dict.fromkeys(OPTIONS, True) | {"view_only": False, "mobile_view_only": False}


def gate(**options: bool) -> Gate:
    """The customer's decisions after everything was allowed, under these options."""
    found = Gate(clock=lambda: 100.0)
    found.set_options(ALL_ON | options)
    found.admit("p1", Rights(frozenset(RIGHTS)))
    return found


def takes_rights(key: str, *rights: Right, when: bool = False) -> Callable[[], None]:
    """The customer program withdraws these rights while the option has the value `when`."""

    def check() -> None:
        for right in rights:
            assert gate().may(right, "p1")
            assert not gate(**{key: when}).may(right, "p1")

    return check


def leaves_question_out(key: str, *rights: str) -> Callable[[], None]:
    """With the option on the customer is asked for these rights, with it off they are not."""

    def check() -> None:
        assert set(rights) <= set(consent_question(ALL_ON).ask)
        assert not set(rights) & set(consent_question(ALL_ON | {key: False}).ask)

    return check


def does_not_ask_for_files() -> None:
    answers = {"view": True, "mouse": True, "keyboard": True}
    assert "files_in" not in consented(answers, ALL_ON).allowed  # type: ignore[arg-type]
    assert "files_in" in consented(answers, ALL_ON | {"consent_to_files": False}).allowed  # type: ignore[arg-type]


def is_asked_always() -> None:
    levels = {"platform": {"consent_to_record": False}, "tenant": {"consent_to_record": False}}
    assert effective_at(levels, seat="pc")["consent_to_record"].value is True
    assert "record" not in consented({"view": True}, ALL_ON | {"consent_to_record": False}).allowed


def does_not_start_with_control() -> None:
    assert "mouse" in consent_question(ALL_ON).wanted
    assert "mouse" not in consent_question(ALL_ON | {"auto_control": False}).wanted


def says_nothing_of_the_pointer() -> None:
    """The customer's pointer is theirs to tell; no program sends it yet, and none could while this is off."""
    pointer = Pointer(1, 1)
    assert gate().tells("p1", pointer)
    assert not gate(mouse_tracking=False).tells("p1", pointer)
    assert not gate().permits("p1", pointer), "an agent's program that tells one is not listened to"


def refuses_messages(key: str) -> Callable[[], None]:
    """The customer program refuses every control message that declares this option, once it is off."""

    def check() -> None:
        kinds = [
            kind for kind in CONTROL_MESSAGES.values() if key == kind.OPTION and kind.SENDER != "customer"
        ]
        assert kinds
        for kind in kinds:
            message = object.__new__(kind)  # what it says does not matter
            assert gate().permits("p1", message), kind
            assert not gate(**{key: False}).permits("p1", message), kind

    return check


def opens_no_folder() -> None:
    """A hostile viewer asks all the same; whole desks against each other: tests/customer_agent/files."""
    for message in (ListFolder(1, "/"), ListFolder(2), Get(3, "/etc/hostname")):
        assert gate().permits("p1", message)
        assert not gate(two_way_files=False).permits("p1", message)
    assert gate(two_way_files=False).permits("p1", Want(4)), "the customer may still choose files"


def sends_nothing_that_was_copied() -> None:
    """The agent's program refuses before it looks at what was copied."""
    from viewer.files.app import FilesApp

    said: list[str] = []
    app = SimpleNamespace(
        _model=SimpleNamespace(option=lambda key: key != "clipboard_files"), _say=said.append
    )
    FilesApp.paste(app)  # type: ignore[arg-type]
    assert "(B-60)" in said[0]


def follows_the_seat() -> None:
    levels = {"agent": {"mobile_support": True}}
    assert not effective_at(levels, seat="pc")["mobile_support"].value


CHECKS: dict[str, Callable[[], None]] = {
    "drawing": takes_rights("drawing", "draw"),
    "recording": takes_rights("recording", "record"),
    "send_file": takes_rights("send_file", "files_in"),
    "get_file": takes_rights("get_file", "files_out"),
    "clipboard_files": sends_nothing_that_was_copied,
    "clipboard_text": takes_rights("clipboard_text", "clipboard_in", "clipboard_out"),
    "view_only": takes_rights("view_only", "mouse", "keyboard", when=True),
    "auto_control": does_not_start_with_control,
    "consent_to_connect": leaves_question_out("consent_to_connect", "view"),
    "consent_to_control": leaves_question_out("consent_to_control", "mouse", "keyboard"),
    "consent_to_files": does_not_ask_for_files,
    "consent_to_record": is_asked_always,
    "partial_share": refuses_messages("partial_share"),
    "two_way_files": opens_no_folder,
    "mouse_tracking": says_nothing_of_the_pointer,
    "mobile_support": follows_the_seat,
}

#: By option: the test that proves it, as file::name.
PROVED_BY: dict[str, str] = {
    "web_viewer": "tests/app/console/test_pages.py::test_it_shows_no_desktop_where_the_option_is_off",
    "screen_capture": "tests/viewer/test_remote_window.py::test_it_saves_no_screen_where_the_option_is_off",
    "always_relay": "tests/desktop/test_direct.py::test_it_always_uses_the_relay_when_told_so",
    "share_desktop": "tests/customer_agent/test_sharing.py::"
    "test_it_shows_nothing_until_a_part_is_chosen_where_the_desktop_is_not_to_be_shown",
    "force_login": "tests/app/accounts/test_log_program_in.py::test_a_second_log_in_is_refused_by_option",
    "auto_new_session": "tests/app/support/test_sessions.py::"
    "test_it_opens_the_next_support_session_where_the_option_says_so",
    "survey": "tests/app/support/test_sessions.py::test_it_asks_nothing_where_the_survey_is_off",
}

#: By option: what its messages, commands and addresses would be called (whole words of a name).
NOT_BUILT: dict[str, tuple[str, ...]] = {
    "auto_reconnect": ("reboot", "restart"),
    "send_url": ("url",),
    "text_chat": ("chat",),
    "system_info": ("system", "hardware"),
    "process_info": ("process", "processes"),
    "agent_screen_view": ("present",),
    "favourites": ("favourite", "favourites"),
    "two_way_drawing": ("stroke", "sketch"),
    "voice_chat": ("voice",),
    "agent_screen_control": ("presenter",),
    "invite_agent": ("invite",),
    "safe_mode_reconnect": ("safe",),
    "driver_mode": ("driver",),
    "file_window_in_viewer": (),
    "manual_reboot": (),
    "consent_to_invite": (),
    "remote_printer": ("printer", "print"),
    "auto_record": (),
    "keep_uac": ("uac", "elevate"),
    "consent_to_transfer": (),
    "remote_sound": ("sound", "audio"),
    "whiteboard": ("whiteboard", "board"),
    "blank_screen": ("blank",),
    "laser_pointer": ("laser",),
    "transfer_session": ("transfer",),
    "share_session": ("colleague",),
    "video_chat": ("video",),
    "health_check": ("virus",),
    "mobile_view_only": ("mobile", "camera"),
    "mobile_two_way_files": (),
    "mobile_file_consent": (),
    "mobile_app_share_consent": (),
    "mobile_no_drawing": (),
    "mobile_start_maximised": (),
    "mobile_stretch": (),
}
#: Words of other things that happen to be called so.
OTHER_MEANINGS = {"health"}


def test_every_option_stands_in_exactly_one_list() -> None:
    lists = [set(CHECKS), set(PROVED_BY), set(NOT_BUILT)]
    assert set.union(*lists) == set(OPTIONS)
    assert sum(map(len, lists)) == len(OPTIONS)


@pytest.mark.parametrize("key", sorted(CHECKS))
def test_it_is_refused_when_off(key: str) -> None:
    CHECKS[key]()


@pytest.mark.usefixtures("in_maru")
@pytest.mark.parametrize("key", sorted(set(OPTIONS) - set(NOT_BUILT) - {"consent_to_record"}))
def test_the_server_tells_both_programs_that_it_is_off(cast: Cast, key: str) -> None:
    """What an offer says is what the customer program goes by, whatever the agent's program does."""
    set_options({key: False}, by=cast.hana.actor)
    waiting, stream = make.make_slot(cast.bora), make.open_stream(cast.bora)
    participant = make.connect(cast.bora, waiting, stream)
    make.exchange_keys(cast.bora, waiting, participant.public_id, stream)
    for reader in (stream, make.customer_stream(waiting.session_id)):
        (offer,) = (body for body in make.messages_of(reader) if body["t"] == "offer")
        assert offer["options"][key] is False  # type: ignore[index]


@pytest.mark.parametrize("key", sorted(PROVED_BY))
def test_the_named_proof_exists(key: str) -> None:
    path, name = PROVED_BY[key].split("::")
    source = (ROOT / path).read_text("utf-8")
    found = [node for node in ast.walk(ast.parse(source)) if getattr(node, "name", "") == name]
    assert found, f"{key}: {path} has no {name}"
    assert key in (ast.get_source_segment(source, found[0]) or ""), f"{key}: {name} does not name it"


@cache
def asked_for() -> dict[str, set[str]]:
    """By option key: the shipped files that ask for it by its name."""
    found: dict[str, set[str]] = {}
    pattern = re.compile(r"[\"'](" + "|".join(OPTIONS) + r")[\"']")
    for package in ("app", "wire", "viewer", "customer_agent", "desktop"):
        for path in (ROOT / package).rglob("*"):
            if (
                path.suffix not in (".py", ".js", ".html")
                or path.name == "options.py"
                or "vendor" in path.parts
            ):
                continue
            for key in pattern.findall(path.read_text("utf-8")):
                found.setdefault(key, set()).add(str(path.relative_to(ROOT)))
    return found


def names_of_features(app: Flask) -> set[str]:
    """Every word in the names of control messages, commands and addresses."""
    names = [*CONTROL_MESSAGES, *FILE_MESSAGES, *AGENT_COMMANDS, *CUSTOMER_COMMANDS, *app.view_functions]
    return {word for name in names for word in re.split(r"[._-]", name)} - OTHER_MEANINGS


@pytest.mark.parametrize("key", sorted(NOT_BUILT))
def test_what_is_not_built_is_really_not_there(app: Flask, key: str) -> None:
    assert not asked_for().get(key), f"{key} is built now: write its check (CHECKS or PROVED_BY)"
    appeared = names_of_features(app) & set(NOT_BUILT[key])
    assert not appeared, f"{key}: {appeared} appeared; write its check (CHECKS or PROVED_BY)"


def test_every_control_message_declares_its_option() -> None:
    """In its own words, not by what it inherits; None says that no option may take it away."""
    silent = [kind.__name__ for kind in CONTROL_MESSAGES.values() if "OPTION" not in vars(kind)]
    assert silent == [], "say OPTION: ClassVar[str | None] = … in wire/control/messages.py"
    assert {kind.OPTION for kind in CONTROL_MESSAGES.values()} - {None} <= set(OPTIONS)


def test_every_file_message_of_an_agent_declares_its_option() -> None:
    """Requests name theirs; the parts of a job that runs stand under the job's own."""
    for kind in FILE_MESSAGES.values():
        assert (kind.OPTION is None) == (kind.RIGHT is None), kind
        assert kind.OPTION is None or kind.OPTION in OPTIONS, kind
        assert kind.SENDER != "agent" or kind.OPTION is not None, kind


def test_every_command_declares_its_option() -> None:
    assert set(COMMANDS["agent"]) == set(AGENT_COMMANDS)
    assert set(COMMANDS["customer"]) == set(CUSTOMER_COMMANDS)
    assert {key for table in COMMANDS.values() for key in table.values()} - {None} <= set(OPTIONS)


def test_every_address_declares_its_option(app: Flask) -> None:
    for endpoint in app.view_functions:
        try:
            key = option_of_route(endpoint)
        except KeyError:
            pytest.fail(f"{endpoint}: add a line to ROUTES in app/team/option_places.py")
        assert key is None or key in OPTIONS
    for endpoint in option_places.ROUTES:
        domain = endpoint.split(".", maxsplit=1)[0]
        assert domain not in app.blueprints or endpoint in app.view_functions, endpoint


def test_an_address_is_refused_when_its_option_is_off(app: Flask, cast: Cast, log_in, monkeypatch) -> None:
    browser = log_in(cast.bora)
    assert Caller.AGENT in (declared_callers(app, "team.home") or ())
    monkeypatch.setattr(option_places, "ROUTES", {"team.home": "text_chat"})
    assert browser.get("/manage").status_code == 200
    with app.app_context(), tenant_scope(cast.maru.id):
        set_options({"text_chat": False}, by=cast.hana.actor, agent_id=cast.bora.id)
    answer = browser.get("/manage")
    assert answer.status_code == 403
    assert "문자 채팅 기능이 꺼져 있습니다" in answer.text


@pytest.mark.usefixtures("in_maru")
def test_a_command_is_refused_when_its_option_is_off(cast: Cast) -> None:
    refuse_when_off("transfer_session", cast.bora.id)
    set_options({"transfer_session": False}, by=cast.hana.actor)
    with pytest.raises(Refused):
        refuse_when_off("transfer_session", cast.bora.id)


def test_the_check_sees_an_address_that_nobody_declared() -> None:
    web = Flask("silent")
    web.add_url_rule("/chat", "chat.open", callers(Caller.AGENT)(lambda: "x"))
    with pytest.raises(KeyError):
        option_of_route("chat.open")
