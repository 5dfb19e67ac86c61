"""Run by test_interleaved.py in a process of its own, patched by gevent: two companies' requests, mixed.

Many greenlets ask for pages of both companies at once; between any two statements others run, and some
requests are cut off by a time-out at a random moment. No answer may hold a word of the other company's, and
after a cut the next request of the same greenlet must be as if nothing had been.
Prints one JSON object. Usage: python -m tests.tenants.interleaved FOLDER COUNT SEED
"""

from gevent import monkey

monkey.patch_all()

import json  # noqa: E402
import random  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402

import gevent  # noqa: E402
from sqlalchemy import event  # noqa: E402

from app import create_app  # noqa: E402
from app.api.keys import create_key  # noqa: E402
from app.team.actions import create_agent  # noqa: E402
from app.team.departments import create_department  # noqa: E402
from tenants.audit import SYSTEM  # noqa: E402
from tenants.database import current_scope, db, now_utc, tenant_scope  # noqa: E402
from tests.cast import PASSWORD, make_cast  # noqa: E402
from tests.conftest import make_settings  # noqa: E402

FOLDER, COUNT, SEED = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
GREENLETS = 16
MARKS = {"maru": "마루만의", "nuri": "누리만의"}
PAGES = ("/manage", "/manage/agents", "/manage/departments", "/manage/options", "/manage/log")

app = create_app(make_settings(FOLDER))
dice = random.Random(SEED)
with app.app_context():
    db.create_all()
    cast = make_cast()
    for company in (cast.maru, cast.nuri):
        with tenant_scope(company.id):
            create_department(f"{MARKS[company.slug]} 부서", by=SYSTEM)
            create_agent(login_id="same", name=f"{MARKS[company.slug]} 이", password=PASSWORD, by=SYSTEM)
            if company is cast.nuri:
                create_agent(login_id="admin", name=f"{MARKS['nuri']} 장", password=PASSWORD, by=SYSTEM)
    keys = {}
    for company in (cast.maru, cast.nuri):
        with tenant_scope(company.id):
            keys[company.slug] = create_key("열쇠", ["agents"], days=0, by=SYSTEM, now=now_utc())[1]
    engine = db.engine


@event.listens_for(engine, "before_cursor_execute")
def give_way(*_arguments: object) -> None:
    """Let others run before a statement, now and then for longer."""
    gevent.sleep(dice.choice((0, 0, 0, 0.0005, 0.002)))


def browser_of(slug: str):
    browser = app.test_client()
    form = {"tenant": slug, "login_id": "admin", "password": PASSWORD}
    assert browser.post("/manage/login", data=form).status_code == 302
    return browser


def ask(share: int, seen: dict[str, int]) -> None:
    browsers = {slug: browser_of(slug) for slug in MARKS}
    for _ in range(share):
        slug = dice.choice(("maru", "nuri"))
        foreign = MARKS["nuri" if slug == "maru" else "maru"]
        own_page = dice.random() < 0.7
        timeout = gevent.Timeout(dice.uniform(0.001, 0.03)) if dice.random() < 0.2 else None
        try:
            if timeout:
                timeout.start()
            if own_page:
                text = browsers[slug].get(dice.choice(PAGES)).get_data(as_text=True)
            else:
                headers = {"Authorization": f"Bearer {keys[slug]}"}
                text = app.test_client().get("/api/v1/agents", headers=headers).get_data(as_text=True)
            seen["answered"] += 1
            seen["crossed"] += foreign in text
            seen["own"] += MARKS[slug] in text
        except gevent.Timeout:
            seen["cut"] += 1
        finally:
            if timeout:
                timeout.close()
        seen["left_open"] += current_scope() is not None


from app.api import keys as api_keys  # noqa: E402

api_keys.REQUESTS_PER_MINUTE = 10**9
seen = dict.fromkeys(("answered", "crossed", "own", "cut", "left_open"), 0)
gevent.joinall([gevent.spawn(ask, COUNT // GREENLETS, seen) for _ in range(GREENLETS)], raise_error=True)
print(json.dumps(seen))
