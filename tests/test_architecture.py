"""The rules of the tree, read from the source itself: who imports whom, and what stands only in its place.

The import rules between packages are written in pyproject.toml (import-linter); the others are here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = ("config", "tenants", "app", "wire", "relay", "desktop", "viewer", "customer_agent")
PACKAGES = (*SHIPPED, "ops", "bench")
#: Where a module may grow beyond what one reads in a sitting; a longer one needs its reason here.
MAX_LINES = {"app": 400, "tenants": 300, "config": 300, "relay": 500, "wire": 600}
LONG_MODULES: dict[str, str] = {
    "app/support/models.py": "one domain's tables, which refer to each other",
}

READS_ENVIRONMENT = re.compile(r"\bos\.(environ|getenv|putenv)\b|from os import .*\b(environ|getenv)\b")


@cache
def modules(*packages: str) -> tuple[Path, ...]:
    """Every Python file of these packages, as paths from the root."""
    found = [path for package in packages for path in (ROOT / package).rglob("*.py")]
    return tuple(sorted(path.relative_to(ROOT) for path in found))


@cache
def tree_of(module: Path) -> ast.Module:
    return ast.parse((ROOT / module).read_text(encoding="utf-8"))


def imports_of(module: Path, *, also_for_types: bool = False) -> Iterator[str]:
    """The full names of what a module imports, inside functions too; not what only the type checker sees."""
    skipped = set() if also_for_types else set(_type_checking_nodes(tree_of(module)))
    for node in ast.walk(tree_of(module)):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def _type_checking_nodes(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from ast.walk(node)


def offenders(packages: tuple[str, ...], forbidden: str, *, allowed: re.Pattern[str]) -> list[str]:
    """Modules of `packages` that import `forbidden` or something below it, and are not allowed to."""
    return [
        str(module)
        for module in modules(*packages)
        if not allowed.fullmatch(str(module))
        and any(name == forbidden or name.startswith(f"{forbidden}.") for name in imports_of(module))
    ]


@pytest.mark.parametrize(
    ("packages", "forbidden", "allowed"),
    [
        # Only windows and the two pumps touch Tk; models, pictures, input and links are tested without it.
        (
            ("viewer", "customer_agent", "desktop"),
            "tkinter",
            r"(viewer|customer_agent|desktop)/.*_window\.py|(viewer|customer_agent)/(.*/)?(app|.*_app|__main__)\.py"
            r"|viewer/remote/(support|vnc)\.py|desktop/(theme|theme_styles|entry_field|layout|later|pump|screenshot)\.py",
        ),
        # The relay's logic is pure; one file knows the hub.
        (("relay",), "gevent", r"relay/server\.py|relay/__main__\.py"),
        (("wire", "desktop", "viewer", "customer_agent"), "gevent", r""),
        (("wire", "desktop", "viewer", "customer_agent", "relay"), "flask", r""),
        (("wire", "desktop", "viewer", "customer_agent", "relay"), "sqlalchemy", r""),
        # Values in, values out: no sockets, no threads, no clock.
        (("wire",), "socket", r""),
        (("wire",), "threading", r""),
        (("wire",), "time", r""),
        # The web half decodes no pixels.
        (("app", "tenants", "config", "relay"), "numpy", r""),
        (("app", "tenants", "relay"), "subprocess", r""),
        (PACKAGES, "pickle", r""),
    ],
)  # fmt: skip
def test_it_imports_only_where_it_may(packages: tuple[str, ...], forbidden: str, allowed: str) -> None:
    assert offenders(packages, forbidden, allowed=re.compile(allowed)) == []


@pytest.mark.parametrize(
    ("package", "may_use"),
    [
        ("config", ("wire",)),
        ("tenants", ("config",)),
        ("app", ("config", "tenants", "wire")),
        ("wire", ()),
        ("relay", ("config", "wire")),
        ("desktop", ("wire",)),
        ("viewer", ("desktop", "wire")),
        ("customer_agent", ("desktop", "wire")),
    ],
)
def test_packages_depend_one_way(package: str, may_use: tuple[str, ...]) -> None:
    forbidden = set(PACKAGES) - {package, *may_use}
    found = {
        (str(module), name)
        for module in modules(package)
        for name in imports_of(module)
        if name.split(".")[0] in forbidden
    }
    assert found == set()


def test_app_takes_little_of_wire() -> None:
    """The ticket codec, the handshake, the signal messages, and what they stand on; no RFB, no control."""
    taken = {name for module in modules("app") for name in imports_of(module) if name.startswith("wire.")}
    refused = {name for name in taken if name.startswith(("wire.rfb", "wire.control", "wire.channel"))}
    assert refused == set()


def test_domains_of_app_do_not_go_round_in_circles() -> None:
    """Each domain may use the ones before it in app.DOMAINS; a circle shows up as an import that fails."""
    from app import DOMAINS

    found = []
    for module in modules("app"):
        domain = module.parts[1]
        if domain not in DOMAINS:
            continue
        for name in imports_of(module):
            other = name.split(".")[1] if name.startswith("app.") else ""
            if other in DOMAINS and DOMAINS.index(other) > DOMAINS.index(domain):
                found.append((str(module), name))
    assert found == []


def test_rules_are_pure() -> None:
    """rules.py decides from values: no database, no request, no clock of its own."""
    for module in modules("app", "tenants"):
        if module.name != "rules.py":
            continue
        roots = {name.split(".")[0] for name in imports_of(module)}
        assert not roots & {"sqlalchemy", "flask", "time", "random", "secrets", "structlog"}, module
        assert ".now(" not in (ROOT / module).read_text(), module


def test_the_environment_is_read_once() -> None:
    """By config, by what a person starts, and by ops; everything else is handed its settings."""
    found = {
        str(module)
        for module in modules(*SHIPPED)
        if READS_ENVIRONMENT.search((ROOT / module).read_text(encoding="utf-8"))
        and module.parts[0] != "config"
        and not module.name.endswith(("__main__.py", "app.py"))
    }
    assert found - set(ENVIRONMENT_READERS) == set()


#: Beside config and what a person starts. A desktop tells its programs these things in no other way.
ENVIRONMENT_READERS = {
    "app/jobs.py": "started by itself: python -m app.jobs",
    "customer_agent/self_removal.py": "where Windows lies",
    "customer_agent/x11.py": "the display",
    "desktop/layout.py": "where the story reads the places of widgets",
    "desktop/network.py": "the proxy that everybody's programs use, and a private authority",
    "desktop/secret_store.py": "the folder for settings",
    "desktop/words.py": "the language of the desktop",
    "viewer/remote/vnc.py": "a VNC password, which must not stand on the command line",
}

RAW_SQL = re.compile(
    r"\bexec_driver_sql\b|__table__|\b(sa|sqlalchemy)\.text\b|\bsession\.(connection|get_bind)\(\)\.exec"
    r"|\btext\(\s*f?[\"'](SELECT|INSERT|UPDATE|DELETE|SET|ALTER)\b"
)
#: The start's look at its own revision and role happens before there is any tenant.
RAW_SQL_ALLOWED = {"app/start_checks.py"}


def find_raw_sql(source: str) -> list[str]:
    """The raw statements of a source text; `text()` inside an index's condition is DDL and passes."""
    return [match[0] for match in RAW_SQL.finditer(source)]


def test_raw_sql_stands_behind_the_wall_only() -> None:
    """The filter does not see raw statements, so they are allowed in tenants/ and migrations/ alone."""
    found = {str(module) for module in modules("app") if find_raw_sql((ROOT / module).read_text("utf-8"))}
    assert found <= RAW_SQL_ALLOWED
    leaks = {
        str(module)
        for module in modules("app")
        for name in imports_of(module)
        if name in ("sqlalchemy.create_engine", "sqlite3", "psycopg", "sqlalchemy.orm.Session")
    }
    assert leaks == set()


@pytest.mark.parametrize(
    "line",
    [
        'db.session.execute(text("SELECT * FROM agent"))',
        "db.session.execute(select(Agent.__table__))",
        "connection.exec_driver_sql(query)",
        "db.session.execute(sa.text(query))",
    ],
)
def test_the_raw_sql_check_sees(line: str) -> None:
    assert find_raw_sql(line)


#: Where the wall is crossed on purpose. For operators, in one module, where each use is written down.
OPERATOR_SCOPES = {
    "app/jobs.py",
    "app/mail/postman.py",
    "app/operator/crossing.py",
    "app/support/orders.py",
    "app/support/signal/sweep.py",
}


def test_operator_scope_is_rare() -> None:
    """Crossing the wall on purpose is one visible call; each place that may is named here."""
    found = {
        str(module)
        for module in modules("app", "tenants")
        if "operator_scope(" in (ROOT / module).read_text("utf-8") and module.parts[0] != "tenants"
    }
    assert found <= OPERATOR_SCOPES, found


def test_nothing_dangerous_is_called() -> None:
    """No eval, exec, shell=True, yaml.load, marshal or assert-free pickle anywhere in what ships."""
    pattern = re.compile(r"(?<![\w.])(eval|exec)\(|shell=True|yaml\.load|marshal\.loads|pickle\.loads")
    assert [str(m) for m in modules(*SHIPPED) if pattern.search((ROOT / m).read_text("utf-8"))] == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(module)
        for module in modules(*PACKAGES)
        if (ROOT / module).read_text("utf-8").strip() and not ast.get_docstring(tree_of(module))
    ]
    assert silent == []


def test_no_module_is_a_drawer() -> None:
    drawers = {"utils", "helpers", "manager", "common", "misc", "util", "helper"}
    assert [str(module) for module in modules(*PACKAGES) if module.stem in drawers] == []


def test_modules_stay_readable() -> None:
    for module in modules(*MAX_LINES):
        lines = len((ROOT / module).read_text("utf-8").splitlines())
        limit = MAX_LINES[module.parts[0]]
        is_known = str(module) in LONG_MODULES
        assert lines <= limit or is_known, f"{module} has {lines} lines, {limit} are plenty"


def test_templates_hold_no_inline_code() -> None:
    """The content security policy forbids it: such a line would silently not work."""
    pattern = re.compile(
        r"\son[a-z]+\s*=\s*[\"']|\sstyle\s*=\s*[\"']|javascript:|<script(?![^>]*(src|nonce)=)", re.IGNORECASE
    )
    templates = list((ROOT / "app").rglob("templates/**/*.html"))
    assert templates
    found = [str(path.relative_to(ROOT)) for path in templates if pattern.search(path.read_text("utf-8"))]
    assert found == []


def test_the_lock_file_names_no_registry() -> None:
    lock = (ROOT / "package-lock.json").read_text()
    assert "resolved" not in lock
    assert "integrity" in lock
