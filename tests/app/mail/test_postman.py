"""Letters reach a real mail server, once; what it refuses is given up, what it misses is tried again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from sqlalchemy import select

from app.mail import outbox, postman
from app.mail.letters import LANGUAGES, LETTERS, write
from app.mail.models import OutboxMail
from app.mail.postman import Postman, compose
from config.settings import SettingsError, SmtpServer
from tenants.database import db, now_utc, tenant_scope
from tenants.writing import writing
from tests.app.support.programs import until
from tests.cast import Cast
from tests.conftest import SECRETS, make_settings
from tests.displays import free_port

VALUES = {
    "name": "보라",
    "company": "마루 상담실",
    "login_id": "bora",
    "link": "http://127.0.0.1:8000/manage/reset/reset.maru.x",
    "minutes": 30,
    "days": 7,
    "when": "2026-11-20 14:05",
    "address": "203.0.113.7",
    "subject": "화면이 검게 보입니다",
}


class Box:
    """A mail server's memory: what it took, and what it says to the next one."""

    def __init__(self) -> None:
        self.taken: list[tuple[list[str], bytes]] = []
        self.answer = "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: object, envelope: object, address: str, options: object
    ) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)  # type: ignore[attr-defined]
        return self.answer

    async def handle_DATA(self, server: SMTP, session: object, envelope: object) -> str:  # noqa: N802
        self.taken.append((envelope.rcpt_tos, envelope.content))  # type: ignore[attr-defined]
        return "250 OK"


@pytest.fixture
def box(app) -> Iterator[Box]:
    """A mail server on loopback that the app hands its letters to."""
    known, box = app.extensions["settings"], Box()
    server = Controller(box, hostname="127.0.0.1", port=free_port())
    server.start()
    smtp = SmtpServer("smtp", "127.0.0.1", server.port)
    app.extensions["settings"] = replace(known, smtp=smtp, mail_from="BaroHelp <help@example.com>")
    yield box
    server.stop()
    app.extensions["settings"] = known


def put(app, cast: Cast, recipient: str = "bora@example.com", **more: object) -> None:
    with app.app_context(), tenant_scope(cast.maru.id), writing():
        outbox.put_letter(recipient, "password_reset", VALUES, language="ko", now=now_utc(), **more)  # type: ignore[arg-type]


def row_of(app, cast: Cast) -> OutboxMail:
    with app.app_context(), tenant_scope(cast.maru.id):
        return db.session.scalars(select(OutboxMail)).one()


def test_it_works(app, box: Box, cast: Cast) -> None:
    put(app, cast)
    assert [Postman(app).make_round(), Postman(app).make_round()] == [1, 0]
    recipients, content = box.taken[0]
    message = message_from_bytes(content, policy=policy.default)
    assert recipients == ["bora@example.com"]
    assert message["Subject"] == "[바로헬프] 마루 상담실 비밀번호를 새로 정해 주십시오"
    assert VALUES["link"] in message.get_content()
    row = row_of(app, cast)
    assert (row.state, row.sealed, row.tries) == ("sent", None, 1)


def test_the_thread_makes_its_rounds(app, box: Box, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postman, "EVERY_S", 0.05)
    thread = Postman(app)
    thread.start()
    put(app, cast)
    until(lambda: box.taken, "the letter")
    thread.stop()
    thread.join(10)
    assert not thread.is_alive()


def test_the_command_tries_the_mail_server(app, box: Box) -> None:
    runner = app.test_cli_runner()
    assert "took a letter" in runner.invoke(args=["mail", "test", "bora@example.com"]).output
    box.answer = "550 nobody here"
    refused = runner.invoke(args=["mail", "test", "bora@example.com"])
    assert (refused.exit_code, "did not take it" in refused.output) == (1, True)


@pytest.mark.parametrize(("answer", "state"), [("550 nobody here", "failed"), ("451 later", "waiting")])
def test_a_refusal_is_final_or_not(app, box: Box, cast: Cast, answer: str, state: str) -> None:
    put(app, cast)
    box.answer = answer
    assert Postman(app).make_round() == 0
    row = row_of(app, cast)
    assert (row.state, row.sealed is None) == (state, state == "failed")
    assert answer[:3] in row.error
    assert box.taken == []


def test_a_server_that_is_away_is_tried_again_later(app, box: Box, cast: Cast) -> None:
    put(app, cast)
    settings = app.extensions["settings"]
    app.extensions["settings"] = replace(settings, smtp=SmtpServer("smtp", "127.0.0.1", free_port()))
    assert Postman(app).make_round() == 0
    row = row_of(app, cast)
    assert (row.state, row.tries) == ("waiting", 1)
    assert row.due_at > now_utc() + timedelta(seconds=50)
    app.extensions["settings"] = settings
    assert Postman(app).make_round() == 0, "its minute has not passed"


def test_it_is_given_up_after_five_tries(app, cast: Cast) -> None:
    put(app, cast)
    now = now_utc()
    with app.app_context(), tenant_scope(cast.maru.id):
        for _ in range(5):
            now += timedelta(hours=3)
            (claimed,) = outbox.claim_due(now)
            outbox.note_failed(claimed.id, "away", is_final=False, now=now)
        assert outbox.claim_due(now + timedelta(days=1)) == []
    assert row_of(app, cast).state == "failed"


def test_a_letter_that_would_come_too_late_is_not_sent(app, box: Box, cast: Cast) -> None:
    put(app, cast, expires_at=now_utc())
    assert Postman(app).make_round() == 0
    assert (row_of(app, cast).error, box.taken) == ("too late", [])


def test_a_claim_of_a_dead_process_is_taken_over(app, cast: Cast) -> None:
    put(app, cast)
    now = now_utc()
    with app.app_context(), tenant_scope(cast.maru.id):
        assert len(outbox.claim_due(now)) == 1
        assert outbox.claim_due(now + timedelta(minutes=4)) == []
        assert len(outbox.claim_due(now + timedelta(minutes=6))) == 1


def test_a_password_is_not_sent_in_the_clear(app, box: Box, cast: Cast) -> None:
    """This server offers no STARTTLS."""
    put(app, cast)
    settings = app.extensions["settings"]
    smtp = replace(settings.smtp, user="barohelp", password="secret")
    app.extensions["settings"] = replace(settings, smtp=smtp)
    assert Postman(app).make_round() == 0
    assert "STARTTLS" in row_of(app, cast).error
    assert "secret" not in repr(smtp)


@pytest.mark.parametrize("recipient", ["bora@example.com\r\nBcc: all@example.com", "bora@a b", "@", "보라@x"])
def test_no_address_smuggles_a_header_in(recipient: str) -> None:
    try:
        message = compose(write("password_reset", "ko", VALUES), recipient, "help@example.com")
    except ValueError:
        return
    assert b"\nBcc:" not in message.as_bytes()
    assert message["Bcc"] is None


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("letter", LETTERS)
def test_every_letter_can_be_written(letter: str, language: str) -> None:
    typed = "{link}\r\nBcc: x@example.com"
    evil = VALUES | {"company": typed, "subject": typed, "name": "<script>"}
    written = write(letter, language, evil)
    assert "\n" not in written.subject
    assert "{link}" in written.subject, "what people typed is not filled in a second time"
    assert {"ko": "바로헬프", "en": "BaroHelp"}[language] in written.text


def test_without_a_mail_server_letters_wait_and_can_be_read(app, cast: Cast) -> None:
    put(app, cast)
    Postman(app).run()
    row = row_of(app, cast)
    runner = app.test_cli_runner()
    assert row.public_id in runner.invoke(args=["mail", "list", "maru"]).output
    shown = runner.invoke(args=["mail", "show", "maru", row.public_id])
    assert VALUES["link"] in shown.output
    assert runner.invoke(args=["mail", "show", "nuri", row.public_id]).exit_code == 1


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://x", "SMTP_URL"),
        ("smtp://", "SMTP_URL"),
        ("smtp://h:99999999", "SMTP_URL"),
        ("smtp://u:p@h/x", "SMTP_URL"),
    ],
)
def test_a_wrong_address_stops_the_start(tmp_path, url: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        make_settings(tmp_path, SMTP_URL=url, MAIL_FROM="a@b.example")
    with pytest.raises(SettingsError, match="MAIL_FROM"):
        make_settings(tmp_path, SMTP_URL="smtp://mail.example")


def test_a_right_address_is_read(tmp_path) -> None:
    url = "smtp://user%40x:p%3Aw@mail.example:2525?starttls=required"
    settings = make_settings(tmp_path, SMTP_URL=url, MAIL_FROM="a@b.example")
    assert settings.smtp == SmtpServer("smtp", "mail.example", 2525, "user@x", "p:w", must_starttls=True)
    assert "p:w" not in repr(settings)
    assert SECRETS["TOTP_KEY"] not in repr(settings)
