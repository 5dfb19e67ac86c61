"""The customer's own devices under X11: XInput2 raw events, told from ours by their source device.

What XTEST injects comes from devices that the X server itself names "... XTEST ...". Under Xvfb every
device is one of them; under Xvnc the viewer's hand is a device of its own, which is how the tests move the
customer's hand.
"""

from __future__ import annotations

import struct
from typing import Literal

from Xlib.ext import xinput

from customer_agent.platform_errors import Unsupported
from customer_agent.x11 import connect

_RAW_EVENT = struct.Struct("=HIIH")  # deviceid, time, detail, sourceid
_KINDS: dict[int, Literal["motion", "button", "key"]] = {
    xinput.RawMotion: "motion",
    xinput.RawButtonPress: "button",
    xinput.RawKeyPress: "key",
}


class X11HandSource:
    """Raw events of every real device of one display."""

    def __init__(self, display_name: str | None = None) -> None:
        """Start listening; raises Unsupported without XInput 2."""
        self._connection = connect(display_name)
        info = self._connection.query_extension("XInputExtension")
        if info is None or not info.present:
            raise Unsupported("XInput 2")
        self._opcode = info.major_opcode
        # From version 2.1 on raw events come even while a program has grabbed the devices (an open menu).
        xinput.XIQueryVersion(
            display=self._connection.display, opcode=self._opcode, major_version=2, minor_version=2
        )
        self._injected: dict[int, bool] = {}
        mask = sum(1 << kind for kind in _KINDS)
        root = self._connection.screen().root
        root.xinput_select_events([(xinput.AllMasterDevices, mask)])
        self._connection.sync()

    def fileno(self) -> int:
        """The X connection."""
        return int(self._connection.fileno())

    def read(self) -> list[Literal["motion", "button", "key"]]:
        """What the real devices did since the last call."""
        found = []
        while self._connection.pending_events():
            event = self._connection.next_event()
            kind = _KINDS.get(getattr(event, "evtype", -1))
            if kind is None or event.extension != self._opcode:
                continue
            source = _RAW_EVENT.unpack_from(event.data)[3]
            if not self._is_injected(source):
                found.append(kind)
        return found

    def close(self) -> None:
        """Disconnect."""
        self._connection.close()

    def _is_injected(self, device: int) -> bool:
        """Whether the device is the X server's own XTEST device; asked once for each device."""
        if device not in self._injected:
            reply = self._connection.xinput_query_device(device)
            names = [str(one.name) for one in reply.devices]
            self._injected[device] = any("XTEST" in name for name in names)
        return self._injected[device]
