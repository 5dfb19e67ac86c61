"""Options of the company, a department or an agent: three tables, who said so, and why one is off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.errors import NotFound
from app.manage.doer import doer
from app.manage.views import blueprint
from app.routes import admin_only
from app.team import queries
from app.team.models import Agent, Department
from app.team.option_settings import Changes, apply_to_all, plan_for_all, set_options
from app.team.options import GROUPS, OPTIONS, Effective, Option, Why, effective_at, explain
from tenants.database import db

__all__: list[str] = []

LEVELS = ("tenant", "department", "agent")
ORIGINS = {
    "platform": _l("서비스 운영"),
    "tenant": _l("회사"),
    "department": _l("부서"),
    "agent": _l("상담원"),
    "default": _l("기본값"),
}
CHOICES: dict[str, bool | None] = {"on": True, "off": False, "follow": None}
#: So many lines of the preview are drawn; the number of agents is always the whole one.
PREVIEW_LINES = 100


@dataclass(frozen=True, slots=True)
class Line:
    """One option of a table: what is set here, what would hold without that, what holds and why."""

    option: Option
    own: str
    without: Effective
    now: Effective
    why: Why

    @property
    def is_fixed(self) -> bool:
        """Whether a rule above all levels decides, so that nothing can be chosen here."""
        return self.now.origin == "platform"


@blueprint.route("/manage/options", methods=["GET", "POST"])
@admin_only
def list_options() -> ResponseReturnValue:
    """The company's own settings, which departments and agents follow."""
    if request.method == "POST":
        return _save(url_for("manage.list_options"), set_options(_asked(), by=doer()))
    levels = queries.option_levels()
    return _page("tenant", levels, title=_("회사 전체"), departments=queries.list_departments())


@blueprint.route("/manage/departments/<department>/options", methods=["GET", "POST"])
@admin_only
def option_department(department: str) -> ResponseReturnValue:
    """A department's settings, which its agents follow."""
    row = queries.get_department(department)
    if request.method == "POST":
        done = set_options(_asked(), by=doer(), department_id=row.id)
        return _save(url_for("manage.option_department", department=department), done)
    return _page("department", queries.option_levels(department_id=row.id), title=row.name, department=row)


@blueprint.route("/manage/agents/<login_id>/options", methods=["GET", "POST"])
@admin_only
def option_agent(login_id: str) -> ResponseReturnValue:
    """One agent's settings."""
    agent = queries.find_agent(login_id)
    if agent is None:
        raise NotFound
    if request.method == "POST":
        done = set_options(_asked(), by=doer(), agent_id=agent.id)
        return _save(url_for("manage.option_agent", login_id=login_id), done)
    levels = queries.option_levels(department_id=agent.department_id, agent_id=agent.id)
    row = db.session.get(Department, agent.department_id) if agent.department_id else None
    return _page("agent", levels, title=agent.name, agent=agent, department=row, seat=agent.seat)


@blueprint.route("/manage/options/apply", methods=["GET", "POST"])
@admin_only
def option_apply() -> ResponseReturnValue:
    """Set chosen options for everybody of the company or a department: choose, look, apply."""
    step, changes = request.form.get("step", ""), _asked()
    department = request.form.get("department", request.args.get("department", ""))
    row = queries.get_department(department) if department else None
    also_own = request.method == "GET" or request.form.get("also_own") == "yes"
    if step == "apply" and changes:
        apply_to_all(changes, department_id=row.id if row else None, also_own=also_own, by=doer())
        flash(_("옵션 %(count)d개를 적용했습니다. 다음 원격지원부터 쓰입니다.", count=len(changes)))
        target = url_for("manage.option_department", department=department) if row else None
        return redirect(target or url_for("manage.list_options"))
    shifts = None
    if step and changes:
        shifts = plan_for_all(changes, department_id=row.id if row else None, also_own=also_own)
    page = render_template(
        "manage/options_apply.html",
        groups=GROUPS,
        options=OPTIONS,
        changes=changes,
        department=row,
        departments=queries.list_departments(),
        also_own=also_own,
        shifts=shifts,
        shown=PREVIEW_LINES,
        is_empty=bool(step) and not changes,
    )
    return page, 422 if step and not changes else 200


def _asked() -> Changes:
    """The choices in the form, by option; anything else in it is passed over."""
    return {key: CHOICES[value] for key in OPTIONS if (value := request.form.get(f"o.{key}", "")) in CHOICES}


def _save(target: str, done: int) -> ResponseReturnValue:
    if done:
        flash(_("옵션 %(count)d개를 바꾸었습니다. 다음 원격지원부터 쓰입니다.", count=done))
    else:
        flash(_("바뀐 것이 없습니다."))
    return redirect(target)


def _page(
    own: str,
    levels: dict[str, dict[str, bool]],
    *,
    seat: str = "pc_mobile",
    agent: Agent | None = None,
    **more: Any,
) -> str:
    without = effective_at(levels | {own: {}}, seat=seat)
    now = effective_at(levels, seat=seat)
    words = request.args.get("q", "").strip()[:40]
    tables = {
        group: [
            Line(
                option,
                {True: "on", False: "off", None: "follow"}[levels[own].get(key)],
                without[key],
                now[key],
                explain(key, seat=seat, levels=levels, own=own),
            )
            for key, option in OPTIONS.items()
            if option.group == group and words.casefold() in str(option.label).casefold()
        ]
        for group in GROUPS
    }
    return render_template(
        "manage/options.html",
        own=own,
        tables=tables,
        groups=GROUPS,
        origins=ORIGINS,
        words=words,
        agent=agent,
        **more,
    )
