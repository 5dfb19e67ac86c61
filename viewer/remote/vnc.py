"""`python -m viewer --vnc HOST:PORT`: the remote window on any RFB server, without log-in or sealing."""

from __future__ import annotations

import os
import tkinter as tk

from desktop import theme
from desktop.pump import collect_on_tk_thread
from desktop.secret_store import default_folder
from viewer.remote.app import RemoteApp
from viewer.remote.model import RemoteModel
from viewer.remote.settings import ViewSettings
from viewer.remote.vnc_link import VncLink, parse_address

__all__ = ["run_vnc"]


def run_vnc(address: str, *, dark: bool = False) -> int:
    """Show the window until it is closed; the program's exit code.

    The password of VNC authentication is read from BAROHELP_VNC_PASSWORD: a command line is seen by all.
    """
    try:
        host_port = parse_address(address)
    except ValueError as error:
        print(f"--vnc: {error}")
        return 2
    theme.prepare()
    root = tk.Tk(className="BaroHelp")
    look = theme.apply(root, dark=dark)
    theme.set_window_icon(root, "monitor")
    root.geometry(f"{look.px(1024)}x{look.px(680)}")
    model = RemoteModel(title=f"{address} · BaroHelp", is_support=False)
    password = os.environ.get("BAROHELP_VNC_PASSWORD")
    app = RemoteApp(
        root,
        look,
        model,
        lambda emit: VncLink(host_port, emit, password=password),
        settings=ViewSettings(default_folder()),
    )
    collect_on_tk_thread(root)
    app.start()
    root.mainloop()
    return 0
