"""The console's first pages with little and with much behind them, in one run: `python -m bench.console`.

Agents: 10 and 10,000. Usage log: 10 and 1,000,000 entries. Customer page: beside 10 and 100,000 companies.
Each page is asked for through the whole application (gate, log-in, template) on a SQLite file of its own;
medians of ROUNDS with their spread, the number of statements, and the ratio, which is what does not depend
on the machine. The rows are put there directly; how they came there is not what is measured.
With --export the whole log is then written as CSV and as Excel, as the jobs process does: seconds, and by how
much the program's memory grew (Linux).
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from app import create_app
from app.manage.log_rows import LOG_HEADER, log_rows
from app.manage.rules import read_log_asked
from app.sheets import MAX_EXCEL_ROWS, write_csv, write_excel
from app.team.actions import create_agent
from config.settings import load
from tenants.actions import create_tenant
from tenants.audit import SYSTEM
from tenants.database import db, now_utc, tenant_scope
from tenants.row_security import protect_all

ROUNDS: Final = 15
PAGES: Final = (
    "/manage/agents",
    "/manage/agents?q=0000001",
    "/manage/log",
    "/manage/log?from=2026-01-01",
    "/manage/log?to=2026-01-02",
)
PASSWORD: Final = "Bench2026!"
SECRETS: Final = ("SECRET_KEY", "CODE_PEPPER", "CODE_SEAL_KEY", "AUDIT_KEY", "TOTP_KEY")


#: An app and how to ask it for a page.
Asked = tuple[Flask, Callable[[], Any]]


@dataclass(frozen=True)
class Reading:
    """One page: how long its answer takes, in milliseconds, and how many statements it needs."""

    median_ms: float
    spread_ms: float
    statements: int


@dataclass(frozen=True)
class Export:
    """The whole log as one file."""

    form: str
    rows: int
    seconds: float
    file_mib: float
    growth_mib: float


def make_app(folder: Path) -> Flask:
    """A web half with two companies, `few` and `many`, each with its administrator."""
    folder.mkdir(parents=True)
    secrets = dict.fromkeys(SECRETS, "5" * 64)
    app = create_app(load({"BAROHELP_ENV": "test", "STORAGE_DIR": str(folder), **secrets}))
    with app.app_context():
        db.create_all()
        with db.engine.begin() as connection:
            protect_all(connection, db.metadata)
        for slug in ("few", "many"):
            term = now_utc() + timedelta(days=30)
            tenant = create_tenant(slug=slug, title=slug, company=slug, expires_at=term, by=SYSTEM)
            with tenant_scope(tenant.id):
                create_agent(login_id="admin", name="관리자", password=PASSWORD, by=SYSTEM)
        db.session.remove()
    return app


def log_in(app: Flask, slug: str) -> FlaskClient:
    """A browser of that company's administrator."""
    browser = app.test_client()
    form = {"tenant": slug, "login_id": "admin", "password": PASSWORD}
    answer = browser.post("/manage/login", data=form)
    if answer.status_code != 302:
        raise RuntimeError(f"log-in answered {answer.status_code}")
    return browser


def add_agents(path: Path, tenant: int, count: int) -> None:
    """Put agents there."""
    rows = ((tenant, f"a{n:07}", f"a{n:07}", f"상담원 {n}") for n in range(count))
    _fill(
        path,
        "INSERT INTO agent (tenant_id, login_id, login_key, name, role, seat, phone, email, password_hash,"
        " state, created_at, version) VALUES (?,?,?,?,'agent','pc','','','x','active','2026-11-20',1)",
        rows,
    )


def add_entries(path: Path, tenant: int, count: int) -> None:
    """Put usage log entries there, after the company's own; their MACs are not what is read here."""
    start = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
    rows = (
        (tenant, n, str(start + timedelta(seconds=n)), "0" * 64, "0" * 64)
        for n in range(1_000, 1_000 + count)
    )
    _fill(
        path,
        "INSERT INTO audit_entry (tenant_id, n, at, actor_kind, actor_id, actor_name, ip, user_agent, action,"
        " object, data, prev_mac, mac) VALUES (?,?,?,'agent','1','보라','203.0.113.7','Chrome Windows',"
        "'option.set','tenant','{}',?,?)",
        rows,
    )


def add_companies(path: Path, count: int) -> None:
    """Put companies there."""
    rows = ((f"company-{n:07}", f"회사 {n}", f"회사 {n}") for n in range(count))
    with sqlite3.connect(path) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(tenant)")]
        pattern = list(connection.execute(f"SELECT {', '.join(columns)} FROM tenant WHERE slug = 'few'"))[0]
        base = dict(zip(columns, pattern, strict=True))
        base.pop("id")
        marks = ", ".join("?" * len(base))
        statement = f"INSERT INTO tenant ({', '.join(base)}) VALUES ({marks})"
        connection.executemany(
            statement,
            (tuple((base | {"slug": s, "title": t, "company": c}).values()) for s, t, c in rows),
        )


def _fill(path: Path, statement: str, rows: Any) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.executemany(statement, rows)


def count_statements(app: Flask, ask: Callable[[], Any]) -> int:
    """How many statements one answer needs; the first one, which fills caches, does not count."""
    seen: list[str] = []

    def listen(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        seen.append(statement)

    ask()
    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", listen)
    answer = ask()
    event.remove(engine, "before_cursor_execute", listen)
    if answer.status_code != 200:
        raise RuntimeError(f"{answer.request.path} answered {answer.status_code}")
    return sum(1 for one in seen if not one.startswith(("BEGIN", "PRAGMA")))


def read(few: Asked, many: Asked, rounds: int = ROUNDS) -> tuple[Reading, Reading]:
    """Ask for both pages in turn, so that a busy machine is busy for both."""
    statements = [count_statements(*asked) for asked in (few, many)]
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for place, (_app, ask) in enumerate((few, many)):
            began = time.perf_counter()
            ask()
            times[place].append((time.perf_counter() - began) * 1000)
    quartiles = [statistics.quantiles(one, n=4) for one in times]
    first, second = (
        Reading(cut[1], cut[2] - cut[0], count) for cut, count in zip(quartiles, statements, strict=True)
    )
    return first, second


def make_companies(folder: Path, *, agents: int, entries: int) -> Flask:
    """An app with one small company, and one with so much."""
    app = make_app(folder / "few")
    for tenant, many_agents, many_entries in ((1, 10, 10), (2, agents, entries)):
        add_agents(path_of(app), tenant, many_agents)
        add_entries(path_of(app), tenant, many_entries)
    return app


def export(app: Flask, folder: Path, forms: Sequence[str] = ("csv", "excel")) -> list[Export]:
    """Write the large company's log as the jobs process does."""
    found = []
    for form in forms:
        path = folder / form
        with app.test_request_context(), tenant_scope(2):
            before, began = _memory_mib("VmRSS", is_new=True), time.perf_counter()
            rows = log_rows(read_log_asked({}), most=MAX_EXCEL_ROWS - 1)
            if form == "csv":
                with path.open("wb") as file:
                    file.writelines(write_csv(LOG_HEADER, rows))
                with path.open("rb") as file:
                    count = sum(1 for _line in file) - 1
            else:
                count = write_excel(path, "log", LOG_HEADER, rows)
            took = time.perf_counter() - began
            growth = _memory_mib("VmHWM") - before
        found.append(Export(form, count, took, path.stat().st_size / 2**20, growth))
    return found


def _memory_mib(field: str, *, is_new: bool = False) -> float:
    """What the process holds now (VmRSS), or held at the most since the last call with `is_new` (VmHWM)."""
    if is_new:
        Path("/proc/self/clear_refs").write_text("5")
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(field))


def measure(
    folder: Path, *, agents: int, entries: int, companies: int, exports: list[Export] | None = None
) -> dict[str, tuple[Reading, Reading]]:
    """Every page with little and with much behind it; what was exported is added to `exports`."""
    app = make_companies(folder, agents=agents, entries=entries)
    if exports is not None:
        exports += export(app, folder)
    crowd = make_app(folder / "many")
    add_companies(path_of(crowd), companies)
    few, many = log_in(app, "few"), log_in(app, "many")
    found = {page: read((app, partial(few.get, page)), (app, partial(many.get, page))) for page in PAGES}
    asked = [(one, partial(one.test_client().get, "/few")) for one in (app, crowd)]
    found["/<company>"] = read(asked[0], asked[1], 6 * ROUNDS)
    for one in (app, crowd):
        with one.app_context():
            db.session.remove()
            db.engine.dispose()
    return found


def path_of(app: Flask) -> Path:
    """The file of an app's database."""
    with app.app_context():
        return Path(db.engine.url.database or "")


def main() -> None:
    """Print the table and, with --json, the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--agents", type=int, default=10_000)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--companies", type=int, default=100_000)
    parser.add_argument("--export", action="store_true", help="also write the whole log as CSV and Excel")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    exports: list[Export] | None = [] if options.export else None
    with tempfile.TemporaryDirectory(prefix="barohelp-console-") as folder:
        found = measure(
            Path(folder),
            agents=options.agents,
            entries=options.entries,
            companies=options.companies,
            exports=exports,
        )
    print(f"{'page':30} {'few':>16} {'many':>16} {'ratio':>6}  statements")
    for page, (few, many) in found.items():
        times = " ".join(f"{one.median_ms:8.1f} ±{one.spread_ms:4.1f} ms" for one in (few, many))
        ratio, counts = many.median_ms / few.median_ms, f"{few.statements} / {many.statements}"
        print(f"{page:30} {times} {ratio:6.2f}  {counts}")
    for one in exports or ():
        sizes = f"{one.file_mib:.0f} MiB, memory +{one.growth_mib:.0f} MiB"
        print(f"log as {one.form}: {one.rows:,} rows in {one.seconds:.0f} s, {sizes}")
    if options.json:
        figures: dict[str, Any] = {"exports": [vars(one) for one in exports or ()]}
        figures |= {page: [vars(one) for one in pair] for page, pair in found.items()}
        options.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
