"""`make run`: everything of one installation on this machine, for one person, until Ctrl-C.

Decides what is started with which settings and what is told to the newcomer; how programs are kept running
and ended is supervisor.py and guard.py, what "ready" means is readiness.py. Usage: python -m ops.run
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from functools import partial
from typing import Final

from ops import readiness
from ops.places import LOOPBACK, ROOT, Places, check_folder, check_port, read_places
from ops.prepare import prepare
from ops.say import CannotStart, say, stop, title
from ops.supervisor import Program, Supervisor

READY_DEADLINE_S: Final = 60.0
WORKER_CONNECTIONS: Final = 12_000  # gevent's default of 1,000 silently stops agent 1,001


def programs_of(places: Places) -> list[Program]:
    """Relay, web and, last, jobs: what must always run."""
    environment = places.environment()
    gunicorn = [sys.executable, "-m", "gunicorn", "-k", "gevent", "--workers", "1"]
    if (ROOT / "config" / "gunicorn.py").exists():
        gunicorn += ["--config", str(ROOT / "config" / "gunicorn.py")]
    gunicorn += ["--worker-connections", str(WORKER_CONNECTIONS), "--no-control-socket"]
    gunicorn += ["--graceful-timeout", "2", "--bind", f"{LOOPBACK}:{places.web_port}", "wsgi:app"]
    relay = [sys.executable, "-m", "relay", "--listen", f"{LOOPBACK}:{places.relay_port}"]
    return [
        Program("relay", "중계(relay)", "the relay", relay, environment),
        Program("web", "웹(web)", "the web half", gunicorn, environment),
        Program("jobs", "작업(jobs)", "the jobs", [sys.executable, "-m", "app.jobs"], environment),
    ]


def demo_program(places: Places) -> Program | None:
    """The demo customer's PC, where the machine has a virtual display; None otherwise or when unwanted."""
    if os.environ.get("DEMO", "1") == "0" or not (shutil.which("Xvnc") or shutil.which("Xvfb")):
        return None
    return Program(
        "demo-pc",
        "데모 고객 PC",
        "the demo customer's PC",
        [sys.executable, "-m", "ops.demo_pc", "--port", str(places.demo_port)],
        places.environment(),
    )


def waiting_program(places: Places) -> Program | None:
    """The agent's waiting program, where there is a display to show it on."""
    if not os.environ.get("DISPLAY") or os.environ.get("WAITING_PROGRAM", "1") == "0":
        return None
    argv = [sys.executable, "-m", "viewer", "--server", places.public_url, "--tenant", "demo"]
    return Program("viewer", "대기 프로그램", "the waiting program", argv, places.environment(), keep=False)


def run(places: Places) -> int:
    """Start it all, say where, and keep it running; the exit code. Raises CannotStart."""
    begun = time.monotonic()
    check_folder(places.var)
    demo = demo_program(places)
    check_port("WEB_PORT", places.web_port)
    check_port("RELAY_PORT", places.relay_port)
    if demo:
        check_port("DEMO_PORT", places.demo_port)
    title("바로헬프를 시작합니다", "Starting BaroHelp")
    supervisor = Supervisor(ROOT, places.logs)
    supervisor.open()
    try:
        places.downloads.mkdir(exist_ok=True)
        prepare(places)
        for name in ("demo-pc.json", "demo-pc.url"):
            (places.var / name).unlink(missing_ok=True)
        *doors, jobs = programs_of(places)
        for program in doors:
            supervisor.start(program)
        _wait_until_ready(supervisor, places)
        if supervisor.stopping:
            return 0
        waiting = waiting_program(places)
        for later in (demo, waiting, jobs):  # nobody waits for these; two cores do one thing at a time
            if later:
                supervisor.start(later)
        _tell(places, begun, has_demo=demo is not None, has_waiting=waiting is not None)
        return supervisor.run_until_stopped()
    finally:
        title("멈추는 중입니다", "Stopping")
        supervisor.stop()
        say("모두 멈췄습니다.", "Everything has stopped; nothing is left running.")


def _wait_until_ready(supervisor: Supervisor, places: Places) -> None:
    checks: dict[str, readiness.Check] = {
        "web": partial(readiness.web_answers, places),
        "relay": partial(readiness.relay_pairs, places),
        "signal": partial(readiness.signal_answers, places),
    }

    def goes_on() -> bool:
        return not supervisor.stopping and not any(supervisor.has_ended(name) for name in ("web", "relay"))

    problems = readiness.wait_until_ready(checks, deadline_s=READY_DEADLINE_S, on_wait=goes_on)
    if problems and not supervisor.stopping:
        raise CannotStart(
            f"시작하지 못했습니다 ({'; '.join(problems.values())}). 이유는 {places.logs}에 있습니다.",
            f"It did not become ready ({'; '.join(problems.values())}); the reason is in {places.logs}.",
        )


def _tell(places: Places, begun: float, *, has_demo: bool, has_waiting: bool) -> None:
    title(f"준비되었습니다 ({time.monotonic() - begun:.1f}초)", "Ready")
    say(f"고객 화면            {places.public_url}/demo", "the customer's page")
    if has_demo:
        say(f"데모 고객 PC         {_demo_address(places)}", "the demo customer's PC, in your browser")
    say(f"관리 화면            {places.public_url}/manage", "the company's own pages")
    title("로그인", f"Logins (kept in {places.demo_logins})")
    for line in places.demo_logins.read_text(encoding="utf-8").splitlines():
        print(f"  {line}")
    title("다음", "Next")
    for number, (korean, english) in enumerate(_steps(places, has_demo, has_waiting), 1):
        say(f"{number}. {korean}", f"   {english}")
    if not any(places.downloads.iterdir()):
        say(
            "고객 프로그램 파일이 아직 없습니다. 다른 터미널에서: make customer-program",
            "The one-file customer program is not built yet: make customer-program in another terminal.",
        )
    print("\nCtrl-C: 모두 멈춤  ·  stop everything\n", flush=True)


def _steps(places: Places, has_demo: bool, has_waiting: bool) -> list[tuple[str, str]]:
    command = f".venv/bin/python -m viewer --server {places.public_url} --tenant demo"
    first = ("열린 대기 프로그램에 상담원 1로 로그인합니다.", "Log in to the waiting program as agent 1.")
    if not has_waiting:
        first = (
            f"화면이 있는 곳에서 대기 프로그램을 엽니다: {command}",
            "Open the waiting program on a display.",
        )
    customer = ("고객 화면을 브라우저로 엽니다.", "Open the customer's page in a browser.")
    if has_demo:
        customer = (
            "데모 고객 PC 주소를 브라우저로 열어 그 안에서 번호를 누르고 프로그램을 실행합니다.",
            "Open the demo customer's PC in your browser; there, press the number and run the program.",
        )
    return [first, customer, ("대기 프로그램에서 연결을 수락합니다.", "Accept in the waiting program.")]


def _demo_address(places: Places) -> str:
    """The page's address holds a random token, which the demo PC writes down once it is up."""
    path = places.var / "demo-pc.url"
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        if path.is_file():
            return path.read_text().strip()
        time.sleep(0.05)
    return f"({places.logs / 'demo-pc.log'})"


if __name__ == "__main__":
    try:
        raise SystemExit(run(read_places()))
    except CannotStart as problem:
        stop(problem)
