"""Our static files: addresses that change with the content, and the compressed copy where there is one.

A file's address carries a part of its hash, so browsers keep it for a year and fetch a new one at once.
Files of node_modules lie in static/vendor/ with a .gz beside them (ops/vendor_assets.py).
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, current_app, request, url_for

__all__ = ["asset", "init_app"]


def asset(name: str) -> str:
    """The address of a static file, with its version."""
    path = Path(current_app.static_folder or "", name)
    try:
        version = _version(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        version = "0"  # Before `make setup` has fetched it: the page works without, only plainer.
    return url_for("static", filename=name, v=version)


@lru_cache(maxsize=512)
def _version(path: Path, _mtime: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8]


def send_static(filename: str) -> Response:
    """A static file; its compressed copy when there is one and the browser reads it."""
    has_copy = Path(current_app.static_folder or "", f"{filename}.gz").is_file()
    if not has_copy:
        return current_app.send_static_file(filename)
    reads_gzip = request.accept_encodings["gzip"] > 0
    response = current_app.send_static_file(f"{filename}.gz" if reads_gzip else filename)
    response.headers["Vary"] = "Accept-Encoding"
    if reads_gzip:
        response.headers["Content-Encoding"] = "gzip"
        response.mimetype = "text/css" if filename.endswith(".css") else "text/javascript"
    return response


def init_app(app: Flask) -> None:
    """Serve static files this way, and give templates `asset`."""
    app.view_functions["static"] = send_static
    app.jinja_env.globals["asset"] = asset
