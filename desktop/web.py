"""JSON over HTTP to the web half, blocking: for worker threads and LinkThread.run_aside, never the Tk or
link thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["WebRefused", "post_json"]


class WebRefused(Exception):
    """The web half said no: HTTP `status`, its `code` (B-..) and the `text` in the reader's language."""

    def __init__(self, status: int, code: str, text: str, retry_after_s: float | None = None) -> None:
        super().__init__(f"{status} {code}: {text}")
        self.status = status
        self.code = code
        self.text = text
        self.retry_after_s = retry_after_s


def post_json(
    url: str,
    payload: Mapping[str, Any],
    *,
    bearer: str | None = None,
    language: str = "ko",
    timeout: float = 10.0,
    ca_file: str | None = None,
) -> dict[str, Any]:
    """POST `payload`, return the decoded JSON object of a 2xx answer.

    Raises WebRefused for any other answer of the web half, LinkLost (retry True) when it cannot be reached
    or answers with something that is not ours.
    """
    raise NotImplementedError
