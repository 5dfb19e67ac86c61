"""Making companies and agents from the command line.

Passwords come from a prompt or from standard input, never from an argument, which every user of the machine
could read.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import Final

import click
from flask import Flask
from flask.cli import AppGroup

from app.errors import AppError
from app.team import actions
from tenants.actions import TenantRejected, create_tenant
from tenants.audit import SYSTEM
from tenants.database import now_utc, tenant_scope
from tenants.models import Tenant
from tenants.resolve import find_tenant

__all__ = ["agent_group", "init_app", "tenant_group"]

TERM_DAYS: Final = 365

tenant_group = AppGroup("tenant", help="Companies.")
agent_group = AppGroup("agent", help="Agents of a company.")


@tenant_group.command("create")
@click.argument("slug")
@click.option("--title", required=True, help="What customers read, 14 characters at most.")
@click.option("--company", required=True, help="The registered name.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Last day of the term; a year by default.")
@click.option(
    "--seats", type=click.IntRange(0), default=3, show_default=True, help="Agents beside the admin."
)
@click.option(
    "--seats-mobile", type=click.IntRange(0), default=0, show_default=True, help="Of those, for phones too."
)
@click.option("--code-required", is_flag=True, help="A click on a number asks for its code.")
def create_tenant_command(
    slug: str,
    *,
    title: str,
    company: str,
    until: datetime | None,
    seats: int,
    seats_mobile: int,
    code_required: bool,
) -> None:
    """Make a company at /SLUG: 3 to 31 small letters, digits or -, never changed afterwards.

    Next make its administrator: flask agent create SLUG admin --name …
    """
    expires_at = (
        until.replace(tzinfo=UTC) if until else now_utc() + timedelta(days=TERM_DAYS - 1)
    ) + timedelta(days=1)
    try:
        tenant = create_tenant(
            slug=slug,
            title=title,
            company=company,
            expires_at=expires_at,
            seats_pc=seats,
            seats_mobile=seats_mobile,
            code_required=code_required,
            by=SYSTEM,
        )
    except TenantRejected as error:
        raise click.ClickException(str(error)) from error
    click.echo(
        f"/{tenant.slug} until {tenant.expires_at:%Y-%m-%d}. Next: flask agent create {tenant.slug} admin"
    )


@agent_group.command("create")
@click.argument("slug")
@click.argument("login_id")
@click.option("--name", required=True, help="The person's name, which customers read.")
@click.option("--mobile", is_flag=True, help="A seat for PC and mobile.")
@click.option("--email", default="", help="Where a link goes when the password is forgotten.")
def create_agent_command(slug: str, login_id: str, *, name: str, mobile: bool, email: str) -> None:
    """Make agent LOGIN_ID of company SLUG; the id `admin` makes its administrator.

    The password is asked for, or read from standard input; it never stands on the command line.
    """
    tenant = _tenant(slug)
    password = _read_password()
    with tenant_scope(tenant.id):
        try:
            agent = actions.create_agent(
                login_id=login_id,
                name=name,
                password=password,
                seat="pc_mobile" if mobile else "pc",
                email=email,
                by=SYSTEM,
            )
        except AppError as error:
            raise click.ClickException(str(error.for_reader)) from error
    click.echo(f"{agent.login_id} of /{tenant.slug} is {agent.role}.")


def _tenant(slug: str) -> Tenant:
    tenant = find_tenant(slug)
    if tenant is None:
        raise click.ClickException(f"There is no company {slug!r}.")
    return tenant


def _read_password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\n")


def init_app(app: Flask) -> None:
    """Add the command groups."""
    for group in (tenant_group, agent_group):
        app.cli.add_command(group)
