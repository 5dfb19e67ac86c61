"""/manage/downloads: what lies in the folder, with its sum; nothing else of the machine."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

import pytest

from app.manage.downloads import list_downloads
from app.team.download_counts import count_download
from tenants.database import tenant_scope
from tests.cast import Cast

OFFERED = ("BaroHelp-linux-x86_64", "BaroHelp-Viewer-0.2.1-windows.exe", "NOTICES.txt")
WORDS = ("접속대기 프로그램", "고객 프로그램", "0.2.1", "Windows", "Linux")


@pytest.fixture
def folder(app) -> Path:
    """Two programs, the notices, and what is none of anybody's business."""
    folder: Path = app.extensions["settings"].download_dir
    folder.mkdir(parents=True, exist_ok=True)
    for name in (
        "BaroHelp-linux-x86_64",
        "BaroHelp-Viewer-0.2.1-windows.exe",
        "NOTICES.txt",
        "secret.txt",
        ".x",
    ):
        (folder / name).write_bytes(name.encode())
    yield folder  # type: ignore[misc]
    for path in folder.iterdir():
        path.unlink()


@pytest.mark.usefixtures("folder")
def test_it_works(log_in, cast: Cast) -> None:
    for person in (cast.hana, cast.bora):
        page = log_in(person).get("/manage/downloads").text
        assert hashlib.sha256(b"BaroHelp-linux-x86_64").hexdigest() in page
        assert all(
            word in page for word in ("접속대기 프로그램", "고객 프로그램", "0.2.1", "Windows", "Linux")
        )
        assert "secret" not in page


@pytest.mark.usefixtures("folder")
def test_it_is_searched(log_in, cast: Cast) -> None:
    page = log_in(cast.bora).get("/manage/downloads", query_string={"q": "고지"}).text
    assert "NOTICES.txt" in page
    assert "BaroHelp-linux" not in page


@pytest.mark.usefixtures("folder")
def test_a_file_is_fetched(log_in, cast: Cast) -> None:
    answer = log_in(cast.bora).get("/manage/downloads/NOTICES.txt")
    assert answer.data == b"NOTICES.txt"
    assert "attachment" in answer.headers["Content-Disposition"]
    answer.close()


def row_of(page: str, name: str) -> str:
    """The line of the list in which this file stands."""
    return next(row for row in page.split("<tr>") if name in row)


@pytest.mark.usefixtures("folder")
def test_each_download_counts_for_its_company(log_in, cast: Cast) -> None:
    bora, hana, chul = log_in(cast.bora), log_in(cast.hana), log_in(cast.chul)
    for browser in (bora, bora, hana):
        browser.get("/manage/downloads/NOTICES.txt").close()
    bora.get("/manage/programs/BaroHelp-Viewer-0.2.1-windows.exe").close()
    page = hana.get("/manage/downloads").text
    assert "3번" in row_of(page, "NOTICES.txt")
    assert "1번" in row_of(page, "BaroHelp-Viewer-0.2.1")
    assert "0번" in row_of(page, "BaroHelp-linux")
    assert "서비스 운영자" in row_of(page, "NOTICES.txt")
    assert "0번" in row_of(chul.get("/manage/downloads").text, "NOTICES.txt")


@pytest.mark.usefixtures("folder")
def test_what_begins_no_download_is_not_counted(log_in, cast: Cast) -> None:
    browser = log_in(cast.bora)
    browser.head("/manage/downloads/NOTICES.txt").close()
    browser.get("/manage/downloads/NOTICES.txt", headers={"Range": "bytes=4-"}).close()
    browser.get("/manage/downloads/secret.txt").close()
    browser.get("/manage/programs/BaroHelp-Viewer-9").close()
    page = browser.get("/manage/downloads").text
    assert page.count("0번") == len(OFFERED)


@pytest.mark.usefixtures("folder")
def test_downloads_at_once_all_count(app, log_in, cast: Cast) -> None:
    def fetch() -> None:
        with app.test_request_context(), tenant_scope(cast.maru.id):
            count_download("NOTICES.txt")

    threads = [threading.Thread(target=fetch) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert "12번" in row_of(log_in(cast.bora).get("/manage/downloads").text, "NOTICES.txt")


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", ["secret.txt", ".x", "..%2Fsecrets.env", "NOTICES.txt%00", "BaroHelp-linux"])
def test_nothing_else_is_fetched(log_in, cast: Cast, name: str) -> None:
    assert log_in(cast.bora).get(f"/manage/downloads/{name}").status_code == 404


def test_a_changed_file_has_another_sum(folder: Path) -> None:
    before = {one.name: one.sha256 for one in list_downloads(folder)}
    (folder / "NOTICES.txt").write_bytes(b"something else")
    os.utime(folder / "NOTICES.txt", ns=(1, 1))
    after = {one.name: one.sha256 for one in list_downloads(folder)}
    assert [name for name in before if before[name] != after[name]] == ["NOTICES.txt"]


def test_an_empty_folder_is_told(log_in, cast: Cast) -> None:
    assert "받을 파일이 없습니다" in log_in(cast.bora).get("/manage/downloads").text
