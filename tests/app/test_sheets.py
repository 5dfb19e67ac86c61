"""Tables in files: Korean encodings, broken files, and nothing that a spreadsheet would run."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from app.sheets import MAX_ROWS, SheetRejected, read_csv, safe_cell, write_csv, write_excel

FORMULAS = [
    "=1+1",
    "+82-10",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    '=HYPERLINK("http://evil.example")',
    "＝1+1",  # noqa: RUF001
    "=cmd|' /C calc'!A0",
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_it_reads_what_offices_send(encoding: str, delimiter: str) -> None:
    text = delimiter.join(("아이디", "이름")) + "\r\n" + delimiter.join(("minsu", '"김, 민수"')) + "\r\n\r\n"
    assert read_csv(text.encode(encoding)) == [["아이디", "이름"], ["minsu", "김, 민수"]]


@pytest.mark.parametrize(
    "data", [b"\xff\xfe\x00\x00", b"PK\x03\x04\x00\x00", b'a,"b\nc', b"\x81\xff\xff", b"a\n" * (MAX_ROWS + 1)]
)
def test_it_refuses_what_is_no_table(data: bytes) -> None:
    with pytest.raises(SheetRejected):
        read_csv(data)


@pytest.mark.parametrize("text", FORMULAS)
def test_no_csv_cell_is_a_formula(text: str) -> None:
    assert safe_cell(text).startswith("'")
    written = b"".join(write_csv(["이름"], [[text]])).decode("utf-8-sig")
    assert written.splitlines()[1].lstrip('"').startswith("'")


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), max_size=30))
def test_what_was_written_is_read_again(text: str) -> None:
    rows = read_csv(b"".join(write_csv(["이름"], [[text, "끝"]])))
    assert rows[1][0] == text.strip()


@pytest.mark.parametrize("text", FORMULAS)
def test_no_excel_cell_is_a_formula(text: str, tmp_path: Path) -> None:
    assert write_excel(tmp_path / "a.xlsx", "표", ["이름"], [[text, 3, None]]) == 1
    sheet = load_workbook(tmp_path / "a.xlsx").active
    assert sheet is not None
    cell = sheet["A2"]
    assert cell.data_type in ("s", "inlineStr")
    assert (cell.value or "").strip() == text.strip()
    assert sheet["B2"].value == 3


def test_excel_takes_what_xml_cannot_hold(tmp_path: Path) -> None:
    write_excel(tmp_path / "a.xlsx", "[a]:*?/\\" * 9, ["이름"], [["a\x00\x08b", "가" * 40_000]])
    sheet = load_workbook(tmp_path / "a.xlsx").active
    assert sheet is not None
    assert sheet["A2"].value == "ab"
    assert len(str(sheet["B2"].value)) == 32_767
