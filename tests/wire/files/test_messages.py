"""Every message of the files channel as literal bytes, both ways."""

from __future__ import annotations

import json

import pytest

from wire.files import messages as m

HASH = bytes(range(32))
HASH_64 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
LITERAL: list[tuple[m.FileMessage, str]] = [
    (m.Hello(1, (1,), (2,), (2,)), '{"t":"hello","version":1,"sending":[1],"receiving":[2],"paused":[2]}'),
    (
        m.Job(1, "보고서.pdf", 1, 0, 9, reply=4),
        '{"t":"job","job":1,"name":"보고서.pdf","files":1,"folders":0,"bytes":9,"reply":4}',
    ),
    (
        m.Offer(3, 1, "가/나.txt", 9),
        '{"t":"offer","file":3,"job":1,"path":"가/나.txt","size":9,"folder":false}',
    ),
    (m.Whole(3, 1, HASH), f'{{"t":"whole","file":3,"round":1,"sha256":"{HASH_64}"}}'),
    (m.Done(1, 2), '{"t":"done","job":1,"skipped":2}'),
    (m.Take(1), '{"t":"take","job":1}'),
    (m.Refuse(1, "disk_full"), '{"t":"refuse","job":1,"code":"disk_full"}'),
    (m.Ready(3, 2, 7, HASH), f'{{"t":"ready","file":3,"round":2,"offset":7,"sha256":"{HASH_64}"}}'),
    (m.Ack(3, 2, 0, 9), '{"t":"ack","file":3,"round":2,"number":0,"offset":9}'),
    (m.Stored(3, "나 (1).txt"), '{"t":"stored","file":3,"path":"나 (1).txt"}'),
    (m.Finished(1), '{"t":"finished","job":1}'),
    (m.Drop(3, "changed"), '{"t":"drop","file":3,"code":"changed"}'),
    (m.Cancel(1, "cancelled"), '{"t":"cancel","job":1,"code":"cancelled"}'),
    (m.Pause(1, True), '{"t":"pause","job":1,"on":true}'),
    (m.Want(5), '{"t":"want","request":5}'),
    (m.ListFolder(5, "/home", 256), '{"t":"list","request":5,"path":"/home","start":256}'),
    (m.Get(5, "/home/a"), '{"t":"get","request":5,"path":"/home/a"}'),
    (
        m.Listing(5, "/home", (m.Entry("a", 9, 1790000000),), 256),
        '{"t":"listing","request":5,"path":"/home","entries":'
        '[{"name":"a","size":9,"modified":1790000000,"folder":false,"path":""}],"next":256}',
    ),
    (m.No(5, "not_allowed"), '{"t":"no","request":5,"code":"not_allowed"}'),
]


@pytest.mark.parametrize(("message", "text"), LITERAL, ids=lambda value: getattr(value, "TYPE", ""))
def test_it_is_these_bytes(message: m.FileMessage, text: str) -> None:
    assert json.dumps(message.to_json(), ensure_ascii=False, separators=(",", ":")) == text
    assert type(message).from_json(json.loads(text)) == message


def test_it_knows_a_literal_of_every_message() -> None:
    assert {message.TYPE for message, _ in LITERAL} == set(m.FILE_MESSAGES)


def test_a_chunk_is_these_bytes() -> None:
    chunk = m.Chunk(3, 2, 1, 4096, b"data")
    literal = bytes.fromhex("01 00000003 00000002 00000001 0000000000001000") + b"data"
    assert chunk.encode() == literal
    assert m.Chunk.decode(literal) == chunk


def test_everything_that_brings_or_asks_for_bytes_needs_an_option_and_a_right() -> None:
    """What the agent's program sends; answers and endings need none."""
    free = {
        "hello",
        "done",
        "take",
        "refuse",
        "ready",
        "ack",
        "stored",
        "finished",
        "drop",
        "cancel",
        "pause",
    }
    for kind in [*m.FILE_MESSAGES.values(), m.Chunk]:
        if kind.SENDER == "customer" or getattr(kind, "TYPE", "") in free:
            assert kind.RIGHT is None
        else:
            assert kind.RIGHT in ("files_in", "files_out")
            assert kind.OPTION is not None


def test_numbers_tell_whose_they_are() -> None:
    assert m.is_own(1, "agent")
    assert m.is_own(2, "customer")
    assert not m.is_own(2, "agent")
