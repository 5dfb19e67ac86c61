"""Which typeface the programs use, and making our own known to the window system before Tk asks for it.

"BaroHelp Sans" is Pretendard (SIL OFL 1.1, see LICENSE.txt) cut by cut.py to the 2,350 common Korean
syllables and Latin, with digits of one width. Other syllables, and machines that cannot load it, use the
system's font.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
import logging
import sys
from collections.abc import Collection
from pathlib import Path

__all__ = ["FAMILY", "choose_family", "register"]

FAMILY = "BaroHelp Sans"
# In this order, after our own: installed Pretendard, then what the system draws Korean with.
_SYSTEM_FAMILIES = (
    "Pretendard",
    "Pretendard Variable",
    "Malgun Gothic",
    "Apple SD Gothic Neo",
    "Noto Sans CJK KR",
    "Noto Sans KR",
    "NanumGothic",
    "Segoe UI",
    "DejaVu Sans",
)

log = logging.getLogger(__name__)


def choose_family(installed: Collection[str]) -> str:
    """The first family of our list that is `installed`; "TkDefaultFont" where none is."""
    for family in (FAMILY, *_SYSTEM_FAMILIES):
        if family in installed:
            return family
    return "TkDefaultFont"


@functools.cache
def register() -> int:
    """Make the bundled files usable by this process; how many were taken. Never raises.

    X11: FcConfigAppFontAddFile of the fontconfig that Tk uses. Windows: AddFontResourceExW, private.
    """
    files = sorted(Path(__file__).parent.glob("*.otf"))
    try:
        if sys.platform == "win32":
            return sum(_register_windows(file) for file in files)
        if sys.platform == "darwin":
            return sum(_register_macos(file) for file in files)
        return sum(_register_fontconfig(file) for file in files)
    except (OSError, AttributeError) as error:
        log.info("fonts_not_registered", extra={"reason": str(error)})
        return 0


def _register_fontconfig(file: Path) -> bool:
    library = ctypes.CDLL("libfontconfig.so.1")
    library.FcConfigAppFontAddFile.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    library.FcConfigAppFontAddFile.restype = ctypes.c_int
    return bool(library.FcConfigAppFontAddFile(None, bytes(file)))


def _register_windows(file: Path) -> bool:
    private = 0x10
    gdi32 = ctypes.windll.gdi32  # type: ignore[attr-defined,unused-ignore]
    return bool(gdi32.AddFontResourceExW(str(file), private, 0))


def _register_macos(file: Path) -> bool:
    text = ctypes.CDLL(ctypes.util.find_library("CoreText") or "CoreText")
    foundation = ctypes.CDLL(ctypes.util.find_library("CoreFoundation") or "CoreFoundation")
    foundation.CFURLCreateFromFileSystemRepresentation.restype = ctypes.c_void_p
    foundation.CFURLCreateFromFileSystemRepresentation.argtypes = [
        ctypes.c_void_p,
        ctypes.c_char_p,
        ctypes.c_long,
        ctypes.c_bool,
    ]
    text.CTFontManagerRegisterFontsForURL.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_void_p]
    text.CTFontManagerRegisterFontsForURL.restype = ctypes.c_bool
    path = bytes(file)
    url = foundation.CFURLCreateFromFileSystemRepresentation(None, path, len(path), False)
    process_scope = 1
    return bool(url) and bool(text.CTFontManagerRegisterFontsForURL(url, process_scope, None))
