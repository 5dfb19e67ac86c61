"""The first minute on a strange machine: one clear sentence and exit code 2, or an environment that works."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from ops import setup
from ops.places import ROOT

TOOLS = ("sh", "dirname", "id", "rm", "echo", "cat")


@pytest.fixture
def bare_path(tmp_path: Path) -> Path:
    """A PATH with the plainest tools only: no Python, no apt-get, no sudo."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        (folder / tool).symlink_to(shutil.which(tool) or f"/bin/{tool}")
    return folder


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout that holds only what the first stage needs."""
    shutil.copytree(ROOT / "ops", tmp_path / "checkout" / "ops", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "checkout"


def first_stage(checkout: Path, path: Path, *before: str, pythons: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*before, "sh", str(checkout / "ops" / "setup")],
        env={"PATH": str(path), "BAROHELP_PYTHONS": pythons}, capture_output=True, text=True, check=False,
        timeout=30,
    )  # fmt: skip


def fake_python(folder: Path, version: str) -> str:
    """A python3 that is too old: it says its version and fails every question."""
    path = folder / "python3"
    path.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo "Python {version}" && exit 0\nexit 1\n')
    path.chmod(0o755)
    return str(path)


def test_it_names_the_python_that_is_too_old(checkout: Path, bare_path: Path) -> None:
    answer = first_stage(checkout, bare_path, pythons=fake_python(bare_path, "3.9.2"))
    assert answer.returncode == 2
    assert "Python 3.9.2" in answer.stderr
    assert "Python 3.11 or newer" in answer.stderr


def test_it_gives_the_administrator_one_apt_line(checkout: Path, bare_path: Path) -> None:
    answer = first_stage(checkout, bare_path, pythons="python3")
    assert answer.returncode == 2
    lines = [line for line in answer.stderr.splitlines() if "apt-get install" in line]
    assert len(lines) == 1
    assert lines[0].endswith("python3 python3-venv python3-tk")


def test_it_says_that_the_folder_cannot_be_written(checkout: Path, bare_path: Path) -> None:
    before: list[str] = []
    if os.geteuid() == 0:  # root may write anywhere, so somebody else tries
        for folder in (checkout, *checkout.parents[:-2]):
            folder.chmod(folder.stat().st_mode | stat.S_IROTH | stat.S_IXOTH)
        setpriv = shutil.which("setpriv")
        assert setpriv is not None
        before = [setpriv, "--reuid=65534", "--regid=65534", "--clear-groups"]
    else:
        checkout.chmod(0o555)
    answer = first_stage(checkout, bare_path, *before, pythons="python3")
    assert answer.returncode == 2
    assert "This folder cannot be written to" in answer.stderr


def test_it_makes_secrets_that_only_the_owner_reads(tmp_path: Path) -> None:
    setup.make_keys(tmp_path)
    path = tmp_path / "secrets.env"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [line.partition("=")[0] for line in path.read_text().splitlines()] == list(setup.SECRETS)
    assert (tmp_path / "keys" / "ticket_sign.pem").is_file()


def test_it_keeps_the_secrets_that_are_there(tmp_path: Path) -> None:
    path = tmp_path / "secrets.env"
    path.write_text("CODE_PEPPER=kept\n")
    setup._write_secrets(path)
    first = path.read_text()
    setup._write_secrets(path)
    assert path.read_text() == first
    assert first.startswith("CODE_PEPPER=kept\nSECRET_KEY=")


def test_it_sees_every_change_of_an_input(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("a")
    states = {setup.hash_of([one, two])}
    one.write_text("b")
    states.add(setup.hash_of([one, two]))
    two.write_text("")
    states.add(setup.hash_of([two, one], "more"))
    assert len(states) == 3


def test_it_names_what_works_no_more_without_a_package() -> None:
    for part in setup.SYSTEM_PARTS:
        assert part.korean
        assert part.english
        assert part.purposes <= {"setup", "run", "test", "program"}
