"""Where options bite on the server: each address and each signal command declares its option, or None.

A view or command that an agent's or a customer's program can reach and that stands in no table fails a test
(tests/test_every_option.py). What is declared is enforced here, before the view runs; None means that no
option may take it away. Control messages declare theirs in wire/control; the customer program enforces those.
Source: docs/decisions/0078-options-at-once.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask import Flask, g, request
from flask_babel import lazy_gettext as _l

from app.errors import Refused
from app.team.options import OPTIONS
from app.team.queries import effective_options, get_agent

__all__ = ["COMMANDS", "NO_OPTIONS", "ROUTES", "init_app", "option_of_route", "refuse_when_off"]

#: Blueprints that no option switches: log-in, the administration, our own staff's pages, texts and health.
NO_OPTIONS: Final = frozenset({"accounts", "manage", "operator", "api", "pages", "static"})

#: By endpoint, for all other blueprints.
ROUTES: Final[Mapping[str, str | None]] = {
    "team.home": None,
    "team.download_viewer": None,
    "support.join": None,
    "support.signal": None,
    "support.signal_ticket": None,
    "console.slots": None,
    "console.view": "web_viewer",
    "console.words": None,
    "console.alive": None,
    "portal.page": None,
    "portal.short_page": None,
    "portal.numbers": None,
    "portal.numbers_live": None,
    "portal.arrival_state": None,
    "portal.arrival_live": None,
    "portal.redeem": None,
    "portal.take_number": None,
    "portal.download": None,
    "portal.leave": None,
    # Asked for by the customer, who has no log-in: app/support/actions looks at the option itself.
    "portal.answer_survey": "survey",
}

#: By side and type.
COMMANDS: Final[Mapping[str, Mapping[str, str | None]]] = {
    "agent": dict.fromkeys(
        (
            "pong",
            "ack",
            "ticket.need",
            "link",
            "slot.add",
            "slot.remove",
            "slot.new_code",
            "slot.auto",
            "agent.state",
            "accept",
            "release",
            "end",
            "report",
            "token.renew",
            "key.open",
        )
    ),
    "customer": dict.fromkeys(
        (
            "pong",
            "ack",
            "ticket.need",
            "link",
            "started",
            "consent",
            "revoked",
            "end",
            "files",
            "key.commit",
            "key.open",
        )
    ),
}


def option_of_route(endpoint: str) -> str | None:
    """The option that an address needs, None for none. Raises KeyError when nobody has declared it."""
    return None if endpoint.split(".", maxsplit=1)[0] in NO_OPTIONS else ROUTES[endpoint]


def refuse_when_off(key: str | None, agent_id: int) -> None:
    """Raises Refused when the option is off for this agent."""
    if key is not None and not effective_options(get_agent(agent_id))[key].value:
        raise Refused(
            _l("%(option)s 기능이 꺼져 있습니다. 관리자에게 문의해 주십시오.", option=OPTIONS[key].label)
        )


def init_app(app: Flask) -> None:
    """Ask after the gate has said who is calling."""
    app.before_request(_refuse_switched_off)


def _refuse_switched_off() -> None:
    identity = g.get("identity")
    if identity is None or identity.agent_id is None or request.endpoint is None:
        return
    refuse_when_off(ROUTES.get(request.endpoint), identity.agent_id)
