"""Tables in files: CSV as Korean offices send it, CSV and Excel that open without harm.

Reading: UTF-8 with or without its mark, else CP949, which Excel writes in Korea; comma, semicolon or tab.
Writing: a cell that a spreadsheet would take for a formula gets an apostrophe before it in CSV (it is taken
off again when such a file comes back), and the type "text" in Excel (security rule 15).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from flask_babel import lazy_gettext as _l
from flask_babel import to_user_timezone
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from app.errors import AppError

__all__ = ["MAX_EXCEL_ROWS", "SheetRejected", "read_csv", "safe_cell", "write_csv", "write_excel"]

#: Excel's own limit, the header included.
MAX_EXCEL_ROWS: Final = 1_048_576
MAX_ROWS: Final = 20_000
MAX_CELLS: Final = 64
MAX_CELL: Final = 1_000
#: What begins a formula, the full-width forms of Korean and Japanese keyboards included.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # noqa: RUF001
#: Characters that neither XML nor a reader can do anything with.
_UNPRINTABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

Cell = str | int | float | bool | datetime | None


class SheetRejected(AppError):
    """The file is no table that we can read; the sentence says what to do."""

    status = 422
    code = "B-46"


def read_csv(data: bytes) -> list[list[str]]:
    """The rows of a CSV file, blanks at the ends of cells taken off; empty rows are kept, for their numbers.

    Raises SheetRejected: not a text in a known encoding, too many rows or cells, a broken quotation.
    """
    text = _decode(data)
    if "\x00" in text:
        raise SheetRejected(_l("CSV 파일이 아닙니다. 엑셀에서 CSV로 저장한 파일을 골라 주십시오."))
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True):
            if len(rows) >= MAX_ROWS or len(row) > MAX_CELLS:
                raise SheetRejected(
                    _l(
                        "한 번에 %(most)s줄까지 올릴 수 있습니다. 파일을 나누어 주십시오.",
                        most=f"{MAX_ROWS:,}",
                    )
                )
            rows.append([_plain(cell) for cell in row])
    except csv.Error as error:
        raise SheetRejected(
            _l("%(line)d번째 줄을 읽을 수 없습니다. 따옴표가 닫혔는지 확인해 주십시오.", line=len(rows) + 1)
        ) from error
    while rows and not any(rows[-1]):
        rows.pop()
    return rows


def safe_cell(value: Cell) -> str:
    """The text of a cell as CSV may hold it: never a formula."""
    text = _text(value)
    return f"'{text}" if _looks_like_formula(text) else text


def write_csv(header: Sequence[Any], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """The bytes of a CSV file, piece by piece: UTF-8 with its mark, so that Excel reads Korean."""
    yield "\ufeff".encode()
    yield _line([str(word) for word in header])
    for row in rows:
        yield _line([safe_cell(cell) for cell in row])


def write_excel(path: Path, title: str, header: Sequence[Any], rows: Iterable[Sequence[Cell]]) -> int:
    """Write a workbook with one sheet and return its number of rows; texts are texts, numbers are numbers."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(re.sub(r"[\[\]:*?/\\]", " ", title)[:31])
    sheet.freeze_panes = "A2"
    sheet.append([_excel(sheet, str(word)) for word in header])
    count = 0
    for row in rows:
        sheet.append([_excel(sheet, cell) for cell in row])
        count += 1
    book.save(path)
    return count


def _decode(data: bytes) -> str:
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SheetRejected(_l("글자를 읽을 수 없습니다. 파일을 UTF-8이나 CP949로 저장해 주십시오."))


def _delimiter(text: str) -> str:
    first = text.split("\n", 1)[0]
    return max(",;\t", key=first.count)


def _plain(cell: str) -> str:
    cell = cell.strip()[:MAX_CELL]
    return cell[1:] if cell.startswith("'") and _looks_like_formula(cell) else cell


def _looks_like_formula(text: str) -> bool:
    """Also behind apostrophes, so that what is marked and unmarked again is the same text."""
    return text.lstrip("'").startswith(_FORMULA)


def _text(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{to_user_timezone(value):%Y-%m-%d %H:%M:%S}"
    return _UNPRINTABLE.sub("", str(value))


def _line(cells: Sequence[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode()


def _excel(sheet: Any, value: Cell) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    cell = WriteOnlyCell(sheet, value=_text(value)[:32_767])
    if cell.data_type == "f":
        cell.data_type = "s"
    return cell
