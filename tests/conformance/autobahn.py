"""Autobahn's fuzzing client: found or fetched, run against one address, its verdicts read.

The suite needs a Python 2.7 (`python2.7` on the path, or one of pyenv's) and lies in .cache/autobahn, fetched
from PyPI once. BAROHELP_AUTOBAHN_CASES="1.* 7.*" runs some of it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from ops.places import ROOT

SUITE: Final = "autobahntestsuite==25.10.1"
CASES: Final = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*"]
GOOD: Final = {"OK", "NON-STRICT", "INFORMATIONAL"}


def python2() -> str | None:
    """A Python 2.7 that runs, or None."""
    found = [shutil.which("python2.7"), *map(str, Path.home().glob(".pyenv/versions/2.7*/bin/python2.7"))]
    for path in found:
        if path and subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0:
            return path
    return None


def verdicts(python: str, url: str, folder: Path) -> dict[str, str]:
    """What the suite says of each case: "OK", "NON-STRICT", "INFORMATIONAL", "FAILED", …"""
    environment = _environment(python)
    wanted = os.environ.get("BAROHELP_AUTOBAHN_CASES", "").split() or CASES
    servers = [{"agent": "ours", "url": url}]
    specification = folder / "fuzzingclient.json"
    specification.write_text(
        json.dumps({"outdir": str(folder / "report"), "servers": servers, "cases": wanted})
    )
    command = [python, "-m", "autobahntestsuite.wstest", "-m", "fuzzingclient", "-s", str(specification)]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=580
    )
    index = folder / "report" / "index.json"
    assert index.is_file(), (done.stdout + done.stderr)[-2000:]
    return {
        f"{case}{suffix}": result[name]
        for case, result in json.loads(index.read_text())["ours"].items()
        for name, suffix in (("behavior", ""), ("behaviorClose", " closing"))
    }


def _environment(python: str) -> dict[str, str]:
    place = ROOT / ".cache" / "autobahn"
    environment = {**os.environ, "PYTHONUSERBASE": str(place)}
    check = [python, "-c", "import autobahntestsuite"]
    if subprocess.run(check, env=environment, capture_output=True, check=False).returncode != 0:
        install = [python, "-m", "pip", "install", "-q", "--user", SUITE]
        subprocess.run(install, env=environment, capture_output=True, check=True, timeout=300)
    return environment
