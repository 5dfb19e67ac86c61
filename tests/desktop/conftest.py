"""A link thread that ends with its test, and the keys of real relays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.connection import LinkThread
from relay.keys import write_key_pair


@pytest.fixture
def link() -> Iterator[LinkThread]:
    thread = LinkThread()
    thread.start()
    yield thread
    thread.stop()
    thread.join(5.0)
    assert not thread.is_alive()


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the web half's signing key and the one that relays verify with."""
    folder = tmp_path_factory.mktemp("relay-keys")
    write_key_pair(folder)
    return folder
