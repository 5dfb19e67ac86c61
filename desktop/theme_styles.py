"""The ttk styles of the look, made from pictures of drawing.py; desktop.theme lists their names.

One `Styles` makes one ttk theme (light or dark) once in a Tk program. Numbers are px of a 96 dpi screen.
"""

from __future__ import annotations

from collections.abc import Callable
from tkinter import ttk
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageTk

from desktop import drawing

if TYPE_CHECKING:
    from desktop.theme import Theme

__all__ = ["Styles"]

Picture = ImageTk.PhotoImage
_GROW = {"sticky": "nsew"}
_BOX_MIDDLE = 120  # what is repeated to fill a box, px: the larger, the fewer copies


def _nest(*elements: str) -> list[Any]:
    """A ttk layout of elements inside each other, outermost first, all growing."""
    layout: list[Any] = []
    for element in reversed(elements):
        layout = [(element, {**_GROW, "children": layout} if layout else dict(_GROW))]
    return layout


class Styles:
    """Makes the elements and styles of the ttk theme that is in use."""

    def __init__(self, theme: Theme, style: ttk.Style) -> None:
        self.theme = theme
        self.style = style
        self.c = theme.tokens
        self.px = theme.px

    def make(self) -> None:
        """Make everything; the theme in use must be new and empty."""
        c = self.c
        self.style.configure(
            ".",
            background=c.surface,
            foreground=c.ink,
            font="BodyFont",
            borderwidth=0,
            focuscolor=c.primary,
            selectbackground=c.primary,
            selectforeground=c.on_primary,
            insertcolor=c.ink,
            troughcolor=c.press,
            bordercolor=c.line,
            lightcolor=c.surface,
            darkcolor=c.surface,
        )
        self.style.map(".", foreground=[("disabled", c.faint)])
        self._frames()
        self._labels()
        self._buttons()
        self._entries()
        self._marks()
        self._stay_down()
        self._scrollbars()
        self._bars()

    # -- pictures and elements

    def _box(
        self, fill: str | None, border: str | None = None, *, radius: float = 8, border_width: float = 1
    ) -> Picture:
        side, scale = self._least(radius), self.theme.scale

        def draw() -> Image.Image:
            small = drawing.box(side, side, radius * scale, fill, border, border_width=border_width * scale)
            return drawing.widen(small, self.px(_BOX_MIDDLE))

        return self.theme.picture(("box", fill, border, radius, border_width), draw)

    def _least(self, radius: float) -> int:
        """The side of the smallest box with such corners, px of the screen."""
        return self.px(radius * 2 + 8)

    def _ring(self, fill: str | None, colour: str) -> Picture:
        return self._box(fill, colour, border_width=2)

    def _box_element(self, name: str, normal: Picture, *states: Any, radius: float = 8) -> None:
        least = self._least(radius)
        self.style.element_create(
            name,
            "image",
            normal,
            *states,
            border=self.px(radius) + 2,
            sticky="nsew",
            padding=0,
            width=least,
            height=least,
        )

    def _layout(self, style: str, layout: list[Any]) -> None:
        self.style.layout(style, layout)

    def _padding(self, across: float, down: float) -> tuple[int, int]:
        return (self.px(across), self.px(down))

    # -- frames and labels

    def _frames(self) -> None:
        c = self.c
        for name, background in (("", c.surface), ("Ground.", c.ground), ("Line.", c.line)):
            self.style.configure(f"{name}TFrame", background=background)
        boxes = {
            "Card": (c.surface, c.line, c.ground),
            "ActiveCard": (c.surface, c.primary, c.ground),
            "Segments": (c.press, None, c.ground),
            "Soft": (c.ground, None, c.surface),
            "Info": (c.primary_soft, None, c.surface),
            "Waiting": (c.waiting_soft, None, c.surface),
            "Danger": (c.danger_soft, None, c.surface),
            "Connected": (c.connected_soft, None, c.surface),
        }
        for name, (fill, border, behind) in boxes.items():
            self._box_element(f"{name}.box", self._box(fill, border, radius=10), radius=10)
            for ground, background in (("", behind), ("Ground.", c.ground), ("Surface.", c.surface)):
                self.style.layout(f"{ground}{name}.TFrame", _nest(f"{name}.box"))
                self.style.configure(f"{ground}{name}.TFrame", background=background)

    def _labels(self) -> None:
        c = self.c
        looks: dict[str, tuple[str, str]] = {
            "": (c.ink, "BodyFont"),
            "Strong.": (c.ink, "StrongFont"),
            "Title.": (c.ink, "TitleFont"),
            "Big.": (c.ink, "BigFont"),
            "Code.": (c.ink, "CodeFont"),
            "Small.": (c.ink, "SmallFont"),
            "SmallStrong.": (c.ink, "SmallStrongFont"),
            "Large.": (c.ink, "LargeFont"),
            "LargeStrong.": (c.ink, "LargeStrongFont"),
        }
        for name, colour in (
            ("Soft", c.soft_ink),
            ("Primary", c.primary),
            ("Connected", c.connected_ink),
            ("Waiting", c.waiting_ink),
            ("Danger", c.danger),
        ):
            looks[f"{name}."] = (colour, "BodyFont")
            looks[f"Small{name}."] = (colour, "SmallFont")
        grounds = {
            "": c.surface,
            "Ground.": c.ground,
            "OnSoft.": c.ground,
            "OnInfo.": c.primary_soft,
            "OnWaiting.": c.waiting_soft,
            "OnDanger.": c.danger_soft,
            "OnConnected.": c.connected_soft,
        }
        for ground, background in grounds.items():
            for look, (foreground, font) in looks.items():
                self.style.configure(
                    f"{ground}{look}TLabel", background=background, foreground=foreground, font=font
                )

    # -- buttons

    def _buttons(self) -> None:
        c = self.c
        normal = (self._box(c.surface, c.strong_line), self._box(c.hover, c.strong_line))
        self._button(
            "TButton",
            (*normal, self._box(c.press, c.strong_line), self._ring(c.surface, c.primary)),
            c.ink,
            disabled=self._box(c.surface, c.line),
        )
        primary = (
            self._box(c.primary),
            self._box(c.primary_hover),
            self._box(c.primary_press),
            self._ring(c.primary, c.ink),
        )
        danger = (
            self._box(c.danger),
            self._box(c.danger_hover),
            self._box(c.danger_hover),
            self._ring(c.danger, c.ink),
        )
        quiet = (self._box(None), self._box(c.hover), self._box(c.press), self._ring(None, c.primary))
        grey = self._box(c.press)
        self._button("Primary.TButton", primary, c.on_primary, disabled=grey, font="StrongFont")
        self._button("Danger.TButton", danger, c.on_danger, disabled=grey, font="StrongFont")
        self._button("Quiet.TButton", quiet, c.ink)
        self._button("Link.TButton", quiet, c.primary, font="SmallFont", padding=(6, 4))
        self._button("Bar.TButton", quiet, c.ink, font="SmallFont", padding=(9, 6))
        self._button("Menu.TButton", quiet, c.ink, font="SmallFont", padding=(10, 7), anchor="w")
        self._button(
            "DangerQuiet.TButton",
            (
                self._box(None),
                self._box(c.danger_soft),
                self._box(c.danger_soft),
                self._ring(None, c.danger),
            ),
            c.danger,
        )
        self._button(
            "BarDanger.TButton",
            danger,
            c.on_danger,
            disabled=grey,
            font="SmallStrongFont",
            padding=(11, 6),
        )
        self._button_sizes()

    def _button(
        self,
        style: str,
        boxes: tuple[Picture, Picture, Picture, Picture],
        foreground: str,
        *,
        disabled: Picture | None = None,
        font: str = "BodyFont",
        padding: tuple[int, int] = (14, 9),
        anchor: str = "center",
    ) -> None:
        """`boxes` are normal, under the pointer, pressed, with the keyboard on it."""
        normal, hover, press, focus = boxes
        self._box_element(
            f"{style}.box",
            normal,
            ("disabled", disabled or self._box(None)),
            ("pressed", press),
            ("selected", press),
            ("focus", focus),
            ("active", hover),
        )
        self.style.layout(style, _nest(f"{style}.box", "Button.padding", "Button.label"))
        self.style.configure(
            style,
            foreground=foreground,
            background=self.c.surface,
            font=font,
            anchor=anchor,
            padding=self._padding(*padding),
            shiftrelief=0,
        )
        self.style.map(
            style, foreground=[("disabled", self.c.soft_ink if disabled else self.c.faint)], background=[]
        )

    def _button_sizes(self) -> None:
        c = self.c
        for kind in ("", "Primary.", "Danger.", "Quiet.", "DangerQuiet."):
            strong = kind in ("Primary.", "Danger.")
            self.style.configure(
                f"Small.{kind}TButton",
                font="SmallStrongFont" if strong else "SmallFont",
                padding=self._padding(10, 6),
            )
            self.style.configure(
                f"Large.{kind}TButton",
                font="LargeStrongFont" if strong else "LargeFont",
                padding=self._padding(20, 15),
            )
            for ground, background in (
                ("Ground", c.ground),
                ("OnInfo", c.primary_soft),
                ("OnWaiting", c.waiting_soft),
                ("OnDanger", c.danger_soft),
                ("OnConnected", c.connected_soft),
            ):
                for size in ("", "Small.", "Large."):
                    self.style.configure(f"{ground}.{size}{kind}TButton", background=background)
        self.style.configure("Ground.Link.TButton", background=c.ground)

    # -- fields and choices

    def _entries(self) -> None:
        c = self.c
        self._box_element(
            "Field.box",
            self._box(c.surface, c.strong_line),
            ("disabled", self._box(c.hover, c.line)),
            ("invalid", self._ring(c.surface, c.danger)),
            ("focus", self._ring(c.surface, c.primary)),
        )
        self.style.layout("TEntry", _nest("Field.box", "Entry.padding", "Entry.textarea"))
        self.style.element_create("Field.arrow", "image", self.theme.icon("down", 16, "soft_ink"), sticky="")
        inside = [
            ("Field.arrow", {"side": "right", "sticky": ""}),
            *_nest("Combobox.padding", "Combobox.textarea"),
        ]
        self._layout("TCombobox", [("Field.box", {**_GROW, "children": inside})])
        for name in ("TEntry", "TCombobox"):
            self.style.configure(
                name,
                padding=self._padding(12, 9),
                foreground=c.ink,
                background=c.surface,
                fieldbackground=c.surface,
            )
            self.style.configure(f"Ground.{name}", background=c.ground)

    def _marks(self) -> None:
        c = self.c
        size = self.px(18)

        def mark(kind: Callable[..., Image.Image], *colours: str | None) -> Picture:
            return self.theme.picture((kind.__name__, *colours), lambda: kind(size, *colours))

        for name, kind in (("TCheckbutton", drawing.check_mark), ("TRadiobutton", drawing.radio_mark)):
            is_box = kind is drawing.check_mark
            chosen, tick = (c.primary, c.on_primary) if is_box else (c.surface, c.primary)
            self._mark_element(
                name,
                (size, size),
                mark(kind, c.surface, c.soft_ink, None),
                ("disabled", "selected", mark(kind, c.strong_line, c.strong_line, c.surface)),
                ("disabled", mark(kind, c.hover, c.strong_line, None)),
                ("selected", "focus", mark(kind, chosen, c.ink, tick)),
                ("selected", mark(kind, chosen, c.primary, tick)),
                ("focus", mark(kind, c.surface, c.primary, None)),
            )
        width, height = self.px(38), self.px(22)

        def switch(track: str, on: bool, ring: str | None = None) -> Picture:
            return self.theme.picture(
                ("switch", track, on, ring),
                lambda: drawing.switch(width, height, track, c.knob, on=on, ring=ring),
            )

        self._mark_element(
            "Switch.TCheckbutton",
            (width, height),
            switch(c.soft_ink, False),
            ("disabled", "selected", switch(c.strong_line, True)),
            ("disabled", switch(c.strong_line, False)),
            ("selected", "focus", switch(c.primary, True, c.ink)),
            ("selected", switch(c.primary, True)),
            ("focus", switch(c.soft_ink, False, c.primary)),
        )

    def _mark_element(self, style: str, size: tuple[int, int], normal: Picture, *states: Any) -> None:
        self.style.element_create(
            f"{style}.mark",
            "image",
            normal,
            *states,
            sticky="w",
            width=size[0] + self.px(9),
            height=size[1],
        )
        parts = [
            (f"{style}.mark", {"side": "left", "sticky": ""}),
            ("Checkbutton.label", {"side": "left", **_GROW}),
        ]
        self._layout(style, [("Checkbutton.padding", {**_GROW, "children": parts})])
        self.style.configure(
            style, background=self.c.surface, foreground=self.c.ink, padding=self._padding(0, 4)
        )
        self.style.map(style, background=[], foreground=[("disabled", self.c.faint)])
        self.style.configure(f"Ground.{style}", background=self.c.ground)
        self.style.configure(f"Small.{style}", font="SmallFont")

    def _stay_down(self) -> None:
        """Radio buttons as one segmented control, check buttons as buttons of the bar that stay down."""
        c = self.c
        for style, background, chosen, border, words in (
            ("Segment.TRadiobutton", c.press, c.surface, c.line, (c.soft_ink, c.ink)),
            ("Bar.TCheckbutton", c.surface, c.primary_soft, c.primary_soft, (c.ink, c.primary)),
        ):
            self._box_element(
                f"{style}.box",
                self._box(None),
                ("disabled", self._box(None)),
                ("selected", "focus", self._ring(chosen, c.primary)),
                ("selected", self._box(chosen, border)),
                ("focus", self._ring(None, c.primary)),
                ("active", self._box(c.hover)),
            )
            self.style.layout(style, _nest(f"{style}.box", "Button.padding", "Button.label"))
            self.style.configure(
                style,
                anchor="center",
                padding=self._padding(9, 6),
                font="SmallFont",
                background=background,
                foreground=words[0],
            )
            self.style.map(style, background=[], foreground=[("disabled", c.faint), ("selected", words[1])])

    # -- bars

    def _scrollbars(self) -> None:
        c = self.c
        thick = self.px(10)
        for way, size, side in (
            ("Vertical", (thick, thick * 3), "ns"),
            ("Horizontal", (thick * 3, thick), "ew"),
        ):

            def thumb(colour: str, size: tuple[int, int] = size) -> Picture:
                return self.theme.picture(("thumb", size, colour), lambda: drawing.pill(*size, colour))

            self.style.element_create(
                f"{way}.thumb",
                "image",
                thumb(c.strong_line),
                ("disabled", thumb(c.ground)),
                ("pressed", thumb(c.soft_ink)),
                ("active", thumb(c.soft_ink)),
                border=thick // 2,
                sticky="nsew",
            )
            trough = {"sticky": side, "children": [(f"{way}.thumb", {"expand": True, "sticky": "nsew"})]}
            self._layout(f"{way}.TScrollbar", [(f"{way}.Scrollbar.trough", trough)])
            self.style.configure(
                f"{way}.TScrollbar",
                background=c.ground,
                troughcolor=c.ground,
                bordercolor=c.ground,
                lightcolor=c.ground,
                darkcolor=c.ground,
                troughrelief="flat",
            )

    def _bars(self) -> None:
        self.style.configure("TSeparator", background=self.c.line)
        thin, knob = self.px(6), self.px(18)
        for way, side in (("Vertical", "top"), ("Horizontal", "left")):
            is_upright = way == "Vertical"
            size = (thin, thin * 3) if is_upright else (thin * 3, thin)
            along = "ns" if is_upright else "ew"

            def bar(colour: str, size: tuple[int, int] = size) -> Picture:
                return self.theme.picture(("bar", size, colour), lambda: drawing.pill(*size, colour))

            def dot(colour: str) -> Picture:
                return self.theme.picture(("knob", colour), lambda: drawing.pill(knob, knob, colour))

            # ttk finds the parts it moves by the last word of their names.
            for name, colour in (("line.trough", self.c.press), ("line.pbar", self.c.primary)):
                self.style.element_create(
                    f"{way}.{name}", "image", bar(colour), border=thin // 2, sticky=along
                )
            self.style.element_create(
                f"{way}.line.slider",
                "image",
                dot(self.c.primary),
                ("active", dot(self.c.primary_hover)),
                sticky="",
            )
            inner: dict[str, Any] = {"side": side, "sticky": along}
            self._layout(
                f"{way}.TProgressbar",
                [(f"{way}.line.trough", {"sticky": along, "children": [(f"{way}.line.pbar", inner)]})],
            )
            self._layout(
                f"{way}.TScale",
                [
                    (f"{way}.line.trough", {"sticky": along}),
                    (f"{way}.line.slider", {"side": side, "sticky": ""}),
                ],
            )
            for style in ("TProgressbar", "TScale"):
                self.style.configure(f"{way}.{style}", background=self.c.surface)
                self.style.configure(f"Ground.{way}.{style}", background=self.c.ground)
