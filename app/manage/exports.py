"""What the jobs process makes for the administration: lists for Excel, the usage log, a roster taken over."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask
from flask_babel import gettext as _

from app.documents import add_maker
from app.manage.log_rows import LOG_HEADER, log_rows
from app.manage.roster.queries import AGENT_HEADER, DEPARTMENT_HEADER, agent_rows, department_rows
from app.manage.roster.taking import take_over_upload
from app.manage.rules import read_log_asked
from app.sheets import MAX_EXCEL_ROWS, write_csv, write_excel

__all__ = ["init_app"]


def init_app(app: Flask) -> None:
    """Tell the documents who makes what."""
    add_maker(app, "roster", take_over_upload)
    add_maker(app, "excel.agents", _agents)
    add_maker(app, "excel.departments", _departments)
    add_maker(app, "excel.log", _log_excel)
    add_maker(app, "csv.log", _log_csv)


def _agents(_params: Mapping[str, Any], path: Path) -> dict[str, int]:
    return {"rows": write_excel(path, _("상담원"), AGENT_HEADER, agent_rows())}


def _log_excel(params: Mapping[str, Any], path: Path) -> dict[str, int]:
    entries = log_rows(read_log_asked(params["asked"]), most=MAX_EXCEL_ROWS - 1)
    return {"rows": write_excel(path, _("사용 기록"), LOG_HEADER, entries)}


def _log_csv(params: Mapping[str, Any], path: Path) -> dict[str, int]:
    with path.open("wb") as file:
        file.writelines(write_csv(LOG_HEADER, log_rows(read_log_asked(params["asked"]))))
    return {}


def _departments(_params: Mapping[str, Any], path: Path) -> dict[str, int]:
    return {"rows": write_excel(path, _("부서"), DEPARTMENT_HEADER, department_rows())}
