"""Agents: the list, making, changing, stopping and deleting them. An agent's address is their id."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.errors import AppError, NotFound
from app.manage import actions
from app.manage.doer import doer
from app.manage.forms import AgentForm, NewAgentForm
from app.manage.queries import find_agents, is_in_support
from app.manage.rules import read_agents_asked
from app.manage.views import blueprint
from app.routes import admin_only, current_identity, current_tenant
from app.team import queries
from app.team.actions import AgentDetails, create_agent
from app.team.models import Agent, Department
from app.team.rules import is_valid_login_id
from tenants.database import db, now_utc

__all__: list[str] = []

PRESENCE = {
    "session": (_l("지원 중"), "is-primary", "monitor"),
    "online": (_l("대기 중"), "is-connected", "check-circle"),
    "busy": (_l("다른 일 중"), "is-waiting", "clock"),
    "connecting": (_l("연결 중"), "is-waiting", "clock"),
    "away": (_l("자리 비움"), "is-waiting", "clock"),
    "offline": (_l("접속 안 함"), "", "log-out"),
}


@blueprint.get("/manage/agents")
@admin_only
def list_agents() -> ResponseReturnValue:
    """The agents, searched, filtered, sorted and by pages; seats taken and left."""
    asked = read_agents_asked(request.args)
    return render_template(
        "manage/agents.html",
        asked=asked,
        found=find_agents(asked),
        seats=queries.count_seats(),
        tenant=current_tenant(),
        departments=queries.list_departments(),
        presence=PRESENCE,
    )


@blueprint.route("/manage/agents/new", methods=["GET", "POST"])
@admin_only
def agent_new() -> ResponseReturnValue:
    """A form for a new agent."""
    form, refusal, status = NewAgentForm(), "", 200
    if request.method == "GET":
        form.department.data = request.args.get("department", "")
    else:
        status = 422
        if form.validate():
            try:
                return _create(form)
            except AppError as error:
                refusal, status = str(error.for_reader), error.status
    page = render_template(
        "manage/agent_new.html",
        form=form,
        refusal=refusal,
        seats=queries.count_seats(),
        tenant=current_tenant(),
    )
    return page, status


@blueprint.get("/manage/agent-id")
@admin_only
def agent_id_check() -> ResponseReturnValue:
    """Whether an id can be had, as a piece of the form for a new agent."""
    asked = request.args.get("login_id", "").strip()
    is_valid = is_valid_login_id(asked)
    is_free = is_valid and queries.find_agent(asked) is None
    return render_template("manage/_agent_id.html", asked=asked, is_valid=is_valid, is_free=is_free)


@blueprint.route("/manage/agents/<login_id>", methods=["GET", "POST"])
@admin_only
def agent_edit(login_id: str) -> ResponseReturnValue:
    """One agent; POST changes them."""
    agent = _agent(login_id)
    form, refusal, status = AgentForm(obj=None if request.method == "POST" else agent), "", 200
    if request.method == "GET":
        form.department.data = _department_of(agent)
    else:
        status = 422
        if form.validate():
            try:
                return _save(agent, form)
            except AppError as error:
                refusal, status = str(error.for_reader), error.status
                db.session.rollback()
                agent = _agent(login_id)
                form.version.data = str(agent.version)
    page = render_template("manage/agent.html", form=form, agent=agent, refusal=refusal, kept=status == 409)
    return page, status


@blueprint.post("/manage/agents/<login_id>/state")
@admin_only
def agent_state(login_id: str) -> ResponseReturnValue:
    """Stop an agent, or let them work again."""
    agent, is_active = _agent(login_id), request.form.get("state") == "active"
    actions.set_agent_state(agent.id, is_active=is_active, by=doer(), now=now_utc())
    if is_active:
        flash(_("%(name)s 상담원을 다시 쓸 수 있게 했습니다.", name=agent.name))
    else:
        flash(_("%(name)s 상담원을 막았습니다. 로그인과 지원이 모두 끝났습니다.", name=agent.name))
    return redirect(url_for("manage.agent_edit", login_id=login_id))


@blueprint.route("/manage/agents/<login_id>/delete", methods=["GET", "POST"])
@admin_only
def agent_delete(login_id: str) -> ResponseReturnValue:
    """Ask for the admin's password, then delete the agent."""
    agent, refusal, status = _agent(login_id), "", 200
    name = agent.name
    if request.method == "POST":
        try:
            actions.delete_agent(
                agent.id,
                admin_id=current_identity().agent_id or 0,
                password=request.form.get("password", ""),
                by=doer(),
                now=now_utc(),
            )
        except AppError as error:
            refusal, status = str(error.for_reader), error.status
            agent = _agent(login_id)
        else:
            flash(_("%(name)s 상담원을 지웠습니다. 지원 기록에는 이름이 남습니다.", name=name))
            return redirect(url_for("manage.list_agents"))
    page = render_template(
        "manage/agent_delete.html", agent=agent, refusal=refusal, in_support=is_in_support(agent.id)
    )
    return page, status


def _agent(login_id: str) -> Agent:
    agent = queries.find_agent(login_id)
    if agent is None:
        raise NotFound
    return agent


def _department_of(agent: Agent) -> str:
    row = db.session.get(Department, agent.department_id) if agent.department_id else None
    return row.public_id if row else ""


def _create(form: NewAgentForm) -> ResponseReturnValue:
    made = create_agent(
        login_id=form.login_id.data,
        name=form.name.data,
        password=form.password.data,
        seat=form.seat.data,
        department_id=form.department_id,
        phone=form.phone.data or "",
        email=form.email.data or "",
        by=doer(),
    )
    flash(
        _(
            "%(name)s 상담원을 만들었습니다. 아이디는 %(login_id)s입니다.",
            name=made.name,
            login_id=made.login_id,
        )
    )
    return redirect(url_for("manage.list_agents"))


def _save(agent: Agent, form: AgentForm) -> ResponseReturnValue:
    details = AgentDetails(
        name=form.name.data.strip(),
        seat=form.seat.data,
        department_id=form.department_id,
        phone=(form.phone.data or "").strip(),
        email=(form.email.data or "").strip(),
    )
    name, password = details.name, form.password.data or ""
    actions.edit_agent(agent.id, details, password=password, version=form.version_number, by=doer())
    flash(_("%(name)s 상담원의 정보를 저장했습니다.", name=name))
    return redirect(url_for("manage.list_agents"))
