"""How a company's people log in: its limits, who needs a second step, where from. Read and changed here.

What the values may be is in rules.py, how addresses are written in addresses.py. A change holds at once, for
log-ins that are open as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from app.accounts.addresses import covers, read_range
from app.accounts.endings import end_where
from app.accounts.errors import AddressRefused, RulesRejected, WouldLockOut
from app.accounts.models import AllowedIp, LogInRules, LoginSession, SecondFactor
from app.accounts.rules import Policy
from app.errors import NotFound
from app.team.errors import ChangedElsewhere
from app.team.models import Agent
from tenants import audit
from tenants.audit import Actor
from tenants.database import current_tenant_id, db
from tenants.models import Tenant
from tenants.writing import writing

__all__ = [
    "MAX_RANGES",
    "allow_range",
    "audience_of",
    "change_policy",
    "forbid_all_ranges",
    "forbid_range",
    "is_allowed",
    "list_ranges",
    "read_policy",
    "refuse_address",
]

MAX_RANGES = 100


def read_policy() -> Policy:
    """The open company's rules, or the defaults where it has chosen none."""
    row = db.session.get(LogInRules, current_tenant_id())
    if row is None:
        return Policy()
    return Policy(row.failed_limit, row.block_s, row.idle_s, row.two_step, row.version)


def change_policy(policy: Policy, *, by: Actor, now: datetime) -> None:
    """Store other rules. Raises RulesRejected, ChangedElsewhere (`policy.version` is not the stored one).

    A shorter idle time shortens browsers' log-ins that are open; whoever newly needs a second step is led
    there before anything else, and their programs' log-ins end.
    """
    if policy.faults:
        raise RulesRejected(policy.faults)
    with writing():
        _lock_company()
        before = read_policy()
        if before.version != policy.version:
            raise ChangedElsewhere
        row = db.session.get(LogInRules, current_tenant_id()) or LogInRules()
        row.failed_limit, row.block_s, row.idle_s = policy.failed_limit, policy.block_s, policy.idle_s
        row.two_step, row.version = policy.two_step, policy.version + 1
        db.session.add(row)
        db.session.flush()
        if policy.idle_s != before.idle_s:
            _shorten_log_ins(policy.idle_s)
        if policy.two_step != before.two_step:
            _ask_for_second_step(policy, now)
        names = ("failed_limit", "block_s", "idle_s", "two_step")
        changed = {
            name: f"{getattr(before, name)} → {getattr(policy, name)}"
            for name in names
            if getattr(before, name) != getattr(policy, name)
        }
        if changed:
            audit.record("log_in.rules_changed", "tenant", changed, by=by, at=now)


def list_ranges(audience: str | None = None) -> Sequence[AllowedIp]:
    """The company's allowed addresses, of one audience or of both, in the order they were added."""
    statement = select(AllowedIp).order_by(AllowedIp.audience, AllowedIp.id)
    if audience is not None:
        statement = statement.where(AllowedIp.audience == audience)
    return db.session.scalars(statement).all()


def is_allowed(audience: str, address: str) -> bool:
    """Whether people of this kind may log in from an address."""
    ranges = db.session.scalars(select(AllowedIp.cidr).where(AllowedIp.audience == audience)).all()
    return covers(ranges, address)


def refuse_address(audience: str, address: str) -> None:
    """Raises AddressRefused when people of this kind may not log in from there."""
    if not is_allowed(audience, address):
        raise AddressRefused(address)


def audience_of(*, is_admin: bool) -> str:
    """Which list holds for somebody."""
    return "admin" if is_admin else "agent"


def allow_range(
    audience: str, text: str, *, here: str, by: Actor, now: datetime, is_sure: bool = False
) -> str:
    """Add a range and return it as it is stored; one that is there already stays.

    Raises RulesRejected, and WouldLockOut when the admin who asks, at address `here`, could log in no more.
    """
    try:
        cidr = read_range(text)
    except ValueError:
        raise RulesRejected(["address"]) from None
    with writing():
        _lock_company()
        known = [row.cidr for row in list_ranges(audience)]
        if cidr in known:
            return cidr
        if len(known) >= MAX_RANGES:
            raise RulesRejected(["too_many"])
        if audience == "admin" and not is_sure and not covers([*known, cidr], here):
            raise WouldLockOut(here)
        db.session.add(AllowedIp(audience=audience, cidr=cidr, created_at=now))
        db.session.flush()
        _end_from_elsewhere(audience, now)
        audit.record("log_in.address_allowed", f"{audience}s", {"address": cidr}, by=by, at=now)
    return cidr


def forbid_range(
    audience: str, cidr: str, *, here: str, by: Actor, now: datetime, is_sure: bool = False
) -> None:
    """Take a range away; without any, every address is good. Raises NotFound, WouldLockOut."""
    with writing():
        _lock_company()
        known = [row.cidr for row in list_ranges(audience)]
        if cidr not in known:
            raise NotFound
        left = [one for one in known if one != cidr]
        if audience == "admin" and not is_sure and not covers(left, here):
            raise WouldLockOut(here)
        db.session.execute(delete(AllowedIp).where(AllowedIp.audience == audience, AllowedIp.cidr == cidr))
        _end_from_elsewhere(audience, now)
        audit.record("log_in.address_forbidden", f"{audience}s", {"address": cidr}, by=by, at=now)


def forbid_all_ranges(*, by: Actor, now: datetime) -> int:
    """Forget every range, so that people may come from everywhere again; return how many there were."""
    with writing():
        _lock_company()
        count = len(list_ranges())
        db.session.execute(delete(AllowedIp).where(AllowedIp.id > 0))
        audit.record("log_in.address_forbidden", "tenant", {"address": "*"}, by=by, at=now)
    return count


def _lock_company() -> None:
    """Two admins change rules one after the other: the first row of a company has nothing else to lock."""
    db.session.execute(
        select(Tenant.id).where(Tenant.id == current_tenant_id()).with_for_update(key_share=True)
    )


def _shorten_log_ins(idle_s: int) -> None:
    for row in db.session.scalars(
        select(LoginSession).where(LoginSession.kind == "web", LoginSession.ended_at.is_(None))
    ):
        row.idle_s = idle_s
        row.expires_at = row.seen_at + timedelta(seconds=idle_s)
    db.session.flush()


def _ask_for_second_step(policy: Policy, now: datetime) -> None:
    db.session.execute(update(LoginSession).where(LoginSession.ended_at.is_(None)).values(duty=""))
    has_one = select(SecondFactor.agent_id).where(SecondFactor.confirmed_at.is_not(None))
    roles = [role for role in ("admin", "agent") if policy.needs_two_step(is_admin=role == "admin")]
    if not roles:
        return
    without = select(Agent.id).where(Agent.role.in_(roles), Agent.id.not_in(has_one))
    db.session.execute(
        update(LoginSession)
        .where(
            LoginSession.kind == "web", LoginSession.ended_at.is_(None), LoginSession.agent_id.in_(without)
        )
        .values(duty="two_step")
        .execution_options(synchronize_session=False)
    )
    end_where((LoginSession.kind == "program") & LoginSession.agent_id.in_(without), "rules", now)


def _end_from_elsewhere(audience: str, now: datetime) -> None:
    """End the log-ins that came from where nobody of this kind may come from any more."""
    ranges = [row.cidr for row in list_ranges(audience)]
    members = select(Agent.id).where(Agent.role == audience)
    rows = db.session.execute(
        select(LoginSession.id, LoginSession.ip).where(
            LoginSession.ended_at.is_(None), LoginSession.agent_id.in_(members)
        )
    ).all()
    gone = [row.id for row in rows if not covers(ranges, row.ip)]
    if gone:
        end_where(LoginSession.id.in_(gone), "rules", now)
