"""The other computer's program in the tests: a text field that writes down every key and click it gets.

`python target.py FOLDER`: FOLDER/text.txt holds the text, FOLDER/events.txt the events. Not a test itself.
"""

from __future__ import annotations

import sys
import tkinter as tk
from pathlib import Path


def main() -> None:
    folder = Path(sys.argv[1])
    root = tk.Tk()
    root.title("target")
    root.geometry("420x260+300+150")
    text = tk.Text(root, font=("Noto Sans CJK KR", 14))
    text.pack(fill="both", expand=True)
    log = (folder / "events.txt").open("w", buffering=1, encoding="utf-8")

    def note(kind: str, event: tk.Event[tk.Text]) -> None:
        log.write(f"{kind} {event.num} {event.x_root},{event.y_root}\n")

    text.bind("<ButtonPress>", lambda event: note("press", event))
    text.bind("<ButtonRelease>", lambda event: note("release", event))
    text.bind("<Motion>", lambda event: note("move", event))

    def save() -> None:
        part = folder / "text.part"
        part.write_text(text.get("1.0", "end-1c"), encoding="utf-8")
        part.replace(folder / "text.txt")
        root.after(50, save)

    save()
    text.focus_force()
    root.mainloop()


if __name__ == "__main__":
    main()
