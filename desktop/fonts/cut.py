"""Cuts Pretendard to what the programs need: `python -m desktop.fonts.cut FOLDER_OF_PRETENDARD_OTF`.

FOLDER is `dist/public/static` of the npm package pretendard. Writes BaroHelpSans-{Regular,Bold}.otf
beside this file. "Pretendard" is a reserved font name, so the cut has its own; its SemiBold is our Bold.
Needs fonttools (requirements-dev.txt); the programs themselves never run this.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from desktop.fonts import FAMILY

_STYLES = {"Regular": ("Pretendard-Regular.otf", 400), "Bold": ("Pretendard-SemiBold.otf", 600)}
_EXTRA = "‘’“”…·–—•₩€←→↑↓✓×※「」『』、。㈜"


def wanted_characters() -> set[int]:
    """KS X 1001's syllables (those EUC-KR can write), jamo, Latin-1 and a few marks."""
    syllables = {code for code in range(0xAC00, 0xD7A4) if _is_common(chr(code))}
    return (
        syllables
        | set(range(0x20, 0x7F))
        | set(range(0xA0, 0x100))
        | set(range(0x3131, 0x318F))
        | {ord(c) for c in _EXTRA}
    )


def _is_common(syllable: str) -> bool:
    try:
        return len(syllable.encode("euc-kr")) == 2
    except UnicodeEncodeError:
        return False


def _digits_of_one_width(font: Any) -> None:
    """Put the tabular figures in the place of the usual ones: Tk cannot ask for OpenType features."""
    table = font["GSUB"].table
    lookups = next(
        r.Feature.LookupListIndex for r in table.FeatureList.FeatureRecord if r.FeatureTag == "tnum"
    )
    swaps: dict[str, str] = {}
    for index in lookups:
        for part in table.LookupList.Lookup[index].SubTable:
            swaps.update(getattr(part, "ExtSubTable", part).mapping)
    for cmap in font["cmap"].tables:
        for code in range(ord("0"), ord("9") + 1):
            name = cmap.cmap.get(code)
            if name in swaps:
                cmap.cmap[code] = swaps[name]


def _rename(font: Any, style: str, weight: int) -> None:
    names = font["name"]
    postscript = f"{FAMILY.replace(' ', '')}-{style}"
    for record in list(names.names):
        if record.nameID not in (0, 13, 14):
            names.removeNames(nameID=record.nameID)
    for name_id, text in (
        (1, FAMILY),
        (2, style),
        (3, postscript),
        (4, f"{FAMILY} {style}"),
        (6, postscript),
    ):
        names.setName(text, name_id, 3, 1, 0x409)
    font["OS/2"].usWeightClass = 700 if style == "Bold" else weight
    font["OS/2"].fsSelection = 0x20 if style == "Bold" else 0x40
    font["head"].macStyle = 1 if style == "Bold" else 0
    top = font["CFF "].cff
    top.fontNames = [postscript]
    top.topDictIndex[0].FullName = f"{FAMILY} {style}"
    top.topDictIndex[0].FamilyName = FAMILY
    top.topDictIndex[0].Weight = style


def cut(source: Path, target: Path, style: str, weight: int) -> None:
    """Write the cut of `source` to `target`."""
    from fontTools import subset
    from fontTools.ttLib import TTFont

    font = TTFont(source)
    _digits_of_one_width(font)
    options = subset.Options()
    options.layout_features = []
    options.hinting = False
    options.name_IDs = ["*"]
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=wanted_characters())
    cutter.subset(font)
    _rename(font, style, weight)
    font.save(target)


def main() -> None:
    """Cut both weights."""
    parser = argparse.ArgumentParser(prog="python -m desktop.fonts.cut")
    parser.add_argument("folder", type=Path, help="dist/public/static of the npm package pretendard")
    folder = parser.parse_args().folder
    for style, (name, weight) in _STYLES.items():
        target = Path(__file__).parent / f"{FAMILY.replace(' ', '')}-{style}.otf"
        cut(folder / name, target, style, weight)
        print(f"{target.name}: {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
