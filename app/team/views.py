"""The page that admins and agents see after log-in: their company, who works there, what to do next."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, current_app, render_template, send_from_directory
from flask.typing import ResponseReturnValue

from app.errors import NotFound
from app.routes import agent_only, current_tenant
from app.team.download_counts import count_download
from config.settings import Settings
from tenants.database import now_utc
from tenants.rules import standing

__all__ = ["blueprint"]

blueprint = Blueprint("team", __name__, template_folder="templates")

#: Installers of the waiting program that the operator laid into the download folder.
VIEWER_FILE = re.compile(r"BaroHelp-Viewer[A-Za-z0-9._-]{0,60}")


@dataclass(frozen=True, slots=True)
class ViewerFile:
    """One installer to offer."""

    name: str
    size_bytes: int


@blueprint.get("/manage")
@agent_only
def home() -> ResponseReturnValue:
    """The company at a glance."""
    settings, tenant, now = _settings(), current_tenant(), now_utc()
    return render_template(
        "team/home.html",
        tenant=tenant,
        now=now,
        standing=standing(tenant.state, tenant.expires_at, now),
        public_url=settings.public_url,
        customer_url=f"{settings.public_url}/{tenant.slug}",
        viewers=list_viewers(settings.download_dir),
    )


@blueprint.get("/manage/programs/<name>")
@agent_only
def download_viewer(name: str) -> ResponseReturnValue:
    """An installer of the waiting program."""
    if VIEWER_FILE.fullmatch(name) is None:
        raise NotFound
    folder = _settings().download_dir
    if (folder / name).is_file():
        count_download(name)
    return send_from_directory(folder, name, as_attachment=True)


def list_viewers(folder: Path) -> list[ViewerFile]:
    """The installers in the download folder, by name."""
    if not folder.is_dir():
        return []
    files = [path for path in sorted(folder.iterdir()) if VIEWER_FILE.fullmatch(path.name) and path.is_file()]
    return [ViewerFile(path.name, path.stat().st_size) for path in files]


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings
