"""The customer page of a company: numbers and code, the way to the program, live steps, satisfaction.

Every page works without scripts; portal.js makes it live. What a browser may see of an arrival hangs on its
cookie.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from flask import (
    Blueprint,
    Response,
    current_app,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue

from app.errors import AppError, NotFound, TooManyAttempts
from app.extensions import language
from app.portal import cookie, live, queries, rules
from app.remote import attempt_source, caller_address
from app.routes import current_tenant, public
from app.support import queries as support_queries
from app.support.actions import arrivals, sessions
from app.support.actions.arrivals import Admitted, Visitor
from app.support.errors import NotWaiting
from app.support.models import Arrival
from app.team.settings import read_settings
from config.settings import Settings
from tenants.bearer import hash_of
from tenants.database import db, now_utc
from tenants.rules import standing

blueprint = Blueprint("portal", __name__, template_folder="templates")


@blueprint.get("/<slug>")
@public
def page(slug: str) -> ResponseReturnValue:
    """The company's page: where this browser's customer is, or the numbers and the code field."""
    now, tenant = now_utc(), current_tenant()
    state = standing(tenant.state, tenant.expires_at, now)
    arrival = cookie.find_arrival(tenant.slug, now) if state != "suspended" else None
    view = queries.view_arrival(arrival) if arrival else None
    if arrival is not None and view is not None and view.page != "gone":
        return _arrival_page(arrival, view)
    if state != "ok":
        return render_template("portal/stopped.html", state=state), 403
    response = make_response(_door(farewell=view.farewell if view else None))
    if view is not None:
        cookie.forget_cookie(response, tenant.slug)
    return response


@blueprint.get("/s/<slug>")
@public
def short_page(slug: str) -> ResponseReturnValue:
    """The same page under the address that older links have."""
    number = request.args.get("number")
    return redirect(url_for("portal.page", slug=current_tenant().slug, number=number))


@blueprint.post("/<slug>/code")
@public
def redeem(slug: str) -> ResponseReturnValue:
    """Let the customer in by the code they typed, for one number or for any."""
    number = request.form.get("number", "")
    try:
        admitted = arrivals.redeem_code(
            request.form.get("code", "")[:64],
            number=int(number) if number.isdecimal() and len(number) < 7 else None,
            visitor=_visitor(),
            now=now_utc(),
        )
    except AppError as error:
        return _refused(error)
    return _enter(admitted)


@blueprint.post("/<slug>/number/<int:number>")
@public
def take_number(slug: str, number: int) -> ResponseReturnValue:
    """Let the customer in by a click on a number, or ask for its code where the company wants one."""
    if current_tenant().code_required:
        return redirect(url_for("portal.page", slug=current_tenant().slug, number=number), 303)
    try:
        admitted = arrivals.take_number(number, visitor=_visitor(), now=now_utc())
    except AppError as error:
        return _refused(error)
    return _enter(admitted)


@blueprint.get("/<slug>/numbers")
@public
def numbers(slug: str) -> ResponseReturnValue:
    """The numbers that wait, for pages that have no seat in the live stream."""
    waiting = queries.waiting_numbers(now_utc())
    response = jsonify(numbers=waiting)
    response.set_etag(queries.etag_of(waiting))
    response.headers["Cache-Control"] = "no-cache"
    return response.make_conditional(request)


@blueprint.get("/<slug>/live")
@public
def numbers_live(slug: str) -> ResponseReturnValue:
    """The numbers that wait, as server-sent events."""
    tenant_id = current_tenant().id
    return _stream(lambda streams: streams.numbers(tenant_id))


@blueprint.get("/<slug>/arrival")
@public
def arrival_state(slug: str) -> ResponseReturnValue:
    """How this browser's arrival stands, for pages that have no seat in the live stream."""
    response = jsonify(queries.view_arrival(_own_arrival()).as_json())
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/<slug>/arrival/live")
@public
def arrival_live(slug: str) -> ResponseReturnValue:
    """How this browser's arrival stands, as server-sent events."""
    arrival, tenant_id = _own_arrival(), current_tenant().id
    arrival_id, session_id = arrival.id, arrival.support_session_id
    return _stream(lambda streams: streams.arrival(tenant_id, arrival_id, session_id))


@blueprint.get("/<slug>/program/<token>")
@public
def download(slug: str, token: str) -> ResponseReturnValue:
    """The customer program of this computer, under a name that holds company and join token."""
    now = now_utc()
    join_token = support_queries.find_join_token(hash_of(token))
    arrival = db.session.get(Arrival, join_token.arrival_id) if join_token else None
    if join_token is None or arrival is None or arrival.ended_at is not None or join_token.expires_at <= now:
        raise NotFound
    program = _program()
    if program is None:
        raise NotFound
    if request.method == "GET":
        arrivals.note_step(arrival.support_session_id, "downloaded", now=now)
    name = rules.download_name(current_tenant().slug, token, program.name)
    response = send_file(program, as_attachment=True, download_name=name, max_age=0, etag=False)
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/<slug>/leave")
@public
def leave(slug: str) -> ResponseReturnValue:
    """End this browser's try, or put the page of an ended one away, and begin anew."""
    tenant, now = current_tenant(), now_utc()
    arrival = cookie.find_arrival(tenant.slug, now)
    if arrival is not None and arrival.ended_at is None:
        arrivals.leave(arrival, now=now)
    response = make_response(redirect(url_for("portal.page", slug=tenant.slug), 303))
    cookie.forget_cookie(response, tenant.slug)
    return response


@blueprint.post("/<slug>/survey")
@public
def answer_survey(slug: str) -> ResponseReturnValue:
    """Keep the customer's grade, or the comment they add to it."""
    grade, comment = request.form.get("grade", ""), request.form.get("comment", "").strip()
    with suppress(NotWaiting, ValueError):  # nothing to grade: the page itself says what there is
        sessions.answer_survey(_own_arrival(), grade, comment, now=now_utc())
    return redirect(url_for("portal.page", slug=current_tenant().slug), 303)


def _door(
    *,
    farewell: rules.Farewell | None = None,
    refusal: AppError | None = None,
    typed: str = "",
    number: str = "",
) -> str:
    tenant = current_tenant()
    number = number or request.args.get("number", "")
    settings, now = read_settings(tenant), now_utc()
    return render_template(
        "portal/door.html",
        settings=settings,
        closure=queries.find_closure(settings, now),
        numbers=queries.waiting_numbers(now),
        code_required=tenant.code_required,
        asked_number=int(number) if number.isdecimal() and len(number) < 7 else None,
        farewell=farewell,
        refusal=refusal,
        typed=typed,
    )


def _refused(error: AppError) -> ResponseReturnValue:
    headers = {"Retry-After": str(error.retry_after_s)} if isinstance(error, TooManyAttempts) else {}
    tenant = current_tenant()
    if standing(tenant.state, tenant.expires_at, now_utc()) != "ok":
        return render_template("portal/stopped.html", state="stopped"), error.status
    text = _door(
        refusal=error, typed=request.form.get("code", "")[:20], number=request.form.get("number", "")
    )
    return text, error.status, headers


def _enter(admitted: Admitted) -> Response:
    slug = current_tenant().slug
    response = make_response(redirect(url_for("portal.page", slug=slug), 303))
    cookie.set_cookie(response, slug, admitted.token)
    return response


def _arrival_page(arrival: Arrival, view: queries.ArrivalView) -> str:
    tenant, settings = current_tenant(), _settings()
    if view.page in ("survey", "thanks", "over"):
        return render_template("portal/after.html", view=view)
    token = arrivals.join_secret_of(cookie.read_token(tenant.slug) or "")
    platform, program = rules.platform_of(request.headers.get("User-Agent", "")), _program()
    command = rules.source_command(settings.public_url, tenant.slug, token)
    if program is not None:
        command = rules.start_command(rules.download_name(tenant.slug, token, program.name))
    return render_template(
        "portal/arrival.html",
        view=view,
        steps=rules.SHOWN_STEPS,
        done=rules.done_steps(view.step),
        token=token,
        platform=platform,
        has_program=program is not None,
        command=command if program is None or platform == "linux" else None,
    )


def _program() -> Path | None:
    platform = rules.platform_of(request.headers.get("User-Agent", ""))
    return queries.find_program(_settings().download_dir, platform)


def _own_arrival() -> Arrival:
    """The arrival of this browser's cookie. Raises NotFound, also for another company's."""
    arrival = cookie.find_arrival(current_tenant().slug, now_utc())
    if arrival is None:
        raise NotFound
    return arrival


def _stream(open_stream: live.OpenStream) -> Response:
    streams: live.Live = current_app.extensions["portal.live"]
    give_back = streams.seats.take(attempt_source(caller_address()))
    if give_back is None:
        return Response("", 503, {"Retry-After": str(int(live.LOOK_EVERY_S))})
    response = Response(open_stream(streams), mimetype="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"  # nginx would keep the events back
    response.call_on_close(give_back)
    return response


def _visitor() -> Visitor:
    return Visitor(caller_address(), request.headers.get("User-Agent", ""), language())


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings
