"""Letters from the command line: what waits, what one says, and a letter to try the mail server with."""

from __future__ import annotations

import smtplib

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy import select

from app.mail import outbox
from app.mail.letters import Written
from app.mail.models import OutboxMail
from app.mail.postman import compose, hand_over
from config.settings import Settings
from tenants import audit
from tenants.audit import SYSTEM
from tenants.database import db, tenant_scope
from tenants.resolve import find_tenant
from tenants.writing import writing

__all__ = ["init_app"]

mail_group = AppGroup("mail", help="Letters: what waits, what one says, whether the mail server works.")


@mail_group.command("list")
@click.argument("slug")
def list_command(slug: str) -> None:
    """The latest letters of company SLUG, the newest first, without what they say."""
    with tenant_scope(_tenant_id(slug)):
        for row in outbox.list_letters():
            click.echo(
                f"{row.public_id}  {row.created_at:%Y-%m-%d %H:%M}  {row.state:8}"
                f"  {row.letter:18}{row.recipient}  {row.error}".rstrip()
            )


@mail_group.command("show")
@click.argument("slug")
@click.argument("letter")
def show_command(slug: str, letter: str) -> None:
    """What a waiting LETTER of company SLUG says, links included: for a machine without a mail server."""
    with tenant_scope(_tenant_id(slug)):
        row = db.session.scalar(select(OutboxMail).where(OutboxMail.public_id == letter))
        written = outbox.read_letter(row) if row is not None else None
        if row is not None and written is not None:
            with writing():
                audit.record("mail.shown", f"letter:{row.public_id}", {"to": row.recipient}, by=SYSTEM)
    if row is None or written is None:
        raise click.ClickException("There is no such letter, or it was sent and is forgotten.")
    click.echo(f"To: {row.recipient}\nSubject: {written.subject}\n\n{written.text}")


@mail_group.command("test")
@click.argument("address")
def test_command(address: str) -> None:
    """Send a letter to ADDRESS now, to see whether SMTP_URL and MAIL_FROM are right."""
    settings: Settings = current_app.extensions["settings"]
    if settings.smtp is None:
        raise click.ClickException("SMTP_URL is not set; letters wait in the outbox.")
    message = compose(Written("BaroHelp", "This is a test. 시험 편지입니다.\n"), address, settings.mail_from)
    try:
        hand_over(settings.smtp, message)
    except (OSError, smtplib.SMTPException) as error:
        raise click.ClickException(f"The mail server did not take it: {error}") from error
    click.echo(f"{settings.smtp.host} took a letter to {address}.")


def _tenant_id(slug: str) -> int:
    tenant = find_tenant(slug)
    if tenant is None:
        raise click.ClickException(f"There is no company {slug!r}.")
    return tenant.id


def init_app(app: Flask) -> None:
    """Add the command group."""
    app.cli.add_command(mail_group)
