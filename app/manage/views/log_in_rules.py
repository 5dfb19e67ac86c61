"""How the company's people log in: limits, who needs a second step, and the addresses they may come from."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.errors import WouldLockOut
from app.accounts.policy import allow_range, change_policy, forbid_range, list_ranges, read_policy
from app.accounts.rules import POLICY_RANGES, Policy
from app.accounts.second_factor import find_second_factor
from app.errors import AppError, NotFound
from app.manage.doer import doer
from app.manage.views import blueprint
from app.remote import caller_address
from app.routes import admin_only, current_identity
from tenants.database import now_utc

__all__: list[str] = []

AUDIENCES = ("admin", "agent")


@blueprint.route("/manage/log-in-rules", methods=["GET", "POST"])
@admin_only
def log_in_rules() -> ResponseReturnValue:
    """Limits and who needs a second step; POST stores them."""
    policy, refusal, status = read_policy(), "", 200
    if request.method == "POST":
        policy = _asked()
        try:
            change_policy(policy, by=doer(), now=now_utc())
        except AppError as error:
            refusal, status = str(error.for_reader), error.status
        else:
            flash(_("로그인 규칙을 저장했습니다."))
            return redirect(url_for("manage.log_in_rules"))
    return _page(policy, refusal=refusal), status


@blueprint.post("/manage/log-in-rules/addresses")
@admin_only
def log_in_addresses() -> ResponseReturnValue:
    """Add or take away an address; one that would lock the asker out is asked about once more."""
    audience, text = request.form.get("audience", ""), request.form.get("address", "").strip()
    deed = {"add": allow_range, "remove": forbid_range}.get(request.form.get("deed", ""))
    if audience not in AUDIENCES or deed is None:
        raise NotFound
    is_sure = request.form.get("sure") == "yes"
    try:
        deed(audience, text, here=caller_address(), by=doer(), now=now_utc(), is_sure=is_sure)
    except WouldLockOut as error:
        asked = {"audience": audience, "address": text, "deed": request.form["deed"]}
        return _page(read_policy(), asked=asked, address_refusal=str(error.for_reader)), error.status
    except NotFound:
        raise
    except AppError as error:
        typed = {"audience": audience, "address": text}
        return _page(read_policy(), typed=typed, address_refusal=str(error.for_reader)), error.status
    if request.form["deed"] == "add":
        flash(_("허용 IP를 넣었습니다."))
    else:
        flash(_("허용 IP를 뺐습니다."))
    return redirect(url_for("manage.log_in_rules") + "#addresses")


def _asked() -> Policy:
    numbers = {name: _number(request.form.get(name, "")) for name in POLICY_RANGES}
    return Policy(
        **numbers,
        two_step=request.form.get("two_step", ""),
        version=_number(request.form.get("version", "")),
    )


def _number(text: str) -> int:
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 8 else -1


def _page(
    policy: Policy,
    *,
    refusal: str = "",
    address_refusal: str = "",
    asked: dict[str, str] | None = None,
    typed: dict[str, str] | None = None,
) -> str:
    ranges = list_ranges()
    return render_template(
        "manage/log_in_rules.html",
        policy=policy,
        limits=POLICY_RANGES,
        refusal=refusal,
        address_refusal=address_refusal,
        asked=asked,
        typed=typed or {},
        ranges={audience: [row.cidr for row in ranges if row.audience == audience] for audience in AUDIENCES},
        here=caller_address(),
        has_second_step=find_second_factor(current_identity().agent_id or 0) is not None,
    )
