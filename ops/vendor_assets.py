"""Copies the front-end files that are served from node_modules into app/static/vendor/, and cuts the font.

Decides what is served (COPIES, nothing else) and how the font is split: `pretendard-core` holds Latin and the
syllables that our own pages use, so that a first visit loads one small file; the rest of KS X 1001 comes in
Pretendard's own slices, frequent syllables together, so that a name costs a slice or two. Text files get a
.gz beside them. The font is cut anew only when its letters change. The console's scripts are bundled with
noVNC by esbuild, where it is installed. Usage: python ops/vendor_assets.py
"""

from __future__ import annotations

import gzip
import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
MODULES: Final = ROOT / "node_modules"
TARGET: Final = ROOT / "app" / "static" / "vendor"
FONT: Final = MODULES / "pretendard/dist/web/variable/woff2/PretendardVariable.woff2"

#: From node_modules, to app/static/vendor. A folder is copied with its .js files.
COPIES: Final = {
    "@tabler/core/dist/css/tabler.min.css": "tabler/tabler.min.css",
    "@tabler/core/dist/js/tabler.min.js": "tabler/tabler.min.js",
    "htmx.org/dist/htmx.min.js": "htmx/htmx.min.js",
    "@alpinejs/csp/dist/cdn.min.js": "alpine/alpine-csp.min.js",
    "@novnc/novnc/core": "novnc/core",
    "@novnc/novnc/vendor": "novnc/vendor",
    "@novnc/novnc/LICENSE.txt": "novnc/LICENSE.txt",
    "pretendard/dist/LICENSE.txt": "pretendard/LICENSE.txt",
}
#: Pretendard's own slices: frequent syllables lie together.
SLICES: Final = MODULES / "pretendard/dist/web/variable/pretendardvariable-dynamic-subset.css"
SLICE_FILES: Final = SLICES.with_name("woff2-dynamic-subset")
#: Pages of the console whose scripts are bundled.
CONSOLE_PAGES: Final = ("board", "view")
NOTICE: Final = "/* Contains noVNC (MPL-2.0): sources and licence in static/vendor/novnc. */"
FONT_FEATURES: Final = ["kern", "tnum", "calt", "ccmp", "liga", "mark", "locl", "case"]
LATIN: Final = "".join(map(chr, [*range(0x20, 0x7F), *range(0xA0, 0x17F)])) + "–—‘’“”…·•→←↑↓✓×₩℃㎡「」『』"
#: Frequent in names of people and companies, which no template shows.
NAMES: Final = (
    "김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구민진지엄채원천방공현함변염"
    "여추도소석선설마길연위표명기반라왕금옥육인맹제모탁국어은편용예경봉사부가복태목형피두감호음빈동온시범좌팽승간"
    "상담실센터회사주식전자통신정보기술시스템고객지원서비스닷컴마루누리"
)


def syllables_of_ks_x_1001() -> str:
    """The 2,350 syllables of KS X 1001: what Korean text is made of, but for rare words."""
    return "".join(bytes([a, b]).decode("euc-kr") for a in range(0xB0, 0xC9) for b in range(0xA1, 0xFF))


def slices_of(letters: set[str]) -> dict[int, str]:
    """Pretendard's own slices that hold some of these letters, by their number, and which."""
    faces = re.findall(
        r"/\* \[(\d+)\] \*/.*?unicode-range:([^;}]*)", SLICES.read_text(encoding="utf-8"), re.DOTALL
    )
    found = {int(number): letters & set(_letters_of(ranges)) for number, ranges in faces}
    return {number: "".join(sorted(held)) for number, held in found.items() if held}


def _letters_of(ranges: str) -> Iterable[str]:
    for part in ranges.split(","):
        start, _, end = part.strip().removeprefix("U+").partition("-")
        yield from map(chr, range(int(start, 16), int(end or start, 16) + 1))


def syllables_of_pages(root: Path = ROOT / "app") -> str:
    """Every Hangul syllable that stands in our templates, views and catalogues."""
    files = [path for pattern in ("*.html", "*.py", "*.po", "*.js") for path in root.rglob(pattern)]
    text = "".join(path.read_text(encoding="utf-8") for path in files if "vendor" not in path.parts)
    return "".join(sorted(set(re.findall(r"[가-힣]", text))))


def copy_files() -> None:
    """Copy what COPIES names; raises FileNotFoundError naming the package that is not installed."""
    for source_name, target_name in COPIES.items():
        source, target = MODULES / source_name, TARGET / target_name
        if not source.exists():
            raise FileNotFoundError(f"{source} is missing; run `npm ci --ignore-scripts` first")
        if source.is_dir():
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(source, target, ignore=_all_but_scripts)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    for path in [*TARGET.rglob("*.js"), *TARGET.rglob("*.css")]:
        _compress(path)


def _all_but_scripts(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if not (Path(folder, name).is_dir() or name.endswith((".js", "LICENSE")))]


def _compress(path: Path) -> None:
    """Write path.gz; the same bytes for the same file, so that its address stays the same."""
    path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))


def bundle_scripts() -> None:
    """Make one small file of each console page's scripts and noVNC: sixty requests less for a phone.

    What the files were made of stands beside them; the pages take the single modules while it differs, so
    that a changed script is never hidden by an old bundle (app/console/scripts.py).
    """
    programs = [*MODULES.glob("@esbuild/*/bin/esbuild"), *MODULES.glob("@esbuild/*/esbuild.exe")]
    if not programs:
        return
    scripts, target = ROOT / "app/static/js/console", TARGET / "console"
    target.mkdir(parents=True, exist_ok=True)
    command = [str(programs[0]), *(str(scripts / f"{page}.js") for page in CONSOLE_PAGES), "--bundle"]
    command += ["--minify", "--format=esm", "--target=es2022", "--log-level=warning", f"--banner:js={NOTICE}"]
    subprocess.run([*command, f"--outdir={target}"], cwd=ROOT, check=True)
    for page in CONSOLE_PAGES:
        _compress(target / f"{page}.js")
    (target / "sources.sha256").write_text(digest_of_scripts(scripts))


def digest_of_scripts(folder: Path) -> str:
    """What the console's scripts are now; app/console/scripts.py counts the same."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.js")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def cut_fonts() -> None:
    """Make the font files and the style sheet that names them, unless they are there already."""
    core = "".join(sorted(set(syllables_of_pages()) | set(NAMES)))
    slices = slices_of(set(syllables_of_ks_x_1001()) - set(core))
    folder = TARGET / "pretendard"
    state = hashlib.sha256(f"3 {FONT.stat().st_size} {core}".encode()).hexdigest()
    stamp = folder / "letters.sha256"
    if stamp.exists() and stamp.read_text() == state:
        return
    folder.mkdir(parents=True, exist_ok=True)
    faces = []
    for old in folder.glob("*.woff2"):
        old.unlink()
    _cut(LATIN + core, folder / "pretendard-core.woff2")
    faces = [_face(folder / "pretendard-core.woff2", LATIN + core)]
    for number, letters in slices.items():
        target = folder / f"pretendard-{number:02}.woff2"
        shutil.copyfile(SLICE_FILES / f"PretendardVariable.subset.{number}.woff2", target)
        faces.append(_face(target, letters))
    (folder / "pretendard.css").write_text("\n".join(faces), encoding="ascii")
    _compress(folder / "pretendard.css")
    stamp.write_text(state)


def _cut(letters: str, target: Path) -> None:
    from fontTools import subset

    options = subset.Options()
    options.flavor = "woff2"
    options.layout_features = FONT_FEATURES
    font = subset.load_font(str(FONT), options)
    cutter = subset.Subsetter(options)
    cutter.populate(text=letters)
    cutter.subset(font)
    subset.save_font(font, str(target), options)


def _face(file: Path, letters: str) -> str:
    digest = hashlib.sha256(file.read_bytes()).hexdigest()[:8]
    ranges = ",".join(_ranges(sorted({ord(letter) for letter in letters})))
    return (
        "@font-face{font-family:Pretendard;font-weight:45 920;font-style:normal;font-display:swap;"
        f'src:url("{file.name}?v={digest}") format("woff2-variations");unicode-range:{ranges}}}'
    )


def _ranges(points: list[int]) -> Iterable[str]:
    """Runs of code points as CSS writes them: U+AC00-AC01."""
    start = previous = points[0]
    for point in [*points[1:], -1]:
        if point == previous + 1:
            previous = point
            continue
        yield f"U+{start:X}" if start == previous else f"U+{start:X}-{previous:X}"
        start = previous = point


if __name__ == "__main__":
    try:
        copy_files()
        bundle_scripts()
        cut_fonts()
    except FileNotFoundError as problem:
        sys.exit(str(problem))
