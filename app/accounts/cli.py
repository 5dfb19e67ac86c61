"""The demo company and its log-ins, and ways back in for people who locked themselves out."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import click
from flask import Flask
from flask.cli import AppGroup

from app.accounts import demo
from app.accounts.policy import forbid_all_ranges
from app.accounts.second_factor import find_second_factor, remove_second_factor
from app.team.cli import agent_group, tenant_group
from app.team.queries import find_agent
from app.team.rules import is_common_password, is_strong_password
from tenants.audit import SYSTEM
from tenants.database import now_utc, tenant_scope
from tenants.resolve import find_tenant

__all__ = ["init_app"]

demo_group = AppGroup("demo", help="The demo company.")


@demo_group.command("create")
@click.option("--logins-file", type=click.Path(dir_okay=False, path_type=Path), required=True)
def create_demo_command(logins_file: Path) -> None:
    """Make the demo company with an admin and two agents, and write their logins; a repeat changes nothing.

    When the file is gone, everybody gets a new password and the file is written anew.
    """
    if find_tenant(demo.SLUG) is not None and logins_file.is_file():
        click.echo("The demo company is there.")
        return
    passwords = demo.create_demo(_demo_password)
    rows = (f"{demo.SLUG:10}{login_id:10}{password}\n" for login_id, password in passwords.items())
    text = "# 고객사  아이디    비밀번호\n" + "".join(rows)
    _write_private(logins_file, text)
    click.echo(f"The demo company's logins are in {logins_file}.")


@tenant_group.command("allow-all-addresses")
@click.argument("slug")
def allow_all_addresses_command(slug: str) -> None:
    """Forget the allowed IPs of company SLUG, when nobody of it can log in any more."""
    with tenant_scope(_tenant_id(slug)):
        count = forbid_all_ranges(by=SYSTEM, now=now_utc())
    click.echo(f"/{slug}: {count} addresses forgotten; its people may log in from everywhere.")


@agent_group.command("reset-two-step")
@click.argument("slug")
@click.argument("login_id")
def reset_two_step_command(slug: str, login_id: str) -> None:
    """Take the second step of LOGIN_ID of company SLUG away, who lost phone and recovery codes.

    Their log-ins end. Make sure by phone that it is really them.
    """
    with tenant_scope(_tenant_id(slug)):
        agent = find_agent(login_id)
        if agent is None or find_second_factor(agent.id) is None:
            raise click.ClickException(f"There is no {login_id!r} with two-step log-in in /{slug}.")
        remove_second_factor(agent.id, by=SYSTEM, now=now_utc(), is_reset=True)
    click.echo(f"{login_id} of /{slug} logs in with the password alone, and may set two-step log-in up anew.")


def _tenant_id(slug: str) -> int:
    tenant = find_tenant(slug)
    if tenant is None:
        raise click.ClickException(f"There is no company {slug!r}.")
    return tenant.id


def _demo_password() -> str:
    """A random password that is easy to type; eight digits in a row would leave the common word "demo"."""
    while True:
        password = f"Demo-{secrets.token_hex(4)}"
        if is_strong_password(password) and not is_common_password(password):
            return password


def _write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, from its first byte on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)


def init_app(app: Flask) -> None:
    """Add the command group."""
    app.cli.add_command(demo_group)
