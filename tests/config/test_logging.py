"""Logs: no secrets, no floods."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import structlog

from config.logging import MAX_VALUE, SECRET_FIELDS, configure, leave_out_secrets
from tests.conftest import make_settings


@pytest.fixture
def put_back() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_it_leaves_out_secrets_and_cuts_long_values() -> None:
    event = leave_out_secrets(
        None, "", {"event": "x", "path": "a" * 2000, **dict.fromkeys(SECRET_FIELDS, "s3cret")}
    )
    assert "s3cret" not in str(event)
    assert len(event["path"]) < MAX_VALUE + 40


@pytest.mark.usefixtures("put_back")
def test_production_writes_json_for_our_events_and_for_libraries(tmp_path: Path) -> None:
    configure(replace(make_settings(tmp_path), environment="production"))
    written = io.StringIO()
    logging.getLogger().handlers[0].setStream(written)  # type: ignore[attr-defined]
    structlog.get_logger().info("log_in_granted", tenant_id=7, token="s3cret")
    logging.getLogger("library").warning("disk %s", "full")
    ours, theirs = (json.loads(line) for line in written.getvalue().splitlines())
    assert (ours["event"], ours["tenant_id"], ours["level"]) == ("log_in_granted", 7, "info")
    assert (theirs["event"], theirs["level"]) == ("disk full", "warning")
    assert "s3cret" not in written.getvalue()
