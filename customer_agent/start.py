"""How the customer program was started: command line, file name, environment. Pure.

One file serves all companies: company and join token ride in the file's name, `BaroHelp-<company>-<token>`,
read from the right, because browsers add " (1)" and endings, or in the command line.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Final, get_args
from urllib.parse import urlsplit

from wire.terms import ConsentRight

__all__ = ["StartError", "StartPlan", "is_code", "is_slug", "name_parts", "read_start"]

FALLBACK_SERVER: Final = "http://127.0.0.1:8000"

_SLUG = r"[a-z0-9][a-z0-9-]{2,30}"
# 26 characters of Crockford base32; a longer secret of another deployment may stand there too.
_JOINING = r"[A-Za-z0-9_]{20,64}"
_NAME: Final = re.compile(rf"BaroHelp-(?P<slug>{_SLUG})-(?P<token>{_JOINING})", re.IGNORECASE)
_ADDED: Final = re.compile(
    r"(\s*\(\d{1,3}\)|\s+-\s+(copy|복사본)|\.(exe|dmg|app|bin|run|appimage|msi|part|crdownload|download))$",
    re.IGNORECASE,
)
# What --allow may say, and the consents that it stands for.
_ALLOW: Final[Mapping[str, tuple[ConsentRight, ...]]] = {
    "control": ("mouse", "keyboard"),
    **{right: (right,) for right in get_args(ConsentRight)},
}


class StartError(Exception):
    """The command line makes no sense; the text is one sentence for the person who typed it."""


@dataclass(frozen=True, slots=True)
class StartPlan:
    """What to do. `listen`: serve plain RFB there and nothing else. No token and no code: ask for them."""

    server: str = FALLBACK_SERVER
    is_server_given: bool = False
    tenant: str | None = None
    code: str | None = None
    token: str | None = field(default=None, repr=False)
    allow: frozenset[ConsentRight] | None = None
    language: str | None = None
    listen: str | None = None


def is_slug(text: str) -> bool:
    """Whether `text` may be a company's id."""
    return re.fullmatch(_SLUG, text) is not None


def is_code(text: str) -> bool:
    """Whether `text` may be an access code: 6 to 9 digits."""
    return re.fullmatch(r"[0-9]{6,9}", text) is not None


def name_parts(name: str) -> tuple[str, str] | None:
    """(company, join token) of a program's file name, or None where it carries none."""
    name = PurePath(name.replace("\\", "/")).name
    while True:
        shorter = _ADDED.sub("", name)
        if shorter == name:
            break
        name = shorter
    found = _NAME.fullmatch(name)
    return (found["slug"].lower(), found["token"]) if found else None


def read_start(arguments: Sequence[str], program_file: str, environ: Mapping[str, str]) -> StartPlan:
    """The plan of `arguments` (without the program), the program's own file name and the environment.

    What is typed wins over the file's name. Raises StartError with one sentence, SystemExit for --help.
    """
    given = _parser().parse_args(arguments)
    named = name_parts(program_file) if given.token is None and given.code is None else None
    tenant = given.tenant.strip().lower() if given.tenant else None
    token = given.token
    if named is not None and tenant in (None, named[0]):
        tenant, token = named
    code = re.sub(r"[\s-]", "", given.code) if given.code else None
    if tenant is not None and not is_slug(tenant):
        raise StartError(f"--tenant is {tenant!r}; a company id has 3 to 31 small letters, digits or '-'.")
    if code is not None and (not is_code(code) or tenant is None):
        raise StartError("--code needs 6 to 9 digits, and --tenant beside it.")
    return StartPlan(
        server=_server(given.server or environ.get("BAROHELP_SERVER") or FALLBACK_SERVER),
        is_server_given=given.server is not None,
        tenant=tenant,
        code=code if token is None else None,
        token=token,
        allow=_allowed(given.allow),
        language=given.language,
        listen=given.listen,
    )


def _allowed(text: str | None) -> frozenset[ConsentRight] | None:
    if text is None:
        return None
    words = [word.strip() for word in text.split(",") if word.strip()]
    unknown = [word for word in words if word not in _ALLOW]
    if unknown:
        raise StartError(f"--allow knows {', '.join(_ALLOW)}; not {unknown[0]!r}.")
    return frozenset(right for word in words for right in _ALLOW[word])


def _server(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise StartError(f"--server is {address!r}; it looks like https://help.example.")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        raise StartError(f"{message}. Try --help.")


def _parser() -> argparse.ArgumentParser:
    description = "BaroHelp: let an agent help you with this computer."
    parser = _Parser(prog="customer_agent", description=description)
    parser.add_argument("--server", metavar="URL", help="the BaroHelp server; shown before you allow")
    parser.add_argument("--tenant", metavar="ID", help="the company's id")
    parser.add_argument("--code", metavar="CODE", help="the code that the agent told you")
    parser.add_argument("--token", metavar="TOKEN", help="the join token of the customer page")
    parser.add_argument("--allow", metavar="view,control", help="answers the questions in advance")
    parser.add_argument("--language", choices=("ko", "en"), help="instead of the language of the desktop")
    parser.add_argument(
        "--listen",
        metavar="127.0.0.1:PORT",
        help="serve plain VNC (no password, no encryption) to this computer only, and do nothing else",
    )
    return parser
