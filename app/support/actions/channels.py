"""Who takes part, over which keys and tickets: accept, the key exchange, new epochs, how the channels are.

Order of protocols.md, kept by the rows: a participant is made only when the customer has consented (state
online or connected, step allowed); its offer is sent only when both key.open have arrived. Tickets are not
here: they are made when an offer is sent (signal/outgoing.py). A higher epoch replaces the lower one on the
relay.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update

from app.accounts.actors import agent_actor, customer_actor
from app.support import queries, relays
from app.support.actions.ending import end_participants, resume_deadline, tell_state
from app.support.deed import Deed, deed
from app.support.errors import FilesOff, KeysOutOfTurn, NotWaiting
from app.support.models import Connection, Participant, SupportSession
from app.support.rules import consent_question
from app.support.signal.streams import rows_of
from app.team.models import Agent
from tenants.database import db
from wire.signal.commands import LinkReport, TicketNeed
from wire.signal.messages import KeyAsk, KeyCommit, KeyOpen, Offer, ParticipantLeft, Peer


def accept(session_id: str, *, agent: Agent, stream_id: int, now: datetime) -> Participant:
    """Connect the agent to the customer who waits; a repeat returns the participant there is.

    `stream_id` is the agent's program that will show the screen. Raises NotFound, NotWaiting, NoRelay.
    """
    with deed(by=agent_actor(agent), now=now) as done:
        session = queries.get_session(session_id, agent_id=agent.id, lock=True)
        lead = queries.find_lead(session.id)
        if session.state == "connected" and lead is not None:
            return lead
        return connect(done, session, stream_id)


def accept_waiting(agent: Agent, *, stream_id: int, now: datetime) -> None:
    """Connect who consented while the agent's program was away, in slots that connect by themselves."""
    for session_id in queries.list_waiting_for_agent(agent.id):
        with deed(by=agent_actor(agent), now=now) as done:
            session = queries.lock_session(session_id)
            if session.state == "online":
                connect(done, session, stream_id)


def connect(done: Deed, session: SupportSession, stream_id: int) -> Participant:
    """Move the locked support session from online to connected and let its agent take part."""
    relay = relays.choose(now=done.now)
    won = db.session.execute(
        update(SupportSession)
        .where(SupportSession.id == session.id, SupportSession.state == "online")
        .values(
            state="connected",
            connected_at=done.now,
            relay_id=relay.id,
            link="ok",
            resume_until=None,
            version=SupportSession.version + 1,
        )
        .execution_options(synchronize_session=False)
    )
    if rows_of(won) != 1:
        raise NotWaiting
    db.session.refresh(session)
    participant = _add_lead(done, session, stream_id)
    tell_state(done, session)
    done.note(session, "connected", participant=participant.public_id, relay=relay.id)
    done.audit("session.connected", f"session:{session.public_id}")
    done.wake_waiting()
    return participant


def renew_lead(done: Deed, session: SupportSession) -> None:
    """Let the agent take part anew after the customer program was started and allowed again."""
    former = queries.find_last_lead(session.id)
    end_participants(done, session, "program started anew")
    session.link, session.resume_until = "ok", None
    session.relay_id = relays.choose(now=done.now, current=session.relay_id).id
    session.version += 1
    stream_id = former.agent_stream_id if former else None
    _add_lead(done, session, queries.live_agent_stream(session.agent_id, stream_id))
    tell_state(done, session, "consent given again")


def pass_commit(session_id: int, commit: KeyCommit, *, now: datetime) -> None:
    """Pass the customer's commitment on to the agent. Raises KeysOutOfTurn, NotFound."""
    with deed(by=customer_actor(""), now=now) as done:
        session = queries.lock_session(session_id)
        participant = queries.find_participant(commit.participant, session_id=session_id)
        if commit.epoch != participant.key_epoch or participant.key_commit not in (None, commit.commit):
            raise KeysOutOfTurn
        if participant.key_commit is None:
            participant.key_commit = commit.commit
            _tell_lead(done, session, participant, commit)


def pass_agent_key(opened: KeyOpen, *, agent: Agent, stream_id: int, now: datetime) -> None:
    """Pass the agent's key on to the customer, once the commitment has come. Raises KeysOutOfTurn, NotFound.

    Of two programs of one agent the first to answer keeps the participant.
    """
    with deed(by=agent_actor(agent), now=now) as done:
        found = queries.find_participant(opened.participant, agent_id=agent.id)
        session = queries.lock_session(found.support_session_id)
        participant = queries.find_participant(opened.participant, session_id=session.id)
        if opened.epoch != participant.key_epoch or participant.key_commit is None:
            raise KeysOutOfTurn
        if participant.key_agent == opened.pub:
            return
        if participant.key_agent is not None or opened.salt is not None:
            raise KeysOutOfTurn
        participant.key_agent, participant.agent_stream_id = opened.pub, stream_id
        done.tell_customer(session, opened)


def pass_customer_key(session_id: int, opened: KeyOpen, *, now: datetime) -> None:
    """Pass the customer's key to the agent and offer the channels to both. Raises KeysOutOfTurn, NotFound."""
    with deed(by=customer_actor(""), now=now) as done:
        session = queries.lock_session(session_id)
        participant = queries.find_participant(opened.participant, session_id=session_id)
        if participant.key_customer == opened.pub and opened.epoch == participant.key_epoch:
            return
        in_turn = opened.epoch == participant.key_epoch and participant.key_agent is not None
        if not in_turn or participant.key_customer is not None or opened.salt is None:
            raise KeysOutOfTurn
        participant.key_customer, participant.key_salt = opened.pub, opened.salt
        _tell_lead(done, session, participant, opened)
        _offer(done, session, participant)


def need_tickets(
    need: TicketNeed, *, agent: Agent | None, session_id: int | None, stream_id: int, now: datetime
) -> None:
    """Raise the participant's epoch and offer its channels anew, unless that was already done for this break.

    Either the agent's program asks (`agent`), or the customer's (`session_id`). With `keys_lost` the keys are
    exchanged anew first, and both sides show new words; another program of the agent takes the participant
    over by it, and the one before is told to let go. `unreachable` leads to another relay. Raises NotFound,
    NotWaiting.
    """
    with deed(by=agent_actor(agent) if agent else customer_actor(""), now=now) as done:
        found = queries.find_participant(
            need.participant, session_id=session_id, agent_id=agent.id if agent else None
        )
        session = queries.lock_session(found.support_session_id)
        participant = queries.find_participant(need.participant, session_id=session.id)
        if session.state != "connected":
            raise NotWaiting
        if agent is not None and _is_held_elsewhere(participant, agent, stream_id):
            if not need.keys_lost:
                done.tell(stream_id, ParticipantLeft(participant=participant.public_id, reason="elsewhere"))
                return
            _take_over(done, participant)
        if need.channel == "files":
            _offer_files(done, session, participant, need)
            return
        # A wish for new keys is served by a newer exchange, not by an offer that the other end asked for.
        if need.epoch < (participant.key_epoch if need.keys_lost else participant.epoch):
            return
        relay = relays.choose(now=now, current=session.relay_id, is_unreachable=need.unreachable)
        if need.unreachable and relay.id == session.relay_id and need.epoch == participant.epoch:
            return  # nowhere else to go: the tickets are unspent, and the programs go on trying
        participant.epoch += 1
        session.relay_id = relay.id
        done.note(session, "epoch", participant=participant.public_id, epoch=participant.epoch)
        if need.keys_lost:
            if agent is not None:
                participant.agent_stream_id = stream_id
            _ask_keys(done, session, participant)
        elif participant.key_customer is not None:
            _offer(done, session, participant)


def _is_held_elsewhere(participant: Participant, agent: Agent, stream_id: int) -> bool:
    """Whether another program of the agent, whose log-in lives, holds the participant."""
    holder = participant.agent_stream_id
    return holder not in (None, stream_id) and queries.live_agent_stream(agent.id, holder) == holder


def _take_over(done: Deed, participant: Participant) -> None:
    assert participant.agent_stream_id is not None
    left = ParticipantLeft(participant=participant.public_id, reason="elsewhere")
    done.tell(participant.agent_stream_id, left)


def note_link(report: LinkReport, *, agent: Agent | None, session_id: int | None, now: datetime) -> None:
    """Note how one end sees one channel; both programs are told when the support session's link changed.

    Raises NotFound.
    """
    with deed(by=agent_actor(agent) if agent else customer_actor(""), now=now) as done:
        found = queries.find_participant(
            report.participant, session_id=session_id, agent_id=agent.id if agent else None
        )
        session = queries.lock_session(found.support_session_id)
        participant = queries.find_participant(report.participant, session_id=session.id)
        _note_connection(session, participant, report, now)
        if session.state == "connected" and report.channel in ("screen", "control"):
            set_link(done, session, report.state)


def set_link(done: Deed, session: SupportSession, link: str, *, stays_until: datetime | None = None) -> None:
    """Set how the support session's link is; the resume window begins when it is lost."""
    until = stays_until
    if link == "lost":
        until = session.resume_until or resume_deadline(done.now)
    if session.link == link and (session.resume_until is None) == (until is None):
        return
    changed = session.link != link
    session.link, session.resume_until = link, until
    if changed:
        session.version += 1
        done.note(session, f"link.{link}")
        tell_state(done, session)


def _add_lead(done: Deed, session: SupportSession, stream_id: int | None) -> Participant:
    participant = Participant(
        support_session_id=session.id,
        ordinal=queries.next_ordinal(session.id),
        agent_id=session.agent_id,
        role="lead",
        agent_stream_id=stream_id,
        joined_at=done.now,
    )
    db.session.add(participant)
    db.session.flush()
    _ask_keys(done, session, participant)
    return participant


def _ask_keys(done: Deed, session: SupportSession, participant: Participant) -> None:
    """Begin the key exchange of a participant at its present epoch."""
    participant.key_epoch = participant.epoch
    participant.key_commit = participant.key_agent = participant.key_customer = participant.key_salt = None
    ask = KeyAsk(
        session=session.public_id,
        participant=participant.public_id,
        epoch=participant.epoch,
        ordinal=participant.ordinal,
        role=participant.role,  # type: ignore[arg-type]
        agent_name=_agent_name(participant),
    )
    done.tell_customer(session, ask)
    _tell_lead(done, session, participant, ask)


def _offer_files(done: Deed, session: SupportSession, participant: Participant, need: TicketNeed) -> None:
    """Offer the files channel alone, in the present epoch: what runs is not disturbed. Raises FilesOff."""
    options = queries.options_of(session.agent_id)
    if not (options.get("send_file") or options.get("get_file")):
        raise FilesOff
    if need.epoch == participant.epoch and participant.key_customer is not None:
        _offer(done, session, participant, only="files")


def _offer(done: Deed, session: SupportSession, participant: Participant, *, only: str | None = None) -> None:
    """Offer the channels, or `only` one, to both ends; the tickets come when the messages are sent."""
    options = queries.options_of(session.agent_id)
    relay = relays.relay_of(session.relay_id)
    for side in ("agent", "customer"):
        peer = (
            Peer(pc=session.pc_name or "", os=session.os or "")
            if side == "agent"
            else Peer(name=_agent_name(participant))
        )
        offer = Offer(
            session=session.public_id,
            participant=participant.public_id,
            ordinal=participant.ordinal,
            role=participant.role,  # type: ignore[arg-type]
            epoch=participant.epoch,
            relay_url=relay.url,
            more_urls=relay.more_urls,
            tickets={only: "later"} if only else {},
            ttl_s=60,
            rights_wanted=consent_question(options).wanted,  # type: ignore[arg-type]
            options=options,
            peer=peer,
        )
        if side == "agent":
            _tell_lead(done, session, participant, offer)
        else:
            done.tell_customer(session, offer)


def _tell_lead(
    done: Deed,
    session: SupportSession,
    participant: Participant,
    message: KeyAsk | KeyCommit | KeyOpen | Offer,
) -> None:
    """Tell the one program of the agent that holds this participant; all of them while none does."""
    stream_id = queries.live_agent_stream(session.agent_id, participant.agent_stream_id)
    if stream_id is not None:
        done.tell(stream_id, message)


def _agent_name(participant: Participant) -> str:
    agent = db.session.get(Agent, participant.agent_id) if participant.agent_id else None
    return agent.name if agent else ""


def _note_connection(
    session: SupportSession, participant: Participant, report: LinkReport, now: datetime
) -> None:
    row = queries.find_connection(participant.id, report.channel, participant.epoch)
    if row is None:
        if report.state == "lost":
            return
        row = Connection(
            participant_id=participant.id,
            channel=report.channel,
            epoch=participant.epoch,
            relay_id=session.relay_id or "",
            opened_at=now,
        )
        db.session.add(row)
    row.closed_at = now if report.state == "lost" else None
