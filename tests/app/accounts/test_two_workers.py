"""Two programs of one agent on two web workers: exactly one wins, every time. All servers are real."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.cast import Cast
from tests.conftest import SECRETS
from tests.databases import OWNER, WEB
from tests.servers import START_S, running_redis, running_web

pytestmark = pytest.mark.flow
ROUNDS = 100


@pytest.fixture(scope="module")
def web(postgres, postgres_template: tuple[str, Cast], tmp_path_factory) -> Iterator[str]:
    """The web half with two workers on a database with the cast; its address."""
    if shutil.which("redis-server") is None:
        pytest.skip("no redis-server on this machine")
    folder: Path = tmp_path_factory.mktemp("two-workers")
    name = postgres.create_database(postgres_template[0])
    with running_redis(folder) as redis_url:
        environ = {
            **SECRETS,
            "BAROHELP_ENV": "test",
            "DATABASE_URL": postgres.url(name, WEB),
            "MIGRATION_DATABASE_URL": postgres.url(name, OWNER),
            "REDIS_URL": redis_url,
            "WEB_WORKERS": "2",
        }
        with running_web(folder, environ) as address:
            yield address
    postgres.drop_database(name)


def post(address: str, body: dict[str, object], token: str = "") -> tuple[int, dict[str, object]]:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    request = Request(address, json.dumps(body).encode(), headers)
    try:
        with urlopen(request, timeout=START_S) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)


def is_live(web: str, token: str) -> bool:
    """Whether the token still opens the signal's door, which changes nothing."""
    return post(f"{web}/signal/ticket", {}, token)[0] == 200


def test_of_two_programs_exactly_one_wins(web: str, postgres_template: tuple[str, Cast]) -> None:
    body = postgres_template[1].bora.credentials
    outcomes: Counter[int] = Counter()
    with ThreadPoolExecutor(4) as pool:
        for _ in range(ROUNDS):
            pair = list(pool.map(lambda _n: post(f"{web}/programs/login", body), range(2)))
            assert [status for status, _answer in pair] == [200, 200]
            outcomes[sum(pool.map(lambda answer: is_live(web, str(answer[1]["token"])), pair))] += 1
    assert outcomes == {1: ROUNDS}


def test_of_a_hundred_at_once_exactly_one_stays(web: str, postgres_template: tuple[str, Cast]) -> None:
    body = postgres_template[1].nari.credentials
    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(lambda _n: post(f"{web}/programs/login", body), range(100)))
    assert Counter(status for status, _answer in answers) == {200: 100}
    assert sum(is_live(web, str(answer["token"])) for _status, answer in answers) == 1


def test_of_a_hundred_guesses_five_are_answered(web: str, postgres_template: tuple[str, Cast]) -> None:
    body = postgres_template[1].hana.credentials
    with ThreadPoolExecutor(50) as pool:
        answers = list(
            pool.map(
                lambda n: post(f"{web}/programs/login", body | {"password": f"guess-{n}"})[0], range(100)
            )
        )
    assert Counter(answers) == {401: 5, 429: 95}
