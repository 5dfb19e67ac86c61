"""Which message may come when, as tables; a pair that is not in its table raises WrongState, never passes.

Rule 1. The handshake goes VERSION -> SECURITY -> ... -> INIT -> NORMAL, each step by one message.
Rule 2. In NORMAL the core messages of RFC 6143 are always allowed.
Rule 3. A message of an extension is allowed once its receiver has shown that it knows the extension.
Rule 4. FAILED is the end: nothing is received or sent after a ProtocolError.

A row of SERVER_STEPS or VIEWER_STEPS is (phase, message, next phase), be the message received or sent.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from enum import Enum, auto
from typing import Final, TypeAlias

from wire.errors import WrongState
from wire.rfb import messages as m
from wire.rfb.constants import Encoding

__all__ = ["CLIENT_NEEDS", "SERVER_STEPS", "VIEWER_STEPS", "Phase", "check_announced", "check_step"]


class Phase(Enum):
    """How far a connection has come."""

    VERSION = auto()
    SECURITY = auto()
    CHALLENGE = auto()
    RESULT = auto()
    INIT = auto()
    NORMAL = auto()
    FAILED = auto()


Step: TypeAlias = tuple[Phase, type, Phase]

_CLIENT_MESSAGES: Final = (
    m.SetPixelFormat,
    m.SetEncodings,
    m.UpdateRequest,
    m.KeyEvent,
    m.PointerEvent,
    m.ClientCutText,
    m.EnableContinuousUpdates,
    m.Fence,
    m.SetDesktopSize,
    m.QemuKeyEvent,
)
_SERVER_MESSAGES: Final = (
    m.FramebufferUpdate,
    m.ColourMapEntries,
    m.Bell,
    m.ServerCutText,
    m.EndOfContinuousUpdates,
    m.Fence,
)

SERVER_STEPS: Final[frozenset[Step]] = frozenset(
    {
        (Phase.VERSION, m.ProtocolVersion, Phase.SECURITY),
        (Phase.SECURITY, m.DictatedSecurity, Phase.INIT),  # 3.3: the server decides
        (Phase.SECURITY, m.SecurityChoice, Phase.INIT),  # 3.7 and later
        (Phase.INIT, m.ClientInit, Phase.NORMAL),
        *((Phase.NORMAL, kind, Phase.NORMAL) for kind in (*_CLIENT_MESSAGES, *_SERVER_MESSAGES)),
    }
)

VIEWER_STEPS: Final[frozenset[Step]] = frozenset(
    {
        (Phase.VERSION, m.ProtocolVersion, Phase.SECURITY),
        (Phase.SECURITY, m.DictatedSecurity, Phase.INIT),
        (Phase.SECURITY, m.DictatedSecurity, Phase.CHALLENGE),
        (Phase.SECURITY, m.SecurityTypes, Phase.INIT),  # 3.7: None has no result
        (Phase.SECURITY, m.SecurityTypes, Phase.RESULT),  # 3.8
        (Phase.SECURITY, m.SecurityTypes, Phase.CHALLENGE),
        (Phase.CHALLENGE, m.VncAuthChallenge, Phase.RESULT),
        (Phase.RESULT, m.SecurityResult, Phase.INIT),
        (Phase.INIT, m.ServerInit, Phase.NORMAL),
        *((Phase.NORMAL, kind, Phase.NORMAL) for kind in (*_CLIENT_MESSAGES, *_SERVER_MESSAGES)),
    }
)

CLIENT_NEEDS: Final[dict[type, Encoding]] = {
    m.EnableContinuousUpdates: Encoding.CONTINUOUS_UPDATES,
    m.Fence: Encoding.FENCE,
    m.SetDesktopSize: Encoding.EXTENDED_DESKTOP_SIZE,
    m.QemuKeyEvent: Encoding.QEMU_EXTENDED_KEY,
}
"""The extension that each message of the viewer belongs to; messages of the core are not listed."""


def check_step(steps: frozenset[Step], phase: Phase, message: type, to: Phase) -> Phase:
    """Return `to` if the table allows to go there by this message; raises WrongState otherwise."""
    if (phase, message, to) not in steps:
        raise WrongState(f"{message.__name__} is not allowed in phase {phase.name.lower()}")
    return to


def check_announced(message: type, announced: AbstractSet[int]) -> None:
    """Raise WrongState if the message belongs to an extension that is not among those announced."""
    needed = CLIENT_NEEDS.get(message)
    if needed is not None and needed not in announced:
        raise WrongState(f"{message.__name__} came, but {needed.name} was not agreed on")
