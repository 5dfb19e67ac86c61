"""The look of the Tk programs: the tokens of the product, its fonts, and the ttk styles made from them.

`apply(root)` makes the whole program look so; windows then name styles only. All boxes are pictures of our
own (drawing.py) in a ttk theme of our own, so nothing of Tk's grey is left. Styles that may be named:

    frames   TFrame (surface), Ground.TFrame, Line.TFrame (1 px lines); rounded: Card (on the ground),
             ActiveCard, Segments, Soft, and the notices Info, Waiting, Danger, Connected (.TFrame);
             "Ground." or "Surface." in front says on what the box stands: "Ground.Waiting.TFrame"
    labels   TLabel, Strong, Title, Big, Code, Small, SmallStrong, Large, LargeStrong, Soft, Primary,
             Connected, Waiting, Danger, SmallSoft, SmallPrimary, ... (.TLabel); in front of them where
             the label stands: "Ground.", "OnSoft.", "OnInfo.", "OnWaiting.", "OnDanger.", "OnConnected."
    buttons  TButton (secondary), Primary, Danger, DangerQuiet, Quiet, Link, Bar, BarDanger, Menu
             (.TButton); "Small." and "Large." in front: "Large.Primary.TButton"; and where they stand:
             "Ground.Quiet.TButton", "OnWaiting.Small.Primary.TButton"
    choices  TCheckbutton, TRadiobutton, Switch.TCheckbutton, Segment.TRadiobutton (in Segments.TFrame),
             Bar.TCheckbutton (a button that stays down)
    others   TEntry, TCombobox, Vertical/Horizontal.TScrollbar, Horizontal.TProgressbar,
             Horizontal.TScale, TSeparator
    fonts    BodyFont 15, StrongFont, TitleFont 20, BigFont 34, CodeFont 26, SmallFont 13, TinyFont 11,
             SmallStrongFont, LargeFont 18, LargeStrongFont

Lengths are px of a 96 dpi screen; `Theme.px` scales them to this one.
"""

from __future__ import annotations

import contextlib
import tkinter as tk
import tkinter.font as tkfont
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from tkinter import ttk
from typing import Literal

from PIL import Image, ImageTk

from desktop import drawing, fonts
from desktop.layout import publish_layout
from desktop.theme_styles import Styles

__all__ = [
    "DARK",
    "LIGHT",
    "Theme",
    "Tokens",
    "apply",
    "bind_alt",
    "contrast",
    "current",
    "keyed",
    "prepare",
    "publish_layout",
    "set_window_icon",
]


@dataclass(frozen=True, slots=True)
class Tokens:
    """Colours by meaning, as #RRGGBB. `on_x` is text on a fill of x, `x_soft` a tint under text in x.

    `x_ink` is x as text, where x itself (a token of the product) is lighter than 4.5 : 1 allows.
    """

    primary: str
    primary_hover: str
    primary_press: str
    primary_soft: str
    on_primary: str
    connected: str
    connected_ink: str
    connected_soft: str
    waiting: str
    waiting_ink: str
    waiting_soft: str
    danger: str
    danger_hover: str
    danger_soft: str
    on_danger: str
    ink: str
    soft_ink: str
    faint: str
    surface: str
    ground: str
    hover: str
    press: str
    line: str
    strong_line: str
    knob: str


LIGHT = Tokens(
    primary="#2457D6",
    primary_hover="#1D49B8",
    primary_press="#173D9E",
    primary_soft="#E9EFFC",
    on_primary="#FFFFFF",
    connected="#0B8A5A",
    connected_ink="#0A7A50",
    connected_soft="#E9F7F1",
    waiting="#B25E00",
    waiting_ink="#A05400",
    waiting_soft="#FFF8EC",
    danger="#C92A2A",
    danger_hover="#AB2222",
    danger_soft="#FDEEEE",
    on_danger="#FFFFFF",
    ink="#182433",
    soft_ink="#5B6B7F",
    faint="#9AA8B8",
    surface="#FFFFFF",
    ground="#F5F7FA",
    hover="#F0F3F7",
    press="#E7EBF1",
    line="#DCE1E8",
    strong_line="#B9C3CF",
    knob="#FFFFFF",
)
DARK = Tokens(
    primary="#7EA2FF",
    primary_hover="#97B4FF",
    primary_press="#B0C6FF",
    primary_soft="#22304F",
    on_primary="#0E1726",
    connected="#3DD598",
    connected_ink="#3DD598",
    connected_soft="#18362F",
    waiting="#FFB454",
    waiting_ink="#FFB454",
    waiting_soft="#3A2E1C",
    danger="#FF8787",
    danger_hover="#FF9F9F",
    danger_soft="#402528",
    on_danger="#2A0B0B",
    ink="#E6EAF0",
    soft_ink="#9AA8B8",
    faint="#66758A",
    surface="#1B2430",
    ground="#131A23",
    hover="#243040",
    press="#2C3A4D",
    line="#2C3846",
    strong_line="#465568",
    knob="#FFFFFF",
)


@dataclass(eq=False)
class Theme:
    """What `apply` made: the tokens, the scale of this screen, the font family, and a store of pictures.

    Tk forgets a picture that Python forgets, so every picture handed out is kept here.
    """

    root: tk.Misc
    tokens: Tokens
    scale: float
    family: str
    is_dark: bool
    pictures: dict[object, ImageTk.PhotoImage] = field(default_factory=dict)

    def px(self, length: float) -> int:
        """`length` px of a 96 dpi screen in px of this one."""
        return round(length * self.scale)

    def colour(self, token: str) -> str:
        """The colour of a token by name, or `token` itself when it is a colour already."""
        return token if token.startswith("#") else str(getattr(self.tokens, token))

    def icon(self, name: str, size: int = 18, colour: str = "ink") -> ImageTk.PhotoImage:
        """The icon `name` (desktop.drawing.ICONS) at `size` px in a token's colour."""
        value = self.colour(colour)
        return self.picture(
            ("icon", name, size, value), lambda: drawing.icon(name, max(8, self.px(size)), value)
        )

    def picture(self, key: object, draw: Callable[[], Image.Image]) -> ImageTk.PhotoImage:
        """The Tk picture kept under `key`, drawn at its first use."""
        if key not in self.pictures:
            self.pictures[key] = ImageTk.PhotoImage(draw(), master=self.root)
        return self.pictures[key]


_current: Theme | None = None


def prepare(program: str = "barohelp") -> None:
    """Before the first window: make fonts known, tell Windows that we scale ourselves."""
    fonts.register()
    with contextlib.suppress(AttributeError, OSError):
        import ctypes

        windows = ctypes.windll  # type: ignore[attr-defined,unused-ignore]
        windows.shcore.SetProcessDpiAwareness(1)
        windows.shell32.SetCurrentProcessExplicitAppUserModelID(program)


def apply(root: tk.Misc, dark: bool = False) -> Theme:
    """Give the program of `root` the product's look and return it; again with `dark` to change it."""
    global _current
    fonts.register()
    tokens = DARK if dark else LIGHT
    theme = Theme(root, tokens, _screen_scale(root), fonts.choose_family(tkfont.families(root)), is_dark=dark)
    _name_fonts(root, theme)
    style = ttk.Style(root)
    name = f"barohelp-{'dark' if dark else 'light'}"
    if name not in style.theme_names():
        style.theme_create(name, parent="clam")
        style.theme_use(name)
        Styles(theme, style).make()
        # The pictures belong to the ttk theme from now on, also when another window applies it again.
        _themes[(str(root.tk), name)] = theme
    else:
        style.theme_use(name)
        theme = _themes.get((str(root.tk), name), theme)
    _plain_tk_defaults(root, theme)
    _select_all_by_key(root)
    _current = theme
    return theme


def set_window_icon(window: tk.Tk, name: str) -> None:
    """Give the program of `window` its picture for title and task bars: the icon `name` on a tile."""
    look = current()
    c = look.tokens
    pictures = [
        look.picture(("app", name, size), partial(drawing.app_icon, name, size, LIGHT.primary, c.knob))
        for size in (64, 32, 16)
    ]
    window.iconphoto(True, *pictures)  # type: ignore[arg-type]


def _select_all_by_key(root: tk.Misc) -> None:
    """Ctrl+A selects everything in entries, as people know it; X11's own in Tk goes to the line's start."""
    if root.tk.call("tk", "windowingsystem") == "x11":
        root.event_delete("<<LineStart>>", "<Control-Key-a>")
        root.event_add("<<SelectAll>>", "<Control-Key-a>", "<Control-Lock-Key-A>")


_themes: dict[tuple[str, str], Theme] = {}


def current() -> Theme:
    """The theme that was applied last. Raises RuntimeError before `apply`."""
    if _current is None:
        raise RuntimeError("desktop.theme.apply has not been called")
    return _current


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two #RRGGBB colours, 1 to 21 (WCAG 2.2, relative luminance)."""

    def luminance(colour: str) -> float:
        parts = []
        for i in (1, 3, 5):
            value = int(colour[i : i + 2], 16) / 255
            parts.append(value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4)
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


# -- keys


def keyed(text: str, letter: str) -> dict[str, object]:
    """Options `text` and `underline` that show the mnemonic: "연결 수락 (A)", "Accept" with A underlined."""
    place = text.lower().find(letter.lower())
    if text.isascii() and place >= 0:
        return {"text": text, "underline": place}
    return {"text": f"{text} ({letter.upper()})", "underline": len(text) + 2}


def bind_alt(window: tk.Misc, letter: str, command: Callable[[], object]) -> None:
    """Call `command` on Alt+`letter` anywhere in `window`."""

    def pressed(_event: object) -> Literal["break"]:
        command()
        return "break"

    window.bind(f"<Alt-{letter.lower()}>", pressed)
    window.bind(f"<Alt-{letter.upper()}>", pressed)


# -- making the styles


def _screen_scale(root: tk.Misc) -> float:
    """Pixels per 1/96 inch in quarter steps, at least 1: a 100 dpi screen is drawn as 96."""
    return max(1.0, round(float(root.winfo_fpixels("1i")) / 96 * 4) / 4)


def _name_fonts(root: tk.Misc, theme: Theme) -> None:
    sizes: dict[str, tuple[int, Literal["normal", "bold"]]] = {
        "BodyFont": (15, "normal"),
        "StrongFont": (15, "bold"),
        "TitleFont": (20, "bold"),
        "BigFont": (34, "bold"),
        "CodeFont": (26, "bold"),
        "TinyFont": (11, "normal"),
        "SmallFont": (13, "normal"),
        "SmallStrongFont": (13, "bold"),
        "LargeFont": (18, "normal"),
        "LargeStrongFont": (18, "bold"),
    }
    known = set(tkfont.names(root))
    for name, (size, weight) in sizes.items():
        # A negative size is in px, whatever the screen says about its inches.
        font = tkfont.Font(root, name=name, exists=name in known, font=None)
        font.configure(family=theme.family, size=-theme.px(size), weight=weight)
        font.delete_font = False  # the name outlives this object
    for name in (
        "TkDefaultFont",
        "TkTextFont",
        "TkMenuFont",
        "TkHeadingFont",
        "TkCaptionFont",
        "TkTooltipFont",
    ):
        tkfont.nametofont(name, root).configure(family=theme.family, size=-theme.px(15), weight="normal")


def _plain_tk_defaults(root: tk.Misc, theme: Theme) -> None:
    """Colours for the few classic widgets (Toplevel, Canvas, Text, the list of a combobox)."""
    c = theme.tokens
    with contextlib.suppress(tk.TclError):
        root.configure(background=c.ground)  # type: ignore[call-arg]
    for pattern, value in (
        ("*Toplevel.background", c.ground),
        ("*Canvas.background", c.ground),
        ("*Canvas.highlightThickness", 0),
        ("*Text.background", c.surface),
        ("*Text.foreground", c.ink),
        ("*Text.insertBackground", c.ink),
        ("*Text.selectBackground", c.primary),
        ("*Text.selectForeground", c.on_primary),
        ("*Text.font", "BodyFont"),
        ("*Label.font", "BodyFont"),
        ("*TCombobox*Listbox.background", c.surface),
        ("*TCombobox*Listbox.foreground", c.ink),
        ("*TCombobox*Listbox.selectBackground", c.primary),
        ("*TCombobox*Listbox.selectForeground", c.on_primary),
        ("*TCombobox*Listbox.font", "BodyFont"),
        ("*TCombobox*Listbox.borderWidth", 0),
    ):
        root.option_add(pattern, value)
