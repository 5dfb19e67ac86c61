"""A pytest plugin for the automatic check: there, a skipped test is a failed one.

On a person's machine a test whose system part is missing is skipped and listed; where everything is
installed by our own set-up, a skip means that the set-up forgot something. A reason that begins with
"platform:" stays a skip: a test that only another operating system can run. Used as `pytest -p
ops.strict_skips`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Turn a skip into a failure that names its reason."""
    outcome: Any = yield
    report = outcome.get_result()
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not reason.removeprefix("Skipped: ").startswith("platform:"):
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid} was skipped, which is a failure here: {reason}"
