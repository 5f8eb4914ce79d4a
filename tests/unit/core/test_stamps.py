from array import array
from pathlib import Path

import pytest

from stream_v2m.core.stamps import BLOCK, Stamps, number_of

pytestmark = pytest.mark.unit


def written(path: Path) -> list[float]:
    rows = array("d")
    rows.frombytes(path.read_bytes())
    return rows.tolist()


def test_rows_are_in_the_file_in_their_order_once_it_is_closed(tmp_path: Path):
    stamps = Stamps(tmp_path / "rows", 2)
    for row in range(BLOCK + 3):
        stamps.add(row, 0.5)
    stamps.close()
    assert written(tmp_path / "rows")[::2] == list(range(BLOCK + 3))


def test_a_second_writer_goes_on_where_the_first_ended(tmp_path: Path):
    for number in (1.0, 2.0):
        stamps = Stamps(tmp_path / "rows", 1)
        stamps.add(number)
        stamps.close()
    assert written(tmp_path / "rows") == [1.0, 2.0]


def test_a_message_is_a_number_by_its_first_three_bytes():
    assert number_of(b"\x90\x3c\x40") == 0x903C40
    assert number_of(b"\xf8") == 0xF80000
    assert number_of(b"\xf0\x01\x02\x03\xf7") == 0xF00102
