"""What may go wrong with a support session so that the person in front of the screen can act on it.

    AppError (app/errors.py)
    ├── CodeNotAccepted      B-21  wrong, used or expired: one sentence for all three
    ├── TooManyGuesses       B-22  too many wrong codes from here
    ├── NumberTaken          B-23  the number is gone, or somebody else was first
    ├── SlotsFull            B-24  five slots are open
    ├── SlotInUse            B-25  the slot's support session is connected
    ├── JoinRefused          B-26  the program's join token is used up, expired or replaced
    ├── NotWaiting           B-27  there is no customer to accept
    ├── TenantStopped        B-28  the tenant is suspended or has expired
    ├── NoRelay              B-29  no relay is configured
    ├── KeysOutOfTurn        B-33  a key message that does not fit the exchange
    ├── SessionOver          B-34  the support session has ended
    ├── CustomerComing       B-35  the customer's program runs already
    └── FilesOff             B-60  both file options are off

`retry` tells a program whether the same command may succeed later. The codes stand in docs/codes.md.
"""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from app.errors import AppError, TooManyAttempts

GUESS_WAIT_S = 600


class SupportError(AppError):
    """Base of the errors of this domain; each has a sentence of its own."""

    status = 409
    sentence: Any = ""
    retry = False

    def __init__(self) -> None:
        super().__init__(self.sentence)


class CodeNotAccepted(SupportError):
    """The code opens nothing; nobody learns whether it ever did."""

    status = 422
    code = "B-21"
    sentence = _l("이 코드로는 연결할 수 없습니다. 상담원에게 코드를 다시 확인해 주십시오.")


class TooManyGuesses(TooManyAttempts):
    """Too many wrong codes came from this address."""

    def __init__(self) -> None:
        super().__init__(
            _l("코드를 여러 번 잘못 입력하셨습니다. 10분 뒤에 다시 시도해 주십시오."),
            retry_after_s=GUESS_WAIT_S,
            code="B-22",
        )


class NumberTaken(SupportError):
    """Nobody waits under this number any more."""

    code = "B-23"
    sentence = _l("이 번호는 지금 연결할 수 없습니다. 상담원에게 번호를 다시 확인해 주십시오.")


class SlotsFull(SupportError):
    """The agent has all the slots there can be."""

    code = "B-24"
    sentence = _l("접속대기는 다섯 개까지 만들 수 있습니다. 쓰지 않는 번호를 먼저 지워 주십시오.")


class SlotInUse(SupportError):
    """The slot cannot go while its customer is connected."""

    code = "B-25"
    sentence = _l("연결 중인 번호는 지울 수 없습니다. 원격지원을 먼저 끝내 주십시오.")


class JoinRefused(SupportError):
    """The customer program cannot become part of a support session with what it brought."""

    status = 403
    code = "B-26"
    sentence = _l("이 프로그램은 더 쓸 수 없습니다. 고객 페이지에서 다시 받아 주십시오.")


class NotWaiting(SupportError):
    """There is no customer to accept or to let go."""

    code = "B-27"
    sentence = _l("지금 기다리는 고객이 없습니다.")


class TenantStopped(SupportError):
    """No support session can begin at this company now."""

    status = 403
    code = "B-28"
    sentence = _l("지금은 이 회사의 원격지원을 이용할 수 없습니다. 회사에 문의해 주십시오.")


class NoRelay(SupportError):
    """The installation has no relay to connect through."""

    status = 503
    code = "B-29"
    retry = True
    sentence = _l("지금은 연결할 수 없습니다. 잠시 뒤에 다시 시도해 주십시오.")


class KeysOutOfTurn(SupportError):
    """A key message came twice, too early, or for another epoch."""

    code = "B-33"
    sentence = _l("보안 연결을 처음부터 다시 합니다.")


class SessionOver(SupportError):
    """The support session has ended."""

    status = 410
    code = "B-34"
    sentence = _l("원격지원이 끝났습니다.")


class CustomerComing(SupportError):
    """A new code would throw out a customer whose program runs already."""

    code = "B-35"
    sentence = _l("고객이 들어오고 있습니다. 새 코드를 받으려면 먼저 고객을 내보내 주십시오.")


class FilesOff(SupportError):
    """Neither sending nor getting files is allowed by the company's options."""

    status = 403
    code = "B-60"
    sentence = _l("파일 전송이 꺼져 있습니다. 관리자에게 문의하십시오.")
