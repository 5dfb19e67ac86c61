"""From a program's command to the action that does it, once: the same id again gets the same answer.

The answer is stored in the transaction of the deed. A refusal (AppError) is an answer too; it is stored by
itself, because the deed was rolled back. Unknown commands are answered "unknown", malformed ones close the
socket.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.exc import IntegrityError

from app.accounts.actions import renew_log_in
from app.accounts.actors import agent_actor
from app.errors import AppError, NotFound, Refused
from app.support.actions import channels, files, programs, reports, sessions, slots
from app.support.deed import again_on_conflict
from app.support.signal import streams
from app.team.models import Agent
from app.team.option_places import COMMANDS, refuse_when_off
from tenants.database import db
from tenants.writing import writing
from wire.signal import commands as wire_commands
from wire.signal.commands import AGENT_COMMANDS, CUSTOMER_COMMANDS, Answer, Command, dump_answer
from wire.signal.messages import KeyCommit, KeyOpen

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose stream it is: ids only, because rows belong to one transaction."""

    tenant_id: int
    stream_id: int
    agent_id: int | None = None
    login_session_id: int | None = None
    session_id: int | None = None
    credential_id: int | None = None
    #: A browser's page speaks; its tickets are good for a browser only.
    is_page: bool = False

    @property
    def is_agent(self) -> bool:
        """Whether the agent's program speaks; otherwise the customer's."""
        return self.agent_id is not None

    @property
    def table(self) -> Mapping[str, type[Command]]:
        """The commands this program may send, by `t`."""
        return AGENT_COMMANDS if self.is_agent else CUSTOMER_COMMANDS


Data = dict[str, Any] | None
_AgentDeed = Callable[[Any, Agent, Owner, datetime], Data]
_CustomerDeed = Callable[[Any, int, Owner, datetime], Data]


def run(command_id: str, command: Command | None, owner: Owner, *, now: datetime) -> str:
    """Do the command unless it was done before; return the text of its answer. The tenant's scope is open."""
    before = streams.find_answer(owner.stream_id, command_id)
    if before is not None:
        return before
    if command is None:
        return _keep(owner, Answer(command_id, ok=False, code="unknown"), now)
    try:
        return again_on_conflict(lambda: _do_and_keep(command_id, command, owner, now))
    except AppError as error:
        log.info("command_refused", command=command.TYPE, code=error.code, stream=owner.stream_id)
        retry = bool(getattr(error, "retry", False))
        return _keep(owner, Answer(command_id, ok=False, code=error.code, retry=retry), now)


def _do_and_keep(command_id: str, command: Command, owner: Owner, now: datetime) -> str:
    with writing():
        before = streams.find_answer(owner.stream_id, command_id)
        if before is not None:
            return before
        text = dump_answer(Answer(command_id, ok=True, data=_do(command, owner, now)))
        streams.keep_answer(owner.stream_id, command_id, text, now=now)
    return text


def _keep(owner: Owner, answer: Answer, now: datetime) -> str:
    text = dump_answer(answer)
    if answer.retry:
        return text
    try:
        with writing():
            streams.keep_answer(owner.stream_id, answer.re, text, now=now)
    except IntegrityError:  # the same command on two sockets at once: the first one's answer stands
        return streams.find_answer(owner.stream_id, answer.re) or text
    return text


def _do(command: Command, owner: Owner, now: datetime) -> Data:
    if owner.agent_id is not None:
        agent = db.session.get(Agent, owner.agent_id)
        if agent is None:
            raise NotFound
        refuse_when_off(COMMANDS["agent"][command.TYPE], agent.id)
        return _AGENT[type(command)](command, agent, owner, now)
    assert owner.session_id is not None, "a customer's stream has a support session"
    return _CUSTOMER[type(command)](command, owner.session_id, owner, now)


# --- the agent's program ----------------------------------------------------------------------------------


def _slot_add(command: wire_commands.SlotAdd, agent: Agent, owner: Owner, now: datetime) -> Data:
    return {"slot": slots.add_slot(agent.id, by=agent_actor(agent), now=now).public_id}


def _slot_remove(command: wire_commands.SlotRemove, agent: Agent, owner: Owner, now: datetime) -> Data:
    slots.remove_slot(command.slot, agent_id=agent.id, by=agent_actor(agent), now=now)
    return None


def _slot_new_code(command: wire_commands.SlotNewCode, agent: Agent, owner: Owner, now: datetime) -> Data:
    slots.draw_new_code(command.slot, agent_id=agent.id, by=agent_actor(agent), now=now)
    return None


def _slot_auto(command: wire_commands.SlotAuto, agent: Agent, owner: Owner, now: datetime) -> Data:
    slots.set_auto_connect(command.slot, command.on, agent_id=agent.id, by=agent_actor(agent), now=now)
    return None


def _agent_state(command: wire_commands.AgentState, agent: Agent, owner: Owner, now: datetime) -> Data:
    sessions.set_agent_state(owner.stream_id, command.state, now=now)
    return None


def _accept(command: wire_commands.Accept, agent: Agent, owner: Owner, now: datetime) -> Data:
    participant = channels.accept(command.session, agent=agent, stream_id=owner.stream_id, now=now)
    return {"participant": participant.public_id}


def _release(command: wire_commands.Release, agent: Agent, owner: Owner, now: datetime) -> Data:
    sessions.release(command.session, agent=agent, now=now)
    return None


def _end_session(command: wire_commands.EndSession, agent: Agent, owner: Owner, now: datetime) -> Data:
    sessions.end_by_agent(command.session, command.reason, agent=agent, now=now)
    return None


def _report(command: wire_commands.Report, agent: Agent, owner: Owner, now: datetime) -> Data:
    reports.write_report(command, agent=agent, now=now)
    return None


def _token_renew(command: wire_commands.TokenRenew, agent: Agent, owner: Owner, now: datetime) -> Data:
    """Lengthen the log-in; the token itself stays, because a new one could be lost on the way.

    A browser's log-in ends when nobody uses it, whatever its pages ask for.
    """
    assert owner.login_session_id is not None
    if owner.is_page:
        raise Refused
    return {"expires_s": renew_log_in(owner.login_session_id, now=now)}


def _agent_key(command: KeyOpen, agent: Agent, owner: Owner, now: datetime) -> Data:
    channels.pass_agent_key(command, agent=agent, stream_id=owner.stream_id, now=now)
    return None


def _agent_tickets(command: wire_commands.TicketNeed, agent: Agent, owner: Owner, now: datetime) -> Data:
    channels.need_tickets(command, agent=agent, session_id=None, stream_id=owner.stream_id, now=now)
    return None


def _agent_link(command: wire_commands.LinkReport, agent: Agent, owner: Owner, now: datetime) -> Data:
    channels.note_link(command, agent=agent, session_id=None, now=now)
    return None


# --- the customer program ---------------------------------------------------------------------------------


def _started(command: wire_commands.Started, session_id: int, owner: Owner, now: datetime) -> Data:
    programs.note_started(session_id, command, now=now)
    return None


def _consent(command: wire_commands.Consent, session_id: int, owner: Owner, now: datetime) -> Data:
    programs.note_consent(session_id, command.answers, participant=command.participant, now=now)
    return None


def _revoked(command: wire_commands.Revoked, session_id: int, owner: Owner, now: datetime) -> Data:
    programs.note_revoked(session_id, command.participant, command.rights, now=now)
    return None


def _key_commit(command: KeyCommit, session_id: int, owner: Owner, now: datetime) -> Data:
    channels.pass_commit(session_id, command, now=now)
    return None


def _customer_key(command: KeyOpen, session_id: int, owner: Owner, now: datetime) -> Data:
    channels.pass_customer_key(session_id, command, now=now)
    return None


def _customer_tickets(
    command: wire_commands.TicketNeed, session_id: int, owner: Owner, now: datetime
) -> Data:
    channels.need_tickets(command, agent=None, session_id=session_id, stream_id=owner.stream_id, now=now)
    return None


def _customer_link(command: wire_commands.LinkReport, session_id: int, owner: Owner, now: datetime) -> Data:
    channels.note_link(command, agent=None, session_id=session_id, now=now)
    return None


def _files(command: wire_commands.FilesNote, session_id: int, owner: Owner, now: datetime) -> Data:
    files.note_files(session_id, command, now=now)
    return None


def _end_own(command: wire_commands.EndOwnSession, session_id: int, owner: Owner, now: datetime) -> Data:
    sessions.end_by_customer(session_id, command.reason, now=now)
    return None


_AGENT: dict[type[Any], _AgentDeed] = {
    wire_commands.SlotAdd: _slot_add,
    wire_commands.SlotRemove: _slot_remove,
    wire_commands.SlotNewCode: _slot_new_code,
    wire_commands.SlotAuto: _slot_auto,
    wire_commands.AgentState: _agent_state,
    wire_commands.Accept: _accept,
    wire_commands.Release: _release,
    wire_commands.EndSession: _end_session,
    wire_commands.Report: _report,
    wire_commands.TokenRenew: _token_renew,
    KeyOpen: _agent_key,
    wire_commands.TicketNeed: _agent_tickets,
    wire_commands.LinkReport: _agent_link,
}
_CUSTOMER: dict[type[Any], _CustomerDeed] = {
    wire_commands.Started: _started,
    wire_commands.Consent: _consent,
    wire_commands.Revoked: _revoked,
    KeyCommit: _key_commit,
    KeyOpen: _customer_key,
    wire_commands.TicketNeed: _customer_tickets,
    wire_commands.LinkReport: _customer_link,
    wire_commands.FilesNote: _files,
    wire_commands.EndOwnSession: _end_own,
}


__all__ = ["Owner", "run"]
