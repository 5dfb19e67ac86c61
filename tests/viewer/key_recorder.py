"""The customer's program in the tests: notes every key it gets with its modifiers. Not a test itself.

`python key_recorder.py FILE`: a line for each key, "down|up keysym state", state as X11 counts modifiers.
"""

from __future__ import annotations

import sys
import tkinter as tk
from pathlib import Path


def main() -> None:
    root = tk.Tk()
    root.title("recorder")
    root.geometry("600x450+0+0")
    log = Path(sys.argv[1]).open("w", buffering=1, encoding="utf-8")  # noqa: SIM115  open till the end

    def note(way: str, event: tk.Event[tk.Misc]) -> str:
        log.write(f"{way} {event.keysym} {int(event.state) & 0xFF & ~0x12}\n")
        return "break"

    root.bind("<KeyPress>", lambda event: note("down", event))
    root.bind("<KeyRelease>", lambda event: note("up", event))
    root.bind("<Map>", lambda _: root.focus_force())
    root.mainloop()


if __name__ == "__main__":
    main()
