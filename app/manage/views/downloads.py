"""The download centre: programs, notices and manuals, for admins and agents alike."""

from __future__ import annotations

from flask import current_app, render_template, request, send_from_directory
from flask.typing import ResponseReturnValue

from app.errors import NotFound
from app.manage.downloads import find_download, list_downloads
from app.manage.views import blueprint
from app.routes import agent_only
from app.team.download_counts import count_download, read_counts
from config.settings import Settings

__all__: list[str] = []


@blueprint.get("/manage/downloads")
@agent_only
def downloads() -> ResponseReturnValue:
    """The list, searched by title."""
    words = request.args.get("q", "").strip()[:40]
    files = list_downloads(_settings().download_dir, words)
    return render_template("manage/downloads.html", files=files, words=words, counts=read_counts())


@blueprint.get("/manage/downloads/<name>")
@agent_only
def download_file(name: str) -> ResponseReturnValue:
    """One of the files."""
    folder = _settings().download_dir
    if find_download(folder, name) is None:
        raise NotFound
    count_download(name)
    return send_from_directory(folder, name, as_attachment=True)


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings
