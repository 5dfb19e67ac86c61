"""Which company's rows the running code may touch: one value per greenlet or thread, unset by default.

`tenant_scope` is the rule, `operator_scope` the visible and logged exception. The scope is a context
variable, so a new greenlet or thread starts without one: hand it the tenant's id and open a scope there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import structlog

from tenants.errors import NoTenantError, WallError

__all__ = ["Scope", "current_scope", "current_tenant_id", "no_scope", "operator_scope", "tenant_scope"]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Scope:
    """One tenant's rows, or (`tenant_id` None) all rows, for the written `reason`."""

    tenant_id: int | None
    reason: str = ""


_scope: ContextVar[Scope | None] = ContextVar("tenant_scope", default=None)
#: Called with no arguments whenever the scope changes, before and after; set by tenants.database.
on_change: list[Callable[[], None]] = []


def current_scope() -> Scope | None:
    """The scope of the running code, or None."""
    return _scope.get()


def current_tenant_id() -> int:
    """The id of the tenant whose scope is open. Raises NoTenantError outside one."""
    scope = _scope.get()
    if scope is None or scope.tenant_id is None:
        raise NoTenantError("No tenant is chosen here: open tenant_scope(tenant_id) first.")
    return scope.tenant_id


@contextmanager
def tenant_scope(tenant_id: int) -> Iterator[None]:
    """Run the block with the rows of one tenant. Raises WallError inside another tenant's scope."""
    outer = _scope.get()
    if outer is not None and outer.tenant_id not in (None, tenant_id):
        raise WallError(f"Tenant {tenant_id} was opened inside the scope of tenant {outer.tenant_id}.")
    with _opened(Scope(tenant_id)):
        yield


@contextmanager
def operator_scope(reason: str, *, is_routine: bool = False) -> Iterator[None]:
    """Run the block with the rows of every tenant, on purpose; `reason` goes to the log (`is_routine`: only
    where debugging is on, for what happens every two seconds).

    Refused inside a tenant's scope: code that serves one company never grows into all of them.
    """
    outer = _scope.get()
    if outer is not None and outer.tenant_id is not None:
        raise WallError(
            f"operator_scope({reason!r}) was opened inside the scope of tenant {outer.tenant_id}."
        )
    (log.debug if is_routine else log.info)("operator_scope_opened", reason=reason)
    with _opened(Scope(None, reason)):
        yield


@contextmanager
def no_scope() -> Iterator[None]:
    """Run the block without any scope, as each request and socket command begins."""
    with _opened(None):
        yield


@contextmanager
def _opened(scope: Scope | None) -> Iterator[None]:
    is_new = scope != _scope.get()
    if is_new:
        _announce()
    token = _scope.set(scope)
    try:
        yield
    finally:
        if is_new:
            _announce()
        _scope.reset(token)


def _announce() -> None:
    for call in on_change:
        call()
