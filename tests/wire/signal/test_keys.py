"""Commit and reveal: who may show which key when, and what a man in the middle cannot do."""

from __future__ import annotations

import pytest

from tests.wire.signal.test_messages import P, S
from wire.errors import SealBroken, WrongState
from wire.seal import ParticipantKey, new_salt
from wire.signal.keys import KeyExchange
from wire.signal.messages import KeyCommit, KeyOpen
from wire.terms import Side

Said = list[KeyCommit | KeyOpen]


def make(role: Side) -> KeyExchange:
    return KeyExchange(role=role, session=S, participant=P)


def exchange(customer: KeyExchange, agent: KeyExchange, epoch: int) -> None:
    """Pass everything on, as the web half does."""
    to_agent: Said = customer.start(epoch)
    while to_agent:
        to_customer = [answer for message in to_agent for answer in agent.receive(message)]
        to_agent = [answer for message in to_customer for answer in customer.receive(message)]


def test_it_gives_both_ends_the_same_six_words() -> None:
    customer, agent = make("customer"), make("agent")
    exchange(customer, agent, 1)
    assert (customer.is_complete, agent.is_complete) == (True, True)
    assert customer.peer_public == agent.own.public
    assert customer.words("ko") == agent.words("ko")
    assert len(set(customer.words("en"))) > 1


def test_it_has_no_words_before_the_keys() -> None:
    with pytest.raises(WrongState):
        make("agent").words("ko")


def test_it_commits_before_it_shows() -> None:
    customer = make("customer")
    (commit,) = customer.start(1)
    assert isinstance(commit, KeyCommit)
    assert customer.own.public not in (commit.commit, commit.to_json().values())


def test_it_refuses_a_key_that_was_chosen_after_the_agents() -> None:
    """The commitment is the whole defence: with the agent's key known, six equal words are 2^33 work."""
    customer, agent = make("customer"), make("agent")
    agent.receive(customer.start(1)[0])
    forged = ParticipantKey.generate()
    with pytest.raises(SealBroken, match="commitment"):
        agent.receive(KeyOpen(P, 1, forged.public, new_salt()))
    assert not agent.is_complete


def test_it_refuses_a_key_without_its_salt() -> None:
    customer, agent = make("customer"), make("agent")
    agent.receive(customer.start(1)[0])
    with pytest.raises(SealBroken):
        agent.receive(KeyOpen(P, 1, customer.own.public))


def test_it_refuses_a_key_before_the_commitment() -> None:
    with pytest.raises(WrongState, match=r"before key\.commit"):
        make("agent").receive(KeyOpen(P, 1, ParticipantKey.generate().public, new_salt()))


def test_it_refuses_a_second_commitment_and_a_second_key() -> None:
    customer, agent, middle = make("customer"), make("agent"), make("customer")
    exchange(customer, agent, 1)
    with pytest.raises(SealBroken, match="second"):
        agent.receive(middle.start(1)[0])
    with pytest.raises(SealBroken, match="second"):
        customer.receive(KeyOpen(P, 1, middle.own.public))


def test_it_gives_other_words_with_a_man_in_the_middle() -> None:
    customer, agent = make("customer"), make("agent")
    to_customer, to_agent = make("agent"), make("customer")
    exchange(customer, to_customer, 1)
    exchange(to_agent, agent, 1)
    assert customer.words("ko") != agent.words("ko")


@pytest.mark.parametrize("public", [bytes(65), b"\x04" + bytes(64), b"\x04" + b"\xff" * 64])
def test_it_refuses_a_key_off_the_curve(public: bytes) -> None:
    customer = make("customer")
    customer.start(1)
    with pytest.raises(SealBroken, match="not a point"):
        customer.receive(KeyOpen(P, 1, public))
    assert not customer.is_complete


def test_it_refuses_its_own_key_back() -> None:
    customer = make("customer")
    customer.start(1)
    with pytest.raises(SealBroken, match="our own key"):
        customer.receive(KeyOpen(P, 1, customer.own.public))


def test_it_takes_repeats_after_a_resume_without_harm() -> None:
    customer, agent = make("customer"), make("agent")
    (commit,) = customer.start(1)
    (shown,) = agent.receive(commit)
    assert agent.receive(commit) == []
    (opened,) = customer.receive(shown)
    assert customer.receive(shown) == []
    agent.receive(opened)
    agent.receive(opened)
    assert customer.start(1) == [commit, opened]
    assert agent.repeat() == [shown]
    assert agent.words("ko") == customer.words("ko")


def test_it_keeps_its_keys_over_epochs_and_drops_older_messages() -> None:
    customer, agent = make("customer"), make("agent")
    exchange(customer, agent, 5)
    words = agent.words("ko")
    assert agent.receive(KeyCommit(P, 4, bytes(32))) == []
    assert customer.start(4) == []
    assert agent.words("ko") == words


def test_it_begins_anew_when_one_end_lost_its_keys() -> None:
    customer, old_agent, new_agent = make("customer"), make("agent"), make("agent")
    exchange(customer, old_agent, 1)
    before = customer.words("ko")
    exchange(customer, new_agent, 2)
    assert customer.words("ko") == new_agent.words("ko") != before


def test_it_does_not_act_for_another_participant_or_role() -> None:
    customer, agent = make("customer"), make("agent")
    with pytest.raises(WrongState, match="another participant"):
        agent.receive(KeyCommit(S, 1, bytes(32)))
    with pytest.raises(WrongState):
        agent.start(1)
    customer.start(1)
    with pytest.raises(WrongState):
        customer.receive(KeyCommit(P, 1, bytes(32)))
    with pytest.raises(WrongState, match="epoch 2"):
        customer.receive(KeyOpen(P, 2, agent.own.public))
