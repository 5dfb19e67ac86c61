"""Making, finding and revoking API keys, and noting that one was used."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from app.accounts.models import Attempt
from app.api.models import ApiKey
from app.api.rules import KEY_DAYS, MAX_KEYS, MAX_NAME, REQUESTS_PER_MINUTE, scopes_of
from app.errors import AppError, NotFound, TooManyAttempts
from tenants import audit
from tenants.audit import Actor
from tenants.bearer import make_bearer
from tenants.database import current_tenant_id, db
from tenants.resolve import get_tenant
from tenants.writing import writing

__all__ = ["KIND", "KeyRejected", "count_use", "create_key", "find_key", "list_keys", "revoke_key"]

#: The first word of the secret, by which people and scanners know it.
KIND: Final = "apikey"
#: A key's use is written down at most this often.
SEEN_EVERY: Final = timedelta(seconds=60)


class KeyRejected(AppError):
    """The key cannot be made so; the sentence says why."""

    status = 422
    code = "B-46"


def list_keys() -> Sequence[ApiKey]:
    """The keys that are not revoked, the newest first."""
    return db.session.scalars(
        select(ApiKey).where(ApiKey.revoked_at.is_(None)).order_by(ApiKey.id.desc())
    ).all()


def create_key(
    name: str, scopes: Sequence[str], *, days: int, by: Actor, now: datetime
) -> tuple[ApiKey, str]:
    """Make a key; return its row and its secret, which is shown once and kept nowhere. Raises KeyRejected."""
    name, granted = " ".join(name.split()), scopes_of(scopes)
    if not 1 <= len(name) <= MAX_NAME:
        raise KeyRejected(_l("키 이름을 1~40자로 적어 주십시오."))
    if not granted:
        raise KeyRejected(_l("이 키로 읽을 것을 하나 이상 골라 주십시오."))
    if days not in KEY_DAYS:
        raise KeyRejected(_l("쓸 수 있는 기간을 골라 주십시오."))
    secret, digest = make_bearer(KIND, get_tenant(current_tenant_id()).slug)
    with writing():
        live = select(func.count()).select_from(ApiKey).where(ApiKey.revoked_at.is_(None))
        if (db.session.scalar(live) or 0) >= MAX_KEYS:
            raise KeyRejected(_l("키는 20개까지 만들 수 있습니다. 쓰지 않는 키를 먼저 끊어 주십시오."))
        key = ApiKey(
            name=name,
            prefix=secret.rsplit(".", 1)[1][:6],
            secret_hash=digest,
            scopes=" ".join(granted),
            created_by=by.name,
            created_at=now,
            expires_at=now + timedelta(days=days) if days else None,
        )
        db.session.add(key)
        db.session.flush()
        data = {"name": name, "scopes": list(granted)}
        audit.record("api_key.created", f"api_key:{key.public_id}", data, by=by, at=now)
    return key, secret


def revoke_key(key: str, *, by: Actor, now: datetime) -> str:
    """Let a key open nothing more, from this moment; return its name. Raises NotFound."""
    with writing():
        row = db.session.scalar(
            select(ApiKey).where(ApiKey.public_id == key, ApiKey.revoked_at.is_(None)).with_for_update()
        )
        if row is None:
            raise NotFound
        row.revoked_at = now
        audit.record("api_key.revoked", f"api_key:{row.public_id}", {"name": row.name}, by=by, at=now)
    return row.name


def find_key(secret_hash: str, now: datetime) -> ApiKey | None:
    """The open company's key behind a secret, when it may be used; else None."""
    key = db.session.scalar(select(ApiKey).where(ApiKey.secret_hash == secret_hash))
    return key if key is not None and key.may_be_used(now) else None


def count_use(key_id: int, *, ip: str, now: datetime) -> int:
    """Count one request of a key; return how many are left in this minute. Raises TooManyAttempts."""
    minute = now.replace(second=0, microsecond=0)
    source = f"key:{key_id}"
    with writing():
        is_postgres = db.session.get_bind().dialect.name == "postgresql"
        insert = postgresql.insert(Attempt) if is_postgres else sqlite.insert(Attempt)
        count = db.session.scalar(
            insert.values(
                kind="api",
                source=source,
                tenant_id=current_tenant_id(),
                window_start=minute,
                count=1,
                last_at=now,
            )
            .on_conflict_do_update(
                index_elements=["kind", "source", "tenant_id", "window_start"],
                set_={"count": Attempt.count + 1, "last_at": now},
            )
            .returning(Attempt.count)
        )
        if count == 1:
            _forget_minutes(source, minute)
        key = db.session.get(ApiKey, key_id)
        if key is not None and (key.last_used_at is None or now - key.last_used_at > SEEN_EVERY):
            key.last_used_at, key.last_ip = now, ip
    left = REQUESTS_PER_MINUTE - (count or 0)
    if left < 0:
        raise TooManyAttempts(
            _l(
                "1분에 %(most)d번까지 물을 수 있습니다. 잠시 뒤에 다시 물어 주십시오.",
                most=REQUESTS_PER_MINUTE,
            ),
            retry_after_s=max(1, 60 - now.second),
        )
    return left


def _forget_minutes(source: str, minute: datetime) -> None:
    db.session.execute(
        delete(Attempt).where(
            Attempt.kind == "api",
            Attempt.source == source,
            Attempt.tenant_id == current_tenant_id(),
            Attempt.window_start < minute,
        )
    )
