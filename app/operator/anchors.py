"""Where the operators' log ends, written down outside the database every hour: what a cut cannot reach.

The chain finds a changed entry. A tail that was cut off together with its head, or a chain computed anew by
somebody who has the key, look whole; they are found by comparing with these lines. As for the companies' logs
(tenants/anchors.py), in a file of its own beside theirs.
"""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Final

import structlog

from app.operator.models import OperatorAuditHead
from tenants.anchors import folder
from tenants.database import db

__all__ = ["anchor_head", "read_anchors"]

log = structlog.get_logger()

_FILE: Final = "operator-anchors.jsonl"


def anchor_head(storage_dir: Path, now: datetime) -> bool:
    """Write the head down when it has moved since the last time; return whether it had."""
    head = db.session.get(OperatorAuditHead, 1, populate_existing=True)
    n, mac = (head.n, head.mac) if head else (0, "")
    db.session.rollback()
    if n == max(read_anchors(storage_dir), default=0):
        return False
    path = folder(storage_dir) / _FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps({"at": now.isoformat(timespec="seconds"), "n": n, "mac": mac})
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())
    log.info("operator_audit_anchored", n=n, mac=mac)
    return True


def read_anchors(storage_dir: Path) -> dict[int, str]:
    """Entry numbers and their MACs as they were written down; the first word counts."""
    path = folder(storage_dir) / _FILE
    found: dict[int, str] = {}
    for line in path.read_text("utf-8").splitlines() if path.exists() else ():
        try:
            said = json.loads(line)
            found.setdefault(int(said["n"]), str(said["mac"]))
        except (ValueError, KeyError, TypeError):
            log.warning("operator_anchor_unreadable")
    return found
