"""What can be counted of the look: contrast of every pair of colours that text uses, weight of a page."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
CSS = (ROOT / "app/static/css/barohelp.css").read_text("utf-8")
#: Text on its background.
PAIRS = [
    ("ink", "ground"),
    ("ink", "surface"),
    ("soft-ink", "ground"),
    ("soft-ink", "surface"),
    ("soft-ink", "primary-soft"),
    ("primary", "ground"),
    ("primary", "surface"),
    ("primary", "primary-soft"),
    ("on-primary", "primary"),
    ("on-primary", "primary-strong"),
    ("connected", "connected-soft"),
    ("waiting", "waiting-soft"),
    ("danger", "danger-soft"),
    ("danger", "surface"),
]


def tokens(theme: str) -> dict[str, str]:
    """The colours of a theme: what the block of this theme says over what the light one says."""
    start = ":root {" if theme == "light" else '[data-bs-theme="dark"] {'
    block = CSS.split(start, 1)[1].split("}", 1)[0]
    found = dict(re.findall(r"--bh-([a-z-]+): (#[0-9a-f]{6});", block))
    return found if theme == "light" else tokens("light") | found


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("text", "background"), PAIRS)
def test_text_can_be_read(theme: str, text: str, background: str) -> None:
    colours = tokens(theme)
    assert contrast(colours[text], colours[background]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_fields_can_be_seen(theme: str) -> None:
    colours = tokens(theme)
    assert contrast(colours["field-line"], colours["surface"]) >= 3


def test_a_page_is_light(client) -> None:
    """Without fonts at most 200 KB travel (decision of the design); the first visit's font at most 200 KB."""
    page = client.get("/manage/login").text
    files = re.findall(r'(?:href|src)="/static/([^"?]+\.(?:css|js))', page)
    assert "css/barohelp.css" in files
    sizes = [
        len(gzip.compress((ROOT / "app/static" / file).read_bytes())) for file in files if _is_there(file)
    ]
    assert sum(sizes) + len(gzip.compress(page.encode())) <= 200_000
    font = ROOT / "app/static/vendor/pretendard/pretendard-core.woff2"
    if font.exists():
        assert font.stat().st_size <= 200_000


def _is_there(file: str) -> bool:
    return (ROOT / "app/static" / file).is_file()
