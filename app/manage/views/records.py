"""One's own supports: the list, each with its report, and what they add up to. Nobody else's are found."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.errors import AppError
from app.manage.records.queries import find_own_records, list_own_lengths
from app.manage.records.rules import add_up, read_records_asked, read_statistics_asked
from app.manage.records.words import GRADES, RESULTS
from app.manage.rules import ZONE
from app.manage.views import blueprint
from app.routes import agent_only, current_identity
from app.support import queries
from app.support.actions.reports import list_types_of, write_report
from app.team.queries import get_agent
from app.team.settings import shows_addresses
from tenants.database import now_utc
from wire.limits import MAX_REPORT
from wire.signal.commands import Report, SupportResult

__all__: list[str] = []


@blueprint.get("/manage/me/records")
@agent_only
def my_records() -> ResponseReturnValue:
    """A page of one's ended supports, the newest first."""
    asked = read_records_asked(request.args)
    return render_template(
        "manage/my_records.html",
        asked=asked,
        found=find_own_records(_me(), asked),
        shows_addresses=_sees_addresses(),
        results=RESULTS,
        grades=GRADES,
    )


@blueprint.route("/manage/me/records/<session>", methods=["GET", "POST"])
@agent_only
def my_record(session: str) -> ResponseReturnValue:
    """One of them; POST keeps what it was about."""
    found = queries.get_session(session, agent_id=_me())
    types, refusal, status = list_types_of(found), "", 200
    chosen = next((key for key, _name, is_own in types if is_own), "")
    result, content = found.result, found.content or ""
    if request.method == "POST":
        chosen, content = request.form.get("issue_type", ""), request.form.get("content", "")[:5000]
        said: SupportResult = next((key for key in RESULTS if key == request.form.get("result")), "unchecked")
        result, report = said, Report(session, chosen or None, said, content)
        try:
            write_report(report, agent=get_agent(_me()), now=now_utc())
        except AppError as error:
            if error.status != 422:
                raise
            refusal, status = str(error.for_reader), error.status
        else:
            flash(_("상담 기록을 저장했습니다."))
            return redirect(url_for("manage.my_record", session=session))
    page = render_template(
        "manage/my_record.html",
        found=found,
        types=types,
        chosen=chosen,
        result=result,
        survey=queries.find_survey(found.id),
        shows_addresses=_sees_addresses(),
        results=RESULTS,
        grades=GRADES,
        content=content,
        longest=MAX_REPORT,
        refusal=refusal,
    )
    return page, status


@blueprint.get("/manage/me/statistics")
@agent_only
def my_statistics() -> ResponseReturnValue:
    """How many supports, how long, by day or by month."""
    asked = read_statistics_asked(request.args, now_utc().astimezone(ZONE).date())
    sums, total = add_up(list_own_lengths(_me(), asked), asked.by)
    return render_template("manage/my_statistics.html", asked=asked, sums=sums, total=total)


def _me() -> int:
    return current_identity().agent_id or 0


def _sees_addresses() -> bool:
    return shows_addresses() or get_agent(_me()).is_admin
