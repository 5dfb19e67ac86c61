"""Compiles the relay's inner loop in place, where a C compiler is; without one the loop in Python runs.

The extension stands in pyproject.toml and is made by setuptools, its build backend. Ends with 0 either way:
the compiled loop is worth having, never needed (docs/decisions/0082). Usage: python -m ops.build_transform
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Final

from ops.places import ROOT
from ops.say import say

_BUILD: Final = "from setuptools import setup; setup()"


def build() -> bool:
    """Build it; True when it can be imported afterwards."""
    command = [sys.executable, "-c", _BUILD, "-q", "build_ext", "--inplace"]
    # setuptools calls extensions in pyproject.toml an experiment of its own on every run.
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    sys.stderr.write(done.stderr)
    check = [sys.executable, "-c", "import wire._transform"]
    return subprocess.run(check, cwd=ROOT, capture_output=True, check=False).returncode == 0


def main() -> int:
    if not build():
        say("C 컴파일러가 없어 중계 서버가 파이썬만으로 돕니다.", "no C compiler: the relay's loop is Python")
    return 0


if __name__ == "__main__":
    sys.exit(main())
