"""The console's scripts in node: the seal on the shared vectors, and the rules of every part."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.app.console.pages import ROOT

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="no node on this machine")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What node says."""
    assert NODE is not None
    command = [NODE, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_the_browsers_seal_makes_the_same_bytes() -> None:
    """tests/vectors/seal.json, by app/static/js/console/seal.js itself."""
    ended = run("tests/vectors/console_seal.mjs")
    assert (ended.stdout.strip(), ended.returncode) == ("agreed", 0), ended.stderr


def test_the_scripts_keep_their_rules() -> None:
    ended = run("--test", "tests/app/console/js/")
    assert ended.returncode == 0, ended.stdout
    assert "# fail 0" in ended.stdout
    assert "# pass 0" not in ended.stdout


@pytest.mark.parametrize("name", ["view", "board", "screen", "keyboard", "sheets", "touch", "words", "page"])
def test_the_scripts_for_a_page_can_be_read(name: str) -> None:
    """They need a browser to run, and are played in the flows; a slip of the pen shows here already."""
    ended = run("--check", f"app/static/js/console/{name}.js")
    assert ended.returncode == 0, ended.stderr
