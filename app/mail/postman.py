"""The postman: a thread of the jobs process that hands letters to the mail server. Blocking, off the clocks.

Decides what a failure means: the server is away (try later) or it refuses the letter (give up). Without a
mail server the letters wait in the outbox, where `flask mail` and the operator's console show them.
"""

from __future__ import annotations

import smtplib
import ssl
import threading
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

import structlog
from flask import Flask

from app.mail import outbox
from app.mail.letters import Written
from config.settings import Settings, SmtpServer
from tenants.database import now_utc, operator_scope, tenant_scope

__all__ = ["Postman", "compose", "hand_over"]

log = structlog.get_logger()

EVERY_S = 5.0
TIMEOUT_S = 15.0


class Postman(threading.Thread):
    """Looks for letters every few seconds and hands them over, one company after the other."""

    def __init__(self, app: Flask) -> None:
        super().__init__(name="postman", daemon=True)
        self._app = app
        self._settings: Settings = app.extensions["settings"]
        self._stopped = threading.Event()

    def run(self) -> None:
        """Make rounds until stopped; without a mail server there is nothing to do."""
        if self._settings.smtp is None:
            log.info("mail_waits", reason="SMTP_URL is not set")
            return
        while not self._stopped.wait(EVERY_S):
            try:
                self.make_round()
            except Exception as error:  # an edge: the database may be away for a minute
                log.warning("mail_round_failed", reason=type(error).__name__)

    def make_round(self) -> int:
        """Hand over every letter that is due; return how many the server took."""
        sent = 0
        with self._app.app_context():
            with operator_scope("looking for letters that are due", is_routine=True):
                tenant_ids = outbox.due_tenants(now_utc())
            for tenant_id in tenant_ids:
                with tenant_scope(tenant_id):
                    for claimed in outbox.claim_due(now_utc()):
                        sent += self._send(claimed)
        return sent

    def stop(self) -> None:
        """End after the present round."""
        self._stopped.set()

    def _send(self, claimed: outbox.Claimed) -> int:
        server = self._settings.smtp
        assert server is not None, "run() has looked"
        if claimed.written is None:
            outbox.note_failed(claimed.id, "cannot be opened", is_final=True, now=now_utc())
            return 0
        try:
            hand_over(server, compose(claimed.written, claimed.recipient, self._settings.mail_from))
        except (OSError, smtplib.SMTPException, ValueError) as error:
            is_final = _is_final(error)
            log.warning("mail_failed", letter=claimed.id, reason=type(error).__name__, is_final=is_final)
            outbox.note_failed(claimed.id, _why(error), is_final=is_final, now=now_utc())
            return 0
        outbox.note_sent(claimed.id, now=now_utc())
        log.info("mail_sent", letter=claimed.id)
        return 1


def compose(written: Written, recipient: str, sender: str) -> EmailMessage:
    """The letter as a message. Raises ValueError for an address that could smuggle a header in."""
    name, _, domain = recipient.rpartition("@")
    message = EmailMessage()
    message["From"] = sender
    message["To"] = Address(username=name, domain=domain)
    message["Subject"] = written.subject
    message["Date"] = format_datetime(now_utc())
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].rstrip(">") or None)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(written.text)
    return message


def hand_over(server: SmtpServer, message: EmailMessage) -> None:
    """Give one message to the mail server. Raises OSError or SMTPException.

    A password goes over an encrypted line only; so does everything where the address says so.
    """
    context = ssl.create_default_context()
    if server.scheme == "smtps":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_S, context=context)
    else:
        smtp = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_S)
    with smtp:
        smtp.ehlo()
        if server.scheme == "smtp":
            if smtp.has_extn("starttls"):
                smtp.starttls(context=context)
                smtp.ehlo()
            elif server.must_starttls or server.user:
                raise smtplib.SMTPNotSupportedError("the mail server does not offer STARTTLS")
        if server.user:
            smtp.login(server.user, server.password)
        smtp.send_message(message)


def _is_final(error: Exception) -> bool:
    """Whether the same letter would be refused again: a 5xx about the letter itself, or a bad address."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _text in error.recipients.values())
    if isinstance(error, smtplib.SMTPSenderRefused | smtplib.SMTPDataError):
        return error.smtp_code >= 500
    return isinstance(error, ValueError)


def _why(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {error.smtp_error!r}"
    return f"{type(error).__name__}: {error}"
