"""The agent's keys and pointer on the customer's computer, and the customer's own hand.

    hand          the thread that carries out what is permitted
    keys, pointer, scancodes   pure: what to press
    own_hand      the customer's own mouse and keyboard take control back
    platform_*    XTEST, SendInput, Quartz

The platform is chosen here, once.
"""

from __future__ import annotations

import sys

from customer_agent.input.hand import Hands


def open_hands() -> Hands:
    """Keys and pointer of this computer; raises Unsupported with one sentence where there is no way."""
    if sys.platform == "win32":
        from customer_agent.input.platform_windows import WindowsHands

        return WindowsHands()
    if sys.platform == "darwin":
        from customer_agent.input.platform_macos import MacHands

        return MacHands()
    from customer_agent.input.platform_x11 import X11Hands

    return X11Hands()
