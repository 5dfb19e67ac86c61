"""The look: colours that can be read, styles that exist, layouts that are published."""

from __future__ import annotations

import json
import os
import tkinter as tk
from dataclasses import replace
from pathlib import Path
from tkinter import ttk

import numpy as np
import pytest

from desktop import drawing, fonts, theme
from desktop.layout import publish_layout
from desktop.theme import DARK, LIGHT, Tokens, contrast, keyed
from desktop.tip_window import Tip
from tests.tk_windows import _one_root, display, look, pump_until, root

__all__ = ["_one_root", "display", "look", "root"]

PAIRS = [
    ("ink", "surface"),
    ("ink", "ground"),
    ("ink", "hover"),
    ("ink", "press"),
    ("soft_ink", "surface"),
    ("soft_ink", "ground"),
    ("soft_ink", "press"),
    ("primary", "surface"),
    ("primary", "ground"),
    ("primary", "primary_soft"),
    ("on_primary", "primary"),
    ("on_primary", "primary_hover"),
    ("on_danger", "danger"),
    ("connected_ink", "surface"),
    ("connected_ink", "ground"),
    ("connected_ink", "connected_soft"),
    ("waiting_ink", "surface"),
    ("waiting_ink", "waiting_soft"),
    ("danger", "surface"),
    ("danger", "danger_soft"),
    ("danger", "ground"),
    ("waiting_ink", "ground"),
]


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_it_can_be_read(tokens: Tokens, text: str, ground: str) -> None:
    assert contrast(getattr(tokens, text), getattr(tokens, ground)) >= 4.5


def test_it_measures_contrast_as_wcag_does() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(
    ("text", "letter", "shown", "underline"),
    [("연결 수락", "a", "연결 수락 (A)", 7), ("Accept", "a", "Accept", 0), ("End", "q", "End (Q)", 5)],
)
def test_it_shows_the_key(text: str, letter: str, shown: str, underline: int) -> None:
    assert keyed(text, letter) == {"text": shown, "underline": underline}


def test_it_widens_a_box_by_its_middle_alone() -> None:
    small = drawing.box(24, 24, 8, "#2457D6", "#101010")
    wide = np.asarray(drawing.widen(small, 120))
    assert wide.shape == (144, 144, 4)
    assert (np.delete(np.delete(wide, slice(12, 132), 0), slice(12, 132), 1) == np.asarray(small)).all()
    assert (wide[10:-10, 10:-10] == (0x24, 0x57, 0xD6, 255)).all()


def test_a_frame_is_filled_by_few_copies(look: theme.Theme) -> None:
    """Each copy is blended on its own: a middle of four pixels made a window take a second to draw."""
    sides = [
        picture.width()
        for key, picture in look.pictures.items()
        if isinstance(key, tuple) and key[0] == "box"
    ]
    assert len(sides) > 10
    assert min(sides) >= 120


@pytest.mark.parametrize("name", sorted(drawing.ICONS))
def test_it_draws_every_icon_in_its_colour(name: str) -> None:
    picture = np.asarray(drawing.icon(name, 48, "#2457D6")).astype(int)
    solid = picture[picture[..., 3] > 240]
    assert len(solid) > 20
    assert abs(solid[:, :3] - (0x24, 0x57, 0xD6)).max() <= 2


def test_it_prefers_its_own_family() -> None:
    assert fonts.choose_family({"Noto Sans CJK KR", fonts.FAMILY}) == fonts.FAMILY
    assert fonts.choose_family({"Noto Sans CJK KR", "Arial"}) == "Noto Sans CJK KR"
    assert fonts.choose_family({"Arial"}) == "TkDefaultFont"


@pytest.mark.display
def test_it_brings_its_own_font(look: theme.Theme) -> None:
    assert look.family == fonts.FAMILY


@pytest.mark.display
@pytest.mark.parametrize(
    "style",
    ["Primary.TButton", "Danger.TButton", "Quiet.TButton", "Large.Primary.TButton", "Switch.TCheckbutton"],
)
@pytest.mark.usefixtures("look")
def test_it_has_the_promised_styles(root: tk.Tk, style: str) -> None:
    kind = ttk.Button if style.endswith("TButton") else ttk.Checkbutton
    widget = kind(root, text="연결 수락", style=style)
    widget.pack()
    root.update()
    assert widget.winfo_reqwidth() > 40
    assert str(ttk.Style(root).lookup(style, "background")).upper() in (LIGHT.surface, LIGHT.ground)


@pytest.mark.display
def test_it_turns_dark_and_back(root: tk.Tk) -> None:
    assert theme.apply(root, dark=True).tokens == DARK
    assert ttk.Style(root).lookup("TLabel", "foreground") == DARK.ink
    assert theme.apply(root).tokens == LIGHT
    assert ttk.Style(root).lookup("TLabel", "foreground") == LIGHT.ink


@pytest.mark.display
def test_it_keeps_pictures_alive(look: theme.Theme) -> None:
    first = look.icon("check", 16, "connected")
    assert look.icon("check", 16, "connected") is first
    assert look.icon("check", 16, "danger") is not first


@pytest.mark.display
def test_it_publishes_where_widgets_are(
    root: tk.Tk, look: theme.Theme, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BAROHELP_UI_MAP", str(tmp_path))
    window = tk.Toplevel(root)
    window.title("제목")
    button = ttk.Button(window, text="눌러")
    button.pack()
    hidden = ttk.Label(window)
    publish_layout(window, "login", {"submit": button, "hidden": hidden})
    file = tmp_path / f"{os.getpid()}-login.json"

    def published() -> bool:
        return file.exists() and "submit" in json.loads(file.read_text())["widgets"]

    pump_until(root, published, "the layout")
    layout = json.loads(file.read_text())
    assert layout["title"] == "제목"
    assert layout["widgets"] == {
        "submit": [button.winfo_rootx(), button.winfo_rooty(), button.winfo_width(), button.winfo_height()]
    }
    window.destroy()
    assert not file.exists()


@pytest.mark.display
def test_it_publishes_nothing_unless_asked(
    root: tk.Tk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BAROHELP_UI_MAP", raising=False)
    publish_layout(root, "login", {})
    root.update()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.display
def test_it_keeps_a_tip_on_the_screen(root: tk.Tk, look: theme.Theme) -> None:
    window = tk.Toplevel(root)
    window.geometry("200x40+1390+900")
    button = ttk.Button(window, text="끝")
    button.pack()
    pump_until(root, button.winfo_viewable, "the button")
    tip = Tip(button, "아주 길고 긴 설명이 여기에 들어갑니다. 화면 밖으로 나가면 안 됩니다.", "Ctrl+Alt+R")
    tip.show()
    root.update()
    shown = next(child for child in button.winfo_children() if isinstance(child, tk.Toplevel))
    assert shown.winfo_rootx() + shown.winfo_width() <= root.winfo_screenwidth()
    assert shown.winfo_rooty() + shown.winfo_height() <= root.winfo_screenheight()


def test_tokens_can_be_replaced_for_a_brand() -> None:
    assert replace(LIGHT, primary="#123456").ink == LIGHT.ink
