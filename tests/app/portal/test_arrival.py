"""The customer page of somebody on the way: program, steps, reload, survey, and nobody else's business."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from werkzeug.datastructures import Headers

from app.support.actions import arrivals, programs, sessions
from app.support.models import Arrival, SupportSession, SurveyAnswer
from tenants.database import db, now_utc
from tests.cast import Cast
from tests.factories import support as make


@pytest.fixture
def admitted(dain: FlaskClient, waiting: make.Waiting) -> make.Waiting:
    """Dain has typed the code."""
    assert dain.post("/maru/code", data={"code": waiting.code}).status_code == 303
    return waiting


def text_of(browser: FlaskClient) -> str:
    return browser.get("/maru").get_data(as_text=True)


def token_of(browser: FlaskClient) -> str:
    cookie = browser.get_cookie("barohelp-arrival-maru")
    assert cookie is not None
    with browser.application.app_context():
        return arrivals.join_secret_of(cookie.value)


def fetch(browser: FlaskClient, path: str, **options) -> tuple[int, bytes, Headers]:
    """Status, body and headers; the file behind the answer is closed."""
    with browser.get(path, **options) as response:
        return response.status_code, response.data, response.headers


def step_of(session_id: int) -> str:
    return db.session.get(SupportSession, session_id, populate_existing=True).arrival_step


def bring_online(waiting: make.Waiting, token: str) -> None:
    programs.join(token, machine=make.PC, visitor=make.CUSTOMER, now=now_utc())
    programs.note_started(waiting.session_id, make.STARTED, now=now_utc())
    programs.note_consent(waiting.session_id, {"view": "allowed"}, now=now_utc())


def connect(waiting: make.Waiting, cast: Cast) -> None:
    from app.support.actions import channels

    stream = make.open_stream(cast.bora)
    channels.accept(waiting.session, agent=make.agent_row(cast.bora), stream_id=stream, now=now_utc())


def end(waiting: make.Waiting, cast: Cast) -> None:
    sessions.end_by_agent(waiting.session, "", agent=make.agent_row(cast.bora), now=now_utc())


def test_it_says_who_helps_and_warns(dain: FlaskClient, admitted: make.Waiting) -> None:
    text = text_of(dain)
    assert "담당 보라" in text
    assert "주식회사 마루" in text
    assert "모르는 사람이 먼저 전화했습니까?" in text


def test_it_gives_the_command_while_no_program_is_built(dain: FlaskClient, admitted: make.Waiting) -> None:
    text = text_of(dain)
    assert f"--tenant maru --token {token_of(dain)}" in text
    assert 'id="download-program"' not in text


def test_it_offers_the_program_under_its_own_name(
    dain: FlaskClient, admitted: make.Waiting, built_program: bytes, in_maru_now
) -> None:
    token = token_of(dain)
    assert f'href="/maru/program/{token}"' in text_of(dain)
    _, body, headers = fetch(dain, f"/maru/program/{token}")
    assert body == built_program
    assert headers["Content-Disposition"] == f"attachment; filename=BaroHelp-maru-{token}"
    assert "no-store" in headers["Cache-Control"]
    assert in_maru_now(lambda: step_of(admitted.session_id)) == "downloaded"


def test_it_names_the_windows_program_with_its_ending(
    dain: FlaskClient, admitted: make.Waiting, built_program: bytes
) -> None:
    headers = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"}
    _, _, answered = fetch(dain, f"/maru/program/{token_of(dain)}", headers=headers)
    assert answered["Content-Disposition"].endswith(".exe")


def test_it_gives_the_program_a_second_time(
    dain: FlaskClient, admitted: make.Waiting, built_program: bytes, in_maru_now
) -> None:
    token = token_of(dain)
    assert fetch(dain, f"/maru/program/{token}")[0] == 200
    in_maru_now(lambda: programs.join(token, machine=make.PC, visitor=make.CUSTOMER, now=now_utc()))
    assert fetch(dain, f"/maru/program/{token}")[0] == 200
    assert in_maru_now(lambda: step_of(admitted.session_id)) == "started"


def test_it_counts_no_head_request_as_a_download(
    dain: FlaskClient, admitted: make.Waiting, built_program: bytes, in_maru_now
) -> None:
    with dain.head(f"/maru/program/{token_of(dain)}") as response:
        assert response.status_code == 200
    assert in_maru_now(lambda: step_of(admitted.session_id)) == "page"


def test_it_gives_nobody_a_program_without_a_live_token(
    dain: FlaskClient, admitted: make.Waiting, built_program: bytes, in_maru_now, cast: Cast
) -> None:
    token = token_of(dain)
    assert dain.get(f"/maru/program/{'0' * 26}").status_code == 404
    assert dain.get(f"/nuri/program/{token}").status_code == 404
    in_maru_now(lambda: sessions.release(admitted.session, agent=make.agent_row(cast.bora), now=now_utc()))
    assert dain.get(f"/maru/program/{token}").status_code == 404


def test_it_stays_on_the_arrival_after_a_reload(dain: FlaskClient, admitted: make.Waiting) -> None:
    assert text_of(dain).count('id="arrival-steps"') == 1
    assert token_of(dain) in text_of(dain)


def test_it_follows_the_steps(dain: FlaskClient, admitted: make.Waiting, in_maru_now, cast: Cast) -> None:
    assert dain.get("/maru/arrival").json == {"page": "coming", "step": "page", "done": ["page"]}
    in_maru_now(lambda: bring_online(admitted, token_of(dain)))
    assert dain.get("/maru/arrival").json["page"] == "waiting"
    in_maru_now(lambda: connect(admitted, cast))
    state = dain.get("/maru/arrival").json
    assert (state["page"], state["done"][-1]) == ("connected", "connected")


def test_it_hides_the_arrival_from_other_browsers(app, dain: FlaskClient, admitted: make.Waiting) -> None:
    other = app.test_client()
    assert other.get("/maru/arrival").status_code == 404
    assert other.get("/maru/arrival/live").status_code == 404
    assert 'id="arrival-steps"' not in other.get("/maru").get_data(as_text=True)


def test_it_hides_the_arrival_at_other_companies(dain: FlaskClient, admitted: make.Waiting) -> None:
    cookie = dain.get_cookie("barohelp-arrival-maru")
    dain.set_cookie("barohelp-arrival-nuri", cookie.value)
    assert dain.get("/nuri/arrival").status_code == 404
    assert dain.post("/nuri/survey", data={"grade": "satisfied"}).status_code == 404
    dain.set_cookie("barohelp-arrival-nuri", cookie.value.replace(".maru.", ".nuri."))
    assert dain.get("/nuri/arrival").status_code == 404


def test_it_asks_one_question_after_the_end(
    dain: FlaskClient, admitted: make.Waiting, in_maru_now, cast: Cast
) -> None:
    in_maru_now(lambda: bring_online(admitted, token_of(dain)))
    in_maru_now(lambda: connect(admitted, cast))
    in_maru_now(lambda: end(admitted, cast))
    text = text_of(dain)
    assert [f'data-grade="{grade}"' in text for grade in ("satisfied", "neutral", "dissatisfied")] == [
        True
    ] * 3
    assert dain.post("/maru/survey", data={"grade": "satisfied"}).status_code == 303
    assert "의견을 주셔서 고맙습니다" in text_of(dain)
    dain.post("/maru/survey", data={"grade": "neutral", "comment": "고맙습니다"})
    row = in_maru_now(lambda: db.session.query(SurveyAnswer).one())
    assert (row.grade, row.comment) == ("satisfied", "고맙습니다")


def test_it_asks_nothing_where_the_survey_is_off(
    dain: FlaskClient, admitted: make.Waiting, in_maru_now, cast: Cast
) -> None:
    from app.team.actions import set_option

    in_maru_now(lambda: set_option("survey", False, by=cast.hana.actor))
    in_maru_now(lambda: bring_online(admitted, token_of(dain)))
    in_maru_now(lambda: connect(admitted, cast))
    in_maru_now(lambda: end(admitted, cast))
    text = text_of(dain)
    assert 'id="survey"' not in text
    assert "원격지원이 끝났습니다" in text


def test_it_takes_no_grade_that_is_none(dain: FlaskClient, admitted: make.Waiting, in_maru_now) -> None:
    assert dain.post("/maru/survey", data={"grade": "satisfied"}).status_code == 303
    assert in_maru_now(lambda: db.session.query(SurveyAnswer).count()) == 0


@pytest.mark.parametrize("answer", ["denied", "timeout"])
def test_it_explains_why_nothing_happened_and_begins_anew(
    dain: FlaskClient, admitted: make.Waiting, in_maru_now, answer: str
) -> None:
    token = token_of(dain)
    in_maru_now(lambda: programs.join(token, machine=make.PC, visitor=make.CUSTOMER, now=now_utc()))
    in_maru_now(lambda: programs.note_consent(admitted.session_id, {"view": answer}, now=now_utc()))
    text = text_of(dain)
    assert "연결하지 않았습니다" in text
    assert 'id="code-input"' in text
    assert "pt-farewell" not in text_of(dain)


def test_it_lets_the_customer_leave_and_come_back(
    dain: FlaskClient, admitted: make.Waiting, in_maru_now
) -> None:
    assert dain.post("/maru/leave").headers["Location"] == "/maru"
    assert 'id="code-input"' in text_of(dain)
    assert in_maru_now(lambda: db.session.query(Arrival).one().end_reason) == "customer left"


def test_it_joins_over_http(dain: FlaskClient, admitted: make.Waiting) -> None:
    body = {"tenant": "maru", "join_token": token_of(dain), "program": {"version": "1", "os": "L", "pc": "P"}}
    answer = dain.post("/programs/join", json=body).json
    assert (answer["ok"], answer["session"], answer["wait"]) == (True, admitted.session, True)
    foreign = dain.post("/programs/join", json=body | {"tenant": "nuri"})
    assert (foreign.status_code, foreign.json["code"]) == (403, "B-26")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"tenant": "maru"},
        {"tenant": "maru", "code": ["1"]},
        {"tenant": "maru", "join_token": "x" * 500},
        {"tenant": "maru", "join_token": "x", "program": {"pc": "a" * 500}},
        {"tenant": "maru", "join_token": "x", "program": {"pc": "a\u202eb"}},
    ],
)
def test_it_refuses_malformed_joins(dain: FlaskClient, cast: Cast, body: dict[str, object]) -> None:
    assert dain.post("/programs/join", json=body).status_code == 400


def test_it_counts_wrong_codes_of_programs_and_pages_together(
    dain: FlaskClient, waiting: make.Waiting
) -> None:
    bad = f"{(int(waiting.code) + 1) % 10**6:06d}"
    for _ in range(3):
        assert dain.post("/programs/join", json={"tenant": "maru", "code": bad}).status_code == 422
    for _ in range(2):
        assert dain.post("/maru/code", data={"code": bad}).status_code == 422
    answer = dain.post("/programs/join", json={"tenant": "maru", "code": waiting.code})
    assert (answer.status_code, answer.json["code"]) == (429, "B-22")


def test_it_shows_a_phone_the_way_to_a_pc(dain: FlaskClient, admitted: make.Waiting) -> None:
    headers = {"User-Agent": "Mozilla/5.0 (Linux; Android 15)"}
    text = dain.get("/maru", headers=headers).get_data(as_text=True)
    assert "PC에서 이 페이지를 열어 주십시오" in text
    assert 'id="run-command"' not in text
