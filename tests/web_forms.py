"""The forms of a page as a browser has them: fields with their values, buttons, where it all goes."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

__all__ = ["Form", "forms_of"]

TEXT_KINDS = frozenset({"text", "search", "email", "tel", "url"})


@dataclass
class Form:
    """One form: what would be sent if nobody typed anything, and which fields take text or a choice."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)
    texts: set[str] = field(default_factory=set)
    choices: set[str] = field(default_factory=set)
    passwords: set[str] = field(default_factory=set)
    #: By what a button says: its name and value.
    buttons: list[tuple[str, str]] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, ...]:
        """The same for a form that stands on several pages, or several times on one."""
        deed = self.values.get("deed", "")
        return (self.method, deed, *sorted(self.texts | self.choices | self.passwords))


class _Reader(HTMLParser):
    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.forms: list[Form] = []
        self._by_id: dict[str, Form] = {}
        self._open: Form | None = None
        self._select = self._textarea = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            self._open = self._form(given.get("id", f"#{len(self.forms)}"))
            self._open.action = given.get("action") or self.path
            self._open.method = given.get("method", "get").lower()
            return
        form = self._form(given["form"]) if given.get("form") else self._open
        if tag == "option" and self._select and form is not None:
            if "selected" in given or self._select not in form.values:
                form.values[self._select] = given.get("value", "")
            return
        name = given.get("name", "")
        if form is None or not name:
            return
        if tag == "select":
            self._select = name
            form.choices.add(name)
        elif tag == "textarea":
            self._textarea = name
            form.texts.add(name)
            form.values[name] = ""
        elif tag == "button":
            form.buttons.append((name, given.get("value", "")))
        elif tag == "input":
            _add_input(form, name, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._textarea = ""

    def handle_data(self, data: str) -> None:
        if self._textarea and self._open is not None:
            self._open.values[self._textarea] += data

    def _form(self, name: str) -> Form:
        """The form of that id, which may come after a field that says it belongs to it."""
        if name not in self._by_id:
            self._by_id[name] = Form("", "")
            self.forms.append(self._by_id[name])
        return self._by_id[name]


def _add_input(form: Form, name: str, given: dict[str, str]) -> None:
    kind, value = given.get("type", "text"), given.get("value", "")
    if kind in TEXT_KINDS:
        form.texts.add(name)
        form.values[name] = value
    elif kind == "password":
        form.passwords.add(name)
    elif kind in ("checkbox", "radio"):
        form.choices.add(name)
        if "checked" in given or (kind == "radio" and name not in form.values):
            form.values[name] = value or "on"
    elif kind == "hidden":
        form.values[name] = value
    elif kind != "file":
        form.choices.add(name)
        form.values[name] = value


def forms_of(text: str, path: str) -> list[Form]:
    """Every form of the page at `path`."""
    reader = _Reader(path)
    reader.feed(text)
    return [form for form in reader.forms if form.method]
