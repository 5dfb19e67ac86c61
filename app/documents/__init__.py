"""Files that take a while: lists for Excel, rosters to be taken over. Asked for in the web, made by the jobs.

A maker is a function that another domain registers for a kind of document; it gets the parameters and the
path to write to. What is kept is kept for a day, under the company's own folder, outside the database.
"""

from __future__ import annotations

from flask import Flask

from app.documents import models
from app.documents.making import add_maker, make
from app.queue import add_task

__all__ = ["add_maker", "init_app", "models"]


def init_app(app: Flask) -> None:
    """Give the app its table of makers, and the jobs process their task."""
    add_task(app, "make_document", make)
    app.extensions.setdefault("documents.makers", {})
