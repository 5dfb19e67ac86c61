"""Making operators from the command line, the only place where they are made, and mending their log-ins.

Passwords come from a prompt or from standard input, never from an argument.
"""

from __future__ import annotations

import sys

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from app.errors import AppError
from app.operator import audit, second_step, staff
from app.operator.anchors import read_anchors
from app.operator.models import Operator
from tenants.audit import SYSTEM
from tenants.database import now_utc

__all__ = ["init_app"]

operator_group = AppGroup("operator", help="Our own staff: who may open /operator.")


@operator_group.command("create")
@click.argument("login_id")
@click.option("--name", required=True, help="The person's name, as the logs show it.")
def create_command(login_id: str, name: str) -> None:
    """Make operator LOGIN_ID, who sees and stops every company at /operator.

    The password is asked for, or read from standard input: 8 or more characters with capital and small
    letters and digits. Set two-step log-in up at /operator/me right after the first log-in.
    """
    password = _read_password()
    try:
        operator = staff.create_operator(login_id=login_id, name=name, password=password, by=SYSTEM)
    except AppError as error:
        raise click.ClickException(str(error.for_reader)) from error
    click.echo(f"{operator.login_id} may log in at /operator.")


@operator_group.command("set-password")
@click.argument("login_id")
def set_password_command(login_id: str) -> None:
    """Give operator LOGIN_ID another password; their log-ins end."""
    operator, password = _operator(login_id), _read_password()
    try:
        staff.set_password(operator, password, by=SYSTEM, now=now_utc())
    except AppError as error:
        raise click.ClickException(str(error.for_reader)) from error
    click.echo(f"{login_id} has another password.")


@operator_group.command("reset-two-step")
@click.argument("login_id")
def reset_two_step_command(login_id: str) -> None:
    """Take the second step of operator LOGIN_ID away, who lost the phone; their log-ins end."""
    second_step.reset_totp(_operator(login_id), by=SYSTEM, now=now_utc())
    click.echo(f"{login_id} logs in with the password alone.")


@operator_group.command("disable")
@click.argument("login_id")
def disable_command(login_id: str) -> None:
    """Stop operator LOGIN_ID at once; the logs keep the name."""
    staff.set_state(_operator(login_id), "disabled", by=SYSTEM, now=now_utc())
    click.echo(f"{login_id} may log in no more.")


@operator_group.command("enable")
@click.argument("login_id")
def enable_command(login_id: str) -> None:
    """Let operator LOGIN_ID log in again."""
    staff.set_state(_operator(login_id), "active", by=SYSTEM, now=now_utc())
    click.echo(f"{login_id} may log in again.")


@operator_group.command("verify-log")
def verify_log_command() -> None:
    """Check the operators' own log, its chain and against its anchors; ends with 1 when it does not hold."""
    entry = audit.first_broken_entry(read_anchors(current_app.extensions["settings"].storage_dir))
    click.echo("operators: ok" if entry is None else f"operators: broken at entry {entry}")
    sys.exit(0 if entry is None else 1)


def _operator(login_id: str) -> Operator:
    operator = staff.find_operator(login_id)
    if operator is None:
        raise click.ClickException(f"There is no operator {login_id!r}.")
    return operator


def _read_password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\n")


def init_app(app: Flask) -> None:
    """Add the command group."""
    app.cli.add_command(operator_group)
