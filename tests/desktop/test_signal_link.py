"""The signal link on real sockets: it comes back by itself, resumes, repeats commands, knows when to stop."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from typing import Any

import pytest

from desktop.backoff import Backoff
from desktop.connection import LinkThread
from desktop.signal_link import SignalLink
from tests.desktop.servers import DEADLINE_S, FakeWeb, ServerSocket, wait_until
from tests.wire.signal.test_messages import P, S
from wire.signal import commands as c
from wire.signal import messages as m

SNAPSHOT = m.AgentSnapshot(m.Tenant("t", "u"), m.Agent(P, "보라", "online"), {}, (), ())


class Program:
    """An agent's program that keeps what it is told."""

    def __init__(self, link: LinkThread, port: int) -> None:
        self.received: list[m.Received] = []
        self.states: list[tuple[str, str]] = []
        self.answers: list[tuple[c.Command, c.Answer]] = []
        self.signal = SignalLink(
            link,
            f"http://127.0.0.1:{port}/",
            "agent.maru.secret",
            role="agent",
            on_message=self.received.append,
            on_state=lambda state, why: self.states.append((state, why)),
            on_answer=lambda command, answer: self.answers.append((command, answer)),
            backoff=Backoff(lambda low, high: min(high, 0.01)),
        )
        self.signal.start()

    def surveys(self) -> list[int | None]:
        return [one.n for one in self.received if isinstance(one.message, m.Survey)]


@pytest.fixture
def web() -> Iterator[FakeWeb]:
    with FakeWeb() as server:
        yield server


@pytest.fixture
def program(link: LinkThread, web: FakeWeb) -> Iterator[Program]:
    made = Program(link, web.port)
    yield made
    made.signal.stop()


def hello(socket: ServerSocket, last: int, *, resumed: bool) -> None:
    socket.send(m.dump_message(m.Hello(S, last, resumed)))
    if not resumed:
        socket.send(m.dump_message(SNAPSHOT))


def say(socket: ServerSocket, n: int) -> None:
    socket.send(m.dump_message(m.Survey(S, "neutral"), n=n))


def next_socket(web: FakeWeb) -> ServerSocket:
    return web.opened.get(timeout=DEADLINE_S)


def next_command(web: FakeWeb, t: str) -> dict[str, Any]:
    while True:
        _, data = web.received.get(timeout=DEADLINE_S)
        if data["t"] == t:
            return data


def test_it_opens_with_a_ticket_and_delivers_in_order(web: FakeWeb, program: Program) -> None:
    socket = next_socket(web)
    assert socket.path == "/signal?ticket=t1&after=0"
    assert web.posts == [("/signal/ticket", "agent.maru.secret")]
    hello(socket, 10, resumed=False)
    say(socket, 11)
    say(socket, 12)
    wait_until(lambda: program.surveys() == [11, 12])
    assert program.received[0].message == SNAPSHOT
    assert program.states == [("connecting", ""), ("online", "")]
    assert next_command(web, "ack")["n"] == 11


def test_it_resumes_after_the_web_half_was_killed(web: FakeWeb, program: Program) -> None:
    socket = next_socket(web)
    hello(socket, 10, resumed=False)
    say(socket, 11)
    wait_until(lambda: program.surveys() == [11])
    web.drop()
    again = next_socket(web)
    assert again.path == "/signal?ticket=t2&after=11"
    hello(again, 12, resumed=True)
    say(again, 12)
    wait_until(lambda: program.surveys() == [11, 12])
    wait_until(
        lambda: [state for state, _ in program.states] == ["connecting", "online", "offline", "online"]
    )


def test_it_comes_back_when_a_number_is_missing(web: FakeWeb, program: Program) -> None:
    socket = next_socket(web)
    hello(socket, 10, resumed=False)
    say(socket, 12)
    assert next_socket(web).path.endswith("after=10")


def test_it_comes_back_after_a_bad_message(web: FakeWeb, program: Program) -> None:
    socket = next_socket(web)
    hello(socket, 10, resumed=False)
    socket.send('{"n":11,"t":"survey"}')
    assert next_socket(web).path.endswith("after=10")


def test_it_repeats_a_command_until_it_is_answered(web: FakeWeb, program: Program) -> None:
    heard: queue.Queue[c.Answer] = queue.Queue()
    hello(next_socket(web), 10, resumed=False)
    program.signal.send(c.SlotAdd(), heard.put)
    first = next_command(web, "slot.add")
    web.drop()
    socket = next_socket(web)
    hello(socket, 10, resumed=True)
    assert next_command(web, "slot.add") == first
    socket.send(c.dump_answer(c.Answer(first["id"], ok=True, data={"slot": S})))
    answer = heard.get(timeout=DEADLINE_S)
    assert answer.data == {"slot": S}
    wait_until(lambda: program.answers == [(c.SlotAdd(), answer)])


def test_it_answers_pings(web: FakeWeb, program: Program) -> None:
    socket = next_socket(web)
    hello(socket, 0, resumed=False)
    socket.send('{"t":"ping"}')
    assert next_command(web, "pong") == {"t": "pong"}


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (4001, "replaced"),
        (4003, "refused"),
        (4010, "login_ended"),
        (4011, "tenant_stopped"),
        (4012, "session_over"),
    ],
)
def test_it_stops_when_the_web_half_says_so(web: FakeWeb, program: Program, code: int, why: str) -> None:
    socket = next_socket(web)
    hello(socket, 0, resumed=False)
    socket.send_close(code)
    wait_until(lambda: program.states[-1:] == [("ended", why)])
    assert len(web.posts) == 1


@pytest.mark.parametrize("code", [1012, 1011, 4000, 4008])
def test_it_comes_back_after_any_other_close(web: FakeWeb, program: Program, code: int) -> None:
    socket = next_socket(web)
    hello(socket, 0, resumed=False)
    socket.send_close(code)
    next_socket(web)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_it_stops_when_its_token_is_worth_nothing(link: LinkThread, web: FakeWeb, status: int) -> None:
    web.answers.put((status, {"ok": False, "code": "B-21", "text": "다시 로그인해 주십시오."}))
    program = Program(link, web.port)
    wait_until(lambda: program.states[-1:] == [("ended", "B-21")])
    assert len(web.posts) == 1


def test_it_tries_again_while_the_web_half_is_in_trouble(link: LinkThread, web: FakeWeb) -> None:
    for answer in ((503, {"ok": False}), (200, {"ticket": 5}), (200, {}), (429, {})):
        web.answers.put(answer)
    program = Program(link, web.port)
    hello(next_socket(web), 0, resumed=False)
    wait_until(lambda: program.states[-1:] == [("online", "")])
    assert len(web.posts) == 5
    program.signal.stop()


def test_it_finds_a_web_half_that_starts_later(link: LinkThread) -> None:
    with FakeWeb() as gone:
        port = gone.port
    program = Program(link, port)
    wait_until(lambda: program.states[-1:] and program.states[-1][0] == "offline")
    with FakeWeb(port=port) as web:
        hello(next_socket(web), 0, resumed=False)
        wait_until(lambda: program.states[-1:] == [("online", "")])
        program.signal.stop()


def test_it_uses_a_renewed_token(web: FakeWeb, program: Program) -> None:
    socket = next_socket(web)
    hello(socket, 0, resumed=False)
    program.signal.send(c.TokenRenew())
    id = next_command(web, "token.renew")["id"]
    socket.send(c.dump_answer(c.Answer(id, ok=True, data={"token": "agent.maru.new", "expires_s": 43200})))
    wait_until(lambda: program.answers)
    web.drop()
    next_socket(web)
    assert web.posts[-1][1] == "agent.maru.new"


def test_it_says_busy_when_too_many_commands_wait(web: FakeWeb, program: Program) -> None:
    heard: queue.Queue[c.Answer] = queue.Queue()
    hello(next_socket(web), 0, resumed=False)
    for _ in range(256):
        program.signal.send(c.SlotAdd())
    program.signal.send(c.SlotAdd(), heard.put)
    answer = heard.get(timeout=DEADLINE_S)
    assert (answer.ok, answer.code, answer.retry) == (False, "busy", True)


def test_it_answers_for_a_command_that_was_replaced(web: FakeWeb, program: Program) -> None:
    heard: queue.Queue[c.Answer] = queue.Queue()
    hello(next_socket(web), 0, resumed=False)
    for epoch in (1, 2):
        program.signal.send(c.TicketNeed(P, "screen", epoch), heard.put)
    answer = heard.get(timeout=DEADLINE_S)
    assert (answer.ok, answer.code, answer.retry) == (False, "replaced", False)


def test_it_is_quiet_after_stop(web: FakeWeb, program: Program) -> None:
    socket = next_socket(web)
    hello(socket, 0, resumed=False)
    wait_until(lambda: program.states[-1:] == [("online", "")])
    program.signal.stop()
    wait_until(lambda: not web.sockets)
    say(socket, 1)
    assert program.states[-1:] == [("online", "")]
    assert (program.surveys(), len(web.posts)) == ([], 1)


def test_it_cuts_a_long_wait_short_when_a_session_connects(link: LinkThread) -> None:
    with FakeWeb() as gone:
        port = gone.port
    states: list[str] = []
    signal = SignalLink(
        link,
        f"http://127.0.0.1:{port}",
        "x",
        role="customer",
        on_message=lambda received: None,
        on_state=lambda state, why: states.append(state),
        backoff=Backoff(lambda low, high: 0.0 if high == 2.0 else 25.0),
    )
    signal.start()
    wait_until(lambda: states == ["connecting", "offline"])
    with FakeWeb(port=port) as web:
        started = time.monotonic()
        for _ in range(4):
            signal.set_connected(True)
        next_socket(web)
        assert time.monotonic() - started < 5.0
        signal.stop()
