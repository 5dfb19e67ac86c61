"""A page takes the bundle of its scripts only while that is what they are now."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from app.console.scripts import script_address
from ops.vendor_assets import digest_of_scripts


@pytest.fixture
def static(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of static files with one script and its bundle."""
    for folder in ("js/console", "vendor/console"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "view.js").write_text("1")
    made_of = digest_of_scripts(tmp_path / "js/console")
    (tmp_path / "vendor/console/sources.sha256").write_text(made_of)
    monkeypatch.setattr(app, "static_folder", str(tmp_path))
    return tmp_path


def address(app: Flask) -> str:
    with app.test_request_context():
        return script_address("view").partition("?")[0]


def test_it_takes_the_bundle_of_these_scripts(app: Flask, static: Path) -> None:
    assert address(app) == "/static/vendor/console/view.js"


def test_it_takes_the_modules_when_a_script_has_changed(app: Flask, static: Path) -> None:
    (static / "js/console/seal.js").write_text("new")
    assert address(app) == "/static/js/console/view.js"


@pytest.mark.parametrize("lost", ["view.js", "sources.sha256"])
def test_it_takes_the_modules_without_a_whole_bundle(app: Flask, static: Path, lost: str) -> None:
    (static / "vendor/console" / lost).unlink()
    assert address(app) == "/static/js/console/view.js"
