"""What is served of node_modules, and how the font is split."""

from __future__ import annotations

import gzip
import re

import pytest

from ops import vendor_assets
from ops.vendor_assets import COPIES, MODULES, TARGET, syllables_of_ks_x_1001, syllables_of_pages


def test_runs_of_letters_are_written_short() -> None:
    assert list(vendor_assets._ranges([0x41, 0x42, 0x43, 0x61, 0xAC00])) == ["U+41-43", "U+61", "U+AC00"]


def test_the_syllables_are_those_of_the_standard() -> None:
    syllables = syllables_of_ks_x_1001()
    assert (len(syllables), syllables[0], syllables[-1]) == (2350, "가", "힝")


def test_the_small_font_holds_what_pages_say() -> None:
    """A first visit in Korean needs one file."""
    assert set("원격지원을 시작합니다") - {" "} <= set(syllables_of_pages())
    css = TARGET / "pretendard" / "pretendard.css"
    if not css.exists():
        pytest.skip("front-end files are not fetched")
    core = re.search(r"core\.woff2.*?unicode-range:([^}]+)", css.read_text())
    assert core
    assert any(f"{ord('원'):X}" in part for part in core[1].split(","))


def test_every_file_is_there_and_compressed() -> None:
    if not MODULES.is_dir() or not TARGET.is_dir():
        pytest.skip("front-end files are not fetched")
    for source, target in COPIES.items():
        assert (MODULES / source).exists()
        assert (TARGET / target).exists()
    style = TARGET / "tabler" / "tabler.min.css"
    assert gzip.decompress(style.with_name("tabler.min.css.gz").read_bytes()) == style.read_bytes()


def test_a_missing_package_is_named(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(vendor_assets, "MODULES", tmp_path)
    with pytest.raises(FileNotFoundError, match="npm ci"):
        vendor_assets.copy_files()


def test_the_consoles_bundles_are_made_of_the_scripts_as_they_are() -> None:
    made_of = TARGET / "console" / "sources.sha256"
    if not made_of.exists():
        pytest.skip("front-end files are not bundled")
    for page in vendor_assets.CONSOLE_PAGES:
        bundle = TARGET / "console" / f"{page}.js"
        assert gzip.decompress(bundle.with_name(f"{page}.js.gz").read_bytes()) == bundle.read_bytes()
        assert "noVNC" in bundle.read_text("utf-8")[:100]
    assert len((TARGET / "console" / "view.js.gz").read_bytes()) < 90_000
