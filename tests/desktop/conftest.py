"""A link thread that ends with its test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from desktop.connection import LinkThread


@pytest.fixture
def link() -> Iterator[LinkThread]:
    thread = LinkThread()
    thread.start()
    yield thread
    thread.stop()
    thread.join(5.0)
    assert not thread.is_alive()
