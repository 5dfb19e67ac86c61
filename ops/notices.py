"""The licence notices that the one-file program carries: what is really inside, and its terms.

Made from what PyInstaller found, not from a list that would grow stale: Python modules are traced to the
packages that own them, shared libraries to the Debian package that installed them.
"""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

RULE: Final = "=" * 78
LICENCE_NAMES: Final = ("LICEN", "COPYING", "NOTICE", "COPYRIGHT")


def write_notices(target: Path, *, modules: Iterable[str], binaries: Iterable[str]) -> None:
    """Write one text with the notices of every Python package and system library in the program."""
    parts = [_head(), *_of_packages(modules, binaries), *_of_libraries(binaries), _python()]
    target.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _head() -> str:
    return (
        "BaroHelp customer program, licensed under the Apache License 2.0.\n"
        "It carries the works below under their own terms. Libraries under the LGPL or MPL are separate\n"
        "files that the program unpacks; whoever wants to replace one builds the program anew from source."
    )


def _of_packages(modules: Iterable[str], binaries: Iterable[str]) -> list[str]:
    owners = importlib.metadata.packages_distributions()
    tops = {name.partition(".")[0] for name in modules}
    for path in binaries:
        parts = Path(path).parts
        if "site-packages" in parts:
            tops.add(parts[parts.index("site-packages") + 1].partition(".")[0])
    names = sorted({owner for top in tops for owner in owners.get(top, [])}, key=str.lower)
    return [_package(importlib.metadata.distribution(name)) for name in names]


def _package(distribution: importlib.metadata.Distribution) -> str:
    meta = distribution.metadata.json
    terms = str(meta.get("license_expression") or meta.get("license") or "see the text")
    texts = [
        Path(str(file.locate())).read_text(encoding="utf-8", errors="replace")
        for file in distribution.files or []
        if ".dist-info" in str(file) and file.name.upper().startswith(LICENCE_NAMES)
    ]
    return "\n".join([RULE, f"{meta['name']} {distribution.version} ({terms.splitlines()[0]})", RULE, *texts])


def _of_libraries(binaries: Iterable[str]) -> list[str]:
    if shutil.which("dpkg-query") is None:
        return []
    paths = [path for path in binaries if path.startswith(("/lib", "/usr/lib"))]
    packages = {owner for path in paths for owner in _debian_owner(path)}
    found = []
    for package in sorted(packages):
        text = Path("/usr/share/doc") / package / "copyright"
        if text.is_file():
            terms = text.read_text(encoding="utf-8", errors="replace")
            found.append("\n".join([RULE, f"{package} (Debian)", RULE, terms]))
    return found


def _debian_owner(path: str) -> list[str]:
    # dpkg knows the file under the name it was installed with, which may lack the /usr of a merged system.
    names = {path, str(Path(path).resolve())}
    names |= {name.removeprefix("/usr") for name in names}
    answer = subprocess.run(["dpkg-query", "-S", *names], capture_output=True, text=True, check=False).stdout
    return [line.partition(":")[0] for line in answer.splitlines()]


def _python() -> str:
    for text in (Path(sys.base_prefix) / "LICENSE", *Path(sys.base_prefix).glob("lib/python3.*/LICENSE.txt")):
        if text.is_file():
            return "\n".join([RULE, f"Python {sys.version.split()[0]} (PSF-2.0)", RULE, text.read_text()])
    return "\n".join([RULE, f"Python {sys.version.split()[0]} (PSF-2.0)", RULE, str(sys.copyright)])
