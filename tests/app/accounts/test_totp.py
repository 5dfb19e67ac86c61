"""The second step's codes: RFC 6238, once each, near enough to now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from app.accounts import totp

NOW = datetime(2026, 11, 20, 5, 0, 15, tzinfo=UTC)
STEP = int(NOW.timestamp()) // 30


def test_it_agrees_with_the_standards_own_example() -> None:
    """RFC 6238, appendix B: SHA-1, 59 s → 94287082, of which six digits are shown."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    moment = datetime.fromtimestamp(59, UTC)
    assert totp.matching_step(secret, "287082", moment, after=0) == 1


@pytest.mark.parametrize(("off_s", "taken"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_clock_may_be_half_a_minute_off(off_s: int, taken: bool) -> None:
    secret = totp.new_secret()
    code = pyotp.TOTP(secret).at(NOW + timedelta(seconds=off_s))
    assert (totp.matching_step(secret, code, NOW, after=0) is not None) is taken


def test_a_step_is_good_once() -> None:
    secret = totp.new_secret()
    code = pyotp.TOTP(secret).at(NOW)
    step = totp.matching_step(secret, code, NOW, after=STEP - 1)
    assert step == STEP
    assert totp.matching_step(secret, code, NOW, after=step) is None


@pytest.mark.parametrize("code", ["", "12345", "1234567", "１２３４５６", "abcdef", "12 456"])
def test_what_is_no_code_is_no_code(code: str) -> None:
    assert totp.matching_step(totp.new_secret(), code, NOW, after=0) is None


def test_recovery_codes_can_be_typed_as_they_are_read() -> None:
    codes = totp.new_recovery_codes()
    assert len(set(codes)) == totp.RECOVERY_CODES
    for code in codes:
        assert totp.is_recovery_code(totp.tidy_code(f" {code.upper()} "))
        assert totp.is_recovery_code(totp.tidy_code(code.replace("-", " ")))


def test_the_address_names_company_and_account() -> None:
    address = totp.address_for_app("A" * 32, account="bora@maru", company="BaroHelp")
    assert address.startswith("otpauth://totp/BaroHelp:bora%40maru?secret=" + "A" * 32)
