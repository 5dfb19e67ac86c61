"""The other systems' files: what can be tried here, and that the rest says `Unsupported` with its name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from customer_agent import self_removal
from customer_agent.input.keys import character_of, keysyms_of
from customer_agent.input.own_hand import Movements
from customer_agent.platform_errors import Unsupported
from customer_agent.screen.capture import Area
from tests import displays


@pytest.mark.display
def test_it_captures_through_mss(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The backend of Windows and macOS, on the display that we have."""
    from customer_agent.screen.mss_screen import MssScreen

    with displays.xvfb(640, 480) as display:
        monkeypatch.setenv("DISPLAY", display.name)
        monkeypatch.setenv("XAUTHORITY", "/nonexistent")
        now = [0.0]
        screen = MssScreen(clock=lambda: now[0])
        assert screen.news().damage is None
        assert screen.grab([Area(0, 0, 640, 480), Area(10, 10, 2000, 5)])
        seen = np.asarray(Image.open(display.picture(tmp_path / "root.png")).convert("RGB"))
        assert np.array_equal(screen.pixels[..., 2::-1], seen)
        assert screen.monitors()[0].area == Area(0, 0, 640, 480)
        now[0] = 3.0
        assert not screen.news().resized
        screen.close()


def test_it_says_what_windows_would_be_needed_for() -> None:
    from customer_agent.input.platform_windows import WindowsHands

    with pytest.raises(Unsupported, match="SendInput"):
        WindowsHands()


def test_it_says_what_macos_would_be_needed_for() -> None:
    from customer_agent.input.platform_macos import MacHands
    from customer_agent.screen.platform_macos import MacScreen

    with pytest.raises(Unsupported, match="ApplicationServices"):
        MacHands()
    with pytest.raises(Unsupported, match="CoreGraphics"):
        MacScreen()


def test_it_reads_characters_of_keysyms() -> None:
    text = "aZ가€é"
    assert "".join(character_of(keysym) for keysym in keysyms_of(text)) == text
    assert character_of(0xFF0D) == ""


def test_it_takes_three_movements_in_half_a_second_for_a_hand() -> None:
    movements = Movements()
    assert [movements.moved(now) for now in (0.0, 0.4, 0.9, 1.0, 1.2)] == [False, False, False, False, True]


def test_it_removes_only_a_downloaded_frozen_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = tmp_path / "BaroHelp-linux-x86_64"
    downloaded = tmp_path / f"BaroHelp-maru-{'a' * 26} (1)"
    for path, frozen, is_left in (
        (installed, True, True),
        (downloaded, False, True),
        (downloaded, True, False),
    ):
        path.write_bytes(b"program")
        monkeypatch.setattr("sys.executable", str(path))
        monkeypatch.setattr("sys.frozen", frozen, raising=False)
        self_removal.remove_itself()
        assert path.exists() is is_left
