"""Where the audit log's heads are written down outside the database, every hour: what a cut cannot reach.

The chain alone (audit.py) finds a changed row. It cannot find a tail that was cut off together with its head,
nor a chain computed anew by somebody who has the key: both look whole. So each company's head (its number and
MAC) is added to a file that the database's owner does not own, and to the process's log, from where it may
travel to another machine. `first_broken_entry(anchors=…)` compares the two.
A file a month, one JSON object a line: {"at", "tenant", "n", "mac"}. Lines are only ever added.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import select

from tenants.audit import AuditHead
from tenants.database import db, operator_scope

__all__ = ["Anchors", "anchor_heads", "folder", "read_anchors"]

log = structlog.get_logger()

#: By company: entry number → MAC.
Anchors = dict[int, dict[int, str]]
_PREFIX: Final = "audit-anchors-"
#: Beyond this many the process's log gets the number only; the file has them all.
LOGGED_EACH: Final = 1_000


def folder(storage_dir: Path) -> Path:
    """Where the anchors lie: in the processes' log folder."""
    return storage_dir / "log"


def anchor_heads(storage_dir: Path, now: datetime) -> int:
    """Write down every head that has moved since it was written down last; return how many."""
    known = read_anchors(storage_dir)
    newest = {tenant_id: max(found) for tenant_id, found in known.items()}
    with operator_scope("anchoring the audit heads"):
        heads = db.session.execute(select(AuditHead.tenant_id, AuditHead.n, AuditHead.mac)).all()
    moved = [(tenant_id, n, mac) for tenant_id, n, mac in heads if n and newest.get(tenant_id) != n]
    lines = [
        json.dumps({"at": now.isoformat(timespec="seconds"), "tenant": tenant_id, "n": n, "mac": mac})
        for tenant_id, n, mac in moved
    ]
    if lines:
        _append(folder(storage_dir) / f"{_PREFIX}{now:%Y-%m}.jsonl", lines)
    for tenant_id, n, mac in moved[:LOGGED_EACH]:
        log.info("audit_anchored", tenant_id=tenant_id, n=n, mac=mac)
    log.info("audit_heads_anchored", count=len(moved))
    return len(moved)


def read_anchors(storage_dir: Path) -> Anchors:
    """Everything that was written down; a line that was cut in the middle of being written is passed over."""
    found: Anchors = defaultdict(dict)
    for path in sorted(folder(storage_dir).glob(f"{_PREFIX}*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            try:
                said = json.loads(line)
                found[int(said["tenant"])].setdefault(int(said["n"]), str(said["mac"]))
            except (ValueError, KeyError, TypeError):
                log.warning("audit_anchor_unreadable", file=path.name)
    return dict(found)


def _append(path: Path, lines: list[str]) -> None:
    """Add lines and wait until the disk has them; the file is readable by its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, ("\n".join(lines) + "\n").encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
