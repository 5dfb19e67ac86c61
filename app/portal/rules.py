"""What a customer's page shows and offers. Pure: values in, values out.

Decides which page an arrival is on, which program fits the customer's computer and how it is started by hand.
Leaves reading to queries.py, words to the templates.
"""

from __future__ import annotations

from typing import Final, Literal

Page = Literal["coming", "asked", "waiting", "connected", "survey", "thanks", "over", "gone"]
Platform = Literal["windows", "macos", "linux", "phone"]
#: Why an arrival ended without help, in the words the page has a sentence for.
Farewell = Literal["denied", "timeout", "lapsed", "released", "left", "lost", "over"]

#: The steps a customer watches, in order; the last one is the support session's state, not an arrival step.
SHOWN_STEPS: Final = ("page", "downloaded", "started", "asked", "allowed", "connected")

#: File names in the download folder, as `make customer-program` writes them, the likeliest first.
PROGRAMS: Final[dict[Platform, tuple[str, ...]]] = {
    "windows": ("BaroHelp-windows-amd64.exe", "BaroHelp-windows-x86_64.exe", "BaroHelp-windows-arm64.exe"),
    "macos": ("BaroHelp-macos-arm64.dmg", "BaroHelp-macos-arm64", "BaroHelp-macos-x86_64"),
    "linux": ("BaroHelp-linux-x86_64", "BaroHelp-linux-aarch64"),
    "phone": (),
}
_FAREWELLS: Final[dict[str, Farewell]] = {
    "denied": "denied",
    "timeout": "timeout",
    "lapsed": "lapsed",
    "released": "released",
    "new code": "released",
    "customer left": "left",
    "link lost": "lost",
}


def page_of(
    *,
    state: str,
    arrival_step: str,
    arrival_ended: bool,
    end_reason: str | None,
    was_connected: bool,
    asks_survey: bool,
    has_answered: bool,
) -> Page:
    """Return the page of an arrival, by its support session and what became of it."""
    if arrival_ended and (end_reason != "ended" or not was_connected):
        return "gone"
    if arrival_ended:
        if has_answered:
            return "thanks"
        return "survey" if asks_survey else "over"
    if arrival_step in ("started", "asked"):  # also when the program was started again while connected
        return "asked"
    pages: dict[str, Page] = {"online": "waiting", "connected": "connected"}
    return pages.get(state, "coming")


def farewell_of(end_reason: str | None) -> Farewell:
    """Return why the customer did not get through, in a word that has a kind sentence."""
    return _FAREWELLS.get(end_reason or "", "over")


def shown_step(state: str, arrival_step: str) -> str:
    """Return the last step that is done, of SHOWN_STEPS."""
    if state == "connected" and arrival_step == "allowed":
        return "connected"
    return arrival_step if arrival_step in SHOWN_STEPS else "page"


def done_steps(last: str) -> tuple[str, ...]:
    """Return the steps up to and with `last`."""
    return SHOWN_STEPS[: SHOWN_STEPS.index(last) + 1]


def platform_of(user_agent: str) -> Platform:
    """Return the kind of computer behind a User-Agent; unknown ones count as Windows, which most have."""
    text = user_agent.lower()
    if any(word in text for word in ("android", "iphone", "ipad", "mobile")):
        return "phone"
    if "mac os x" in text or "macintosh" in text:
        return "macos"
    if "linux" in text or "x11" in text:
        return "linux"
    return "windows"


def download_name(slug: str, token: str, stored_name: str) -> str:
    """Return the name under which the program is handed out: company and token ride in it (D9)."""
    ending = next((end for end in (".exe", ".dmg") if stored_name.endswith(end)), "")
    return f"BaroHelp-{slug}-{token}{ending}"


def source_command(server: str, slug: str, token: str) -> str:
    """Return the one line that starts the program where no file was built for this computer."""
    return f"python -m customer_agent --server {server} --tenant {slug} --token {token}"


def start_command(name: str) -> str:
    """Return the one line that starts the downloaded file on Linux, where downloads are not executable."""
    folder = '"$(xdg-user-dir DOWNLOAD 2>/dev/null || echo ~/Downloads)"'
    return f"cd {folder} && chmod +x {name} && ./{name}"
