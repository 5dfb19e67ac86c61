"""Consent, options, pausing and taking back: which messages pass, and why the others do not."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from customer_agent import rights as r
from wire.control import messages as control
from wire.rfb.events import CutTextReceived, KeyEvent, PointerEvent, QemuKeyEvent
from wire.terms import RIGHTS

INPUT = [PointerEvent(1, 10, 10), KeyEvent(True, 0x61), QemuKeyEvent(True, 0x61, 0x1E)]
FULL = r.consented({"view": True, "mouse": True, "keyboard": True}, {"clipboard_text": True})
OPTIONS = {"clipboard_text": True, "send_file": True, "get_file": True, "drawing": True, "recording": True}


def passing(rights: r.Rights, options: dict[str, bool] = OPTIONS, now: float = 0.0) -> list[object]:
    return [message for message in INPUT if r.permits(message, rights, options, now)]


def test_it_lets_input_pass_after_consent() -> None:
    assert passing(FULL) == INPUT


def test_it_refuses_all_input_before_consent() -> None:
    assert passing(r.Rights()) == []


def test_it_refuses_everything_when_seeing_was_denied() -> None:
    denied = r.consented({"view": False, "mouse": True, "keyboard": True}, OPTIONS)
    assert passing(denied) == []
    assert not denied.may_see(OPTIONS, 0.0)


def test_it_keeps_mouse_and_keyboard_apart() -> None:
    only_mouse = r.consented({"view": True, "mouse": True, "keyboard": False}, OPTIONS)
    assert passing(only_mouse) == INPUT[:1]


def test_it_refuses_input_in_view_only() -> None:
    assert passing(FULL, {**OPTIONS, "view_only": True}) == []
    assert FULL.may_see({"view_only": True}, 0.0)


def test_it_refuses_input_while_paused_and_after() -> None:
    paused = r.pause(FULL, True)
    assert passing(paused) == []
    assert not paused.may_see(OPTIONS, 0.0)
    assert passing(r.pause(paused, False)) == INPUT


def test_it_refuses_input_after_revocation() -> None:
    assert passing(r.revoke(FULL, "mouse", "keyboard")) == []
    assert passing(r.revoke(FULL, "view")) == []
    assert passing(r.allow(r.revoke(FULL, "keyboard"), "keyboard")) == INPUT


@pytest.mark.parametrize("by", ["mouse", "keyboard"])
def test_it_gives_control_again_after_three_still_seconds(by: r.Hand) -> None:
    taken = r.take_back(FULL, by, now=10.0)
    assert passing(taken, now=12.9) == []
    assert passing(taken, now=13.0) == INPUT


def test_it_starts_the_three_seconds_anew_with_each_movement() -> None:
    taken = r.take_back(r.take_back(FULL, "mouse", now=10.0), "mouse", now=12.0)
    assert passing(taken, now=14.9) == []


def test_it_keeps_control_that_was_taken_by_button_until_it_is_given() -> None:
    taken = r.take_back(r.take_back(FULL, "button", now=0.0), "mouse", now=1.0)
    assert passing(taken, now=1e6) == []
    assert passing(r.give_back(taken)) == INPUT


def test_it_goes_on_showing_while_control_is_taken_back() -> None:
    assert r.take_back(FULL, "button", 0.0).may_see(OPTIONS, 1.0)


def test_it_grants_control_unasked_only_where_the_option_is_switched_off() -> None:
    assert passing(r.consented({"view": True}, {})) == []
    assert passing(r.consented({"view": True}, {"consent_to_control": True})) == []
    assert passing(r.consented({"view": True}, {"consent_to_control": False})) == INPUT


def test_it_never_grants_recording_unasked() -> None:
    options = {**OPTIONS, "consent_to_record": False, "consent_to_files": False}
    given = r.consented({"view": True}, options)
    assert not r.may("record", given, options, 0.0)
    assert r.may("files_in", given, options, 0.0)


def test_it_refuses_the_clipboard_without_its_option() -> None:
    text = CutTextReceived("가나다")
    assert r.permits(text, FULL, OPTIONS, 0.0)
    assert not r.permits(text, FULL, {**OPTIONS, "clipboard_text": False}, 0.0)
    assert not r.permits(text, FULL, {}, 0.0)


def test_it_refuses_kinds_that_it_does_not_know() -> None:
    @dataclass(frozen=True)
    class Unheard:
        path: str = "/etc/passwd"

    assert not r.permits(Unheard(), FULL, OPTIONS, 0.0)
    assert not r.permits(None, FULL, OPTIONS, 0.0)


def test_it_judges_control_messages_by_their_right_and_option() -> None:
    quality = control.Quality("auto")
    assert r.permits(quality, FULL, OPTIONS, 0.0)
    assert not r.permits(quality, r.Rights(), OPTIONS, 0.0)
    assert r.permits(control.Release(), r.Rights(), {}, 0.0)
    assert not r.permits(control.Pause(True), FULL, OPTIONS, 0.0)
    assert not r.permits(control.Pointer(1, 1), FULL, {"mouse_tracking": True}, 0.0)


def test_it_tells_its_pointer_only_where_it_may() -> None:
    pointer, on = control.Pointer(1, 1), {"mouse_tracking": True}
    assert r.tells(pointer, FULL, on, 0.0)
    assert not r.tells(pointer, FULL, {"mouse_tracking": False}, 0.0)
    assert not r.tells(pointer, FULL, {}, 0.0)
    assert not r.tells(pointer, r.Rights(), on, 0.0)
    assert not r.tells(pointer, r.pause(FULL, True), on, 0.0)
    assert r.tells(control.Pause(True), r.Rights(), {}, 0.0)


def test_it_tells_the_whole_state_with_reasons() -> None:
    record = r.record_of(r.take_back(FULL, "mouse", 10.0), {**OPTIONS, "drawing": False}, 4, now=11.0)
    assert (record.serial, record.view, record.mouse, record.keyboard) == (4, True, False, False)
    assert record.why["mouse"] == "taken_back"
    assert record.why["draw"] == "option"
    assert record.why["record"] == "consent"
    assert record.until_ms == 2000


def test_it_names_a_reason_for_every_right_that_is_off() -> None:
    record = r.record_of(r.Rights(), {}, 1, 0.0)
    assert set(record.why) == set(RIGHTS)
