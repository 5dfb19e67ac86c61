"""Logging the agent's program in, and what to say when it fails. Blocking: call it off the Tk thread."""

from __future__ import annotations

import platform
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from desktop.line_words import line_sentence
from desktop.own_address import local_address
from desktop.web import WebRefused, post_json
from desktop.words import language, t
from wire.errors import LinkLost

__all__ = [
    "CODE_NEEDED",
    "CODE_WRONG",
    "Credentials",
    "LogInFailed",
    "LoggedIn",
    "check_server",
    "log_in",
    "log_in_again",
    "log_out",
]

_TIMEOUT_S: Final = 15.0
#: The password was right and the second step's code is asked for; the code was wrong.
CODE_NEEDED: Final = "B-52"
CODE_WRONG: Final = "B-54"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the agent typed."""

    server: str
    tenant: str
    login_id: str
    password: str
    remember: bool
    #: The code of the second step, once the server has asked for it.
    otp: str = ""


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """The program's bearer token, the next refresh token where one was asked for, and who it is."""

    token: str
    refresh: str | None
    agent_name: str


class LogInFailed(Exception):
    """Log-in did not work; `text` is for the agent, `is_final` False = the same again may work later."""

    def __init__(self, text: str, code: str, *, is_final: bool) -> None:
        super().__init__(text)
        self.text = text
        self.code = code
        self.is_final = is_final


def check_server(address: str) -> str:
    """The server's address without a slash at its end; "demo.example" becomes "https://demo.example".

    Raises ValueError: no http or https address.
    """
    address = address.strip()
    if address and "://" not in address:
        scheme = "http" if address.split(":")[0] in ("localhost", "127.0.0.1") else "https"
        address = f"{scheme}://{address}"
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{address!r} is not an address")
    return address.rstrip("/")


def log_in(credentials: Credentials, *, post: Callable[..., dict[str, Any]] = post_json) -> LoggedIn:
    """Log in with what the agent typed. Raises LogInFailed."""
    body = {
        "tenant": credentials.tenant.strip().lower(),
        "id": credentials.login_id.strip(),
        "password": credentials.password,
        "device": device_name(),
        "ip_local": local_address(credentials.server),
        "remember": credentials.remember,
        **({"otp": credentials.otp} if credentials.otp else {}),
    }
    return _ask(credentials.server, body, post)


def log_in_again(server: str, refresh: str, *, post: Callable[..., dict[str, Any]] = post_json) -> LoggedIn:
    """Log in with a kept refresh token, which is spent by that. Raises LogInFailed."""
    told = {"refresh": refresh, "device": device_name(), "ip_local": local_address(server)}
    return _ask(server, told, post)


def log_out(server: str, token: str, *, post: Callable[..., dict[str, Any]] = post_json) -> None:
    """End the log-in at the server; a server that cannot be reached ends it by itself later."""
    try:
        post(f"{server}/programs/logout", {}, bearer=token, language=language(), timeout=4.0)
    except (WebRefused, LinkLost):
        return


def device_name() -> str:
    """This PC, for the agent's list of log-ins."""
    return f"{socket.gethostname()} · {platform.system()} {platform.release()}"[:120]


def _ask(server: str, body: dict[str, Any], post: Callable[..., dict[str, Any]]) -> LoggedIn:
    try:
        answer = post(f"{server}/programs/login", body, language=language(), timeout=_TIMEOUT_S)
    except WebRefused as error:
        text = error.text or t("로그인할 수 없습니다.")
        is_later = error.status == 429 or error.status >= 500
        raise LogInFailed(text, error.code, is_final=not is_later) from error
    except LinkLost as error:
        usual = t("서버에 연결할 수 없습니다. 인터넷 연결과 서버 주소를 확인하십시오.")
        text = line_sentence(error.code) or usual
        raise LogInFailed(text, error.code, is_final=False) from error
    token = answer.get("token")
    if not isinstance(token, str):
        text = t("서버의 답을 알 수 없습니다. 서버 주소를 확인하십시오.")
        raise LogInFailed(text, "B-10", is_final=False)
    refresh = answer.get("refresh")
    agent = answer.get("agent")
    name = str(agent.get("name", "")) if isinstance(agent, dict) else ""
    return LoggedIn(token, refresh if isinstance(refresh, str) else None, name)
