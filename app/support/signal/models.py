"""Tables of the signal socket: numbered messages per stream, tickets of the door, commands already done."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import BIGINT, Model, TenantOwned, TenantStamped, now_utc, public_id, tenant_fk
from tenants.indexes import due_index

#: The console's list of slots, as a page.
BOARD = "console"
#: Streams of these pages wait for customers; the others show one support session.
WAITING_PAGES = ("", BOARD)


class SignalStream(TenantOwned, Model):
    """What one program is told, in order. It belongs to a log-in or to a customer program's credential.

    In a browser each page is a program of its own: `page` tells them apart. `socket_id` names the one socket
    that may speak for it now; a new socket overwrites it and the old one closes.
    """

    __tablename__ = "signal_stream"

    public_id: Mapped[str] = mapped_column(String(26), default=public_id, unique=True)
    owner_kind: Mapped[str] = mapped_column(String(12))
    login_session_id: Mapped[int | None] = mapped_column(BIGINT)
    program_credential_id: Mapped[int | None] = mapped_column(BIGINT)
    #: "" for a program, BOARD for the console's list, else the public id of the support session it shows.
    page: Mapped[str] = mapped_column(String(26), default="", server_default="")
    #: The number the next durable message takes; raised in the transaction that stores it.
    next_n: Mapped[int] = mapped_column(BIGINT, default=1)
    acked_n: Mapped[int] = mapped_column(BIGINT, default=0)
    socket_id: Mapped[str | None] = mapped_column(String(26))
    #: Renewed by the web worker that holds the socket; an old one means that the worker died.
    seen_at: Mapped[datetime | None]
    agent_state: Mapped[str] = mapped_column(String(12), default="online")
    changed_at: Mapped[datetime] = mapped_column(default=now_utc)

    __table_args__ = (
        tenant_fk("login_session_id", "login_session"),
        tenant_fk("program_credential_id", "program_credential"),
        CheckConstraint("owner_kind IN ('agent', 'customer')", name="owner_kind"),
        CheckConstraint(
            "agent_state IN ('online', 'busy', 'connecting', 'away', 'offline')", name="agent_state"
        ),
        CheckConstraint(
            "(owner_kind = 'agent') = (login_session_id IS NOT NULL)"
            " AND (owner_kind = 'customer') = (program_credential_id IS NOT NULL)",
            name="owner",
        ),
        Index(
            "uq_signal_stream_login",
            "tenant_id",
            "login_session_id",
            "page",
            unique=True,
            sqlite_where=text("login_session_id IS NOT NULL"),
            postgresql_where=text("login_session_id IS NOT NULL"),
        ),
        Index(
            "uq_signal_stream_credential",
            "tenant_id",
            "program_credential_id",
            unique=True,
            sqlite_where=text("program_credential_id IS NOT NULL"),
            postgresql_where=text("program_credential_id IS NOT NULL"),
        ),
        Index("ix_signal_stream_changed", "tenant_id", "changed_at"),
        due_index("ix_signal_stream_held", "seen_at", "socket_id IS NOT NULL"),
        due_index("ix_signal_stream_news", "changed_at"),
    )


class SignalMessage(TenantStamped, Model):
    """One durable message, kept until it is acknowledged and ten minutes more."""

    __tablename__ = "signal_message"

    stream_id: Mapped[int] = mapped_column(BIGINT, primary_key=True)
    n: Mapped[int] = mapped_column(BIGINT, primary_key=True, autoincrement=False)
    body: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(default=now_utc)

    __table_args__ = (
        tenant_fk("stream_id", "signal_stream"),
        Index("ix_signal_message_at", "tenant_id", "at"),
    )


class SignalTicket(TenantOwned, Model):
    """Lets one program through the door of the signal socket, once, within a minute."""

    __tablename__ = "signal_ticket"

    hash: Mapped[str] = mapped_column(String(64), unique=True)
    stream_id: Mapped[int] = mapped_column(BIGINT)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    __table_args__ = (tenant_fk("stream_id", "signal_stream"),)


class CommandSeen(TenantStamped, Model):
    """The answer that a command got, so that the same id again is not done again."""

    __tablename__ = "command_seen"

    stream_id: Mapped[int] = mapped_column(BIGINT, primary_key=True)
    client_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    answer: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(default=now_utc)

    __table_args__ = (tenant_fk("stream_id", "signal_stream"), Index("ix_command_seen_at", "tenant_id", "at"))


__all__ = ["BOARD", "WAITING_PAGES", "CommandSeen", "SignalMessage", "SignalStream", "SignalTicket"]
