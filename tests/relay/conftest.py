"""Keys once for all tests here, and a relay process for each module that asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from relay.keys import write_key_pair
from tests.relay.processes import RelayProcess


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    write_key_pair(folder)
    return folder


@pytest.fixture(scope="module")
def relay(keys: Path) -> Iterator[RelayProcess]:
    with RelayProcess(keys) as process:
        yield process
