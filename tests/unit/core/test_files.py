"""Files: written whole or not at all, and refused before the work."""

from __future__ import annotations

import os

import pytest

from stream_v2m.core.errors import PortError
from stream_v2m.core.files import check_writable, replacing

pytestmark = pytest.mark.unit


def test_what_was_written_takes_the_place_of_the_older_file_at_the_end(tmp_path):
    path = tmp_path / "take.bin"
    path.write_bytes(b"older")
    with replacing(path) as part:
        part.write_bytes(b"newer")
        assert path.read_bytes() == b"older"
    assert path.read_bytes() == b"newer"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), ZeroDivisionError()])
def test_after_a_fault_the_older_file_is_as_it_was(tmp_path, fault):
    path = tmp_path / "take.bin"
    path.write_bytes(b"older")

    def write() -> None:
        with replacing(path) as part:
            part.write_bytes(b"half")
            raise fault

    with pytest.raises(PortError if isinstance(fault, OSError) else ZeroDivisionError):
        write()
    assert path.read_bytes() == b"older"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_keeps_being_one(tmp_path):
    (tmp_path / "folder").mkdir()
    target, link = tmp_path / "folder" / "take.bin", tmp_path / "newest.bin"
    target.write_bytes(b"older")
    link.symlink_to(target)
    with replacing(link) as part:
        part.write_bytes(b"newer")
    assert link.is_symlink()
    assert target.read_bytes() == b"newer"


def test_looking_leaves_everything_as_it_was(tmp_path):
    path = tmp_path / "take.bin"
    check_writable(path)
    assert list(tmp_path.iterdir()) == []
    path.write_bytes(b"older")
    check_writable(path)
    assert path.read_bytes() == b"older"


def test_a_missing_folder_is_refused_with_the_cure(tmp_path):
    with pytest.raises(PortError, match="no such folder; make it: mkdir -p"):
        check_writable(tmp_path / "missing" / "take.bin")


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(PortError, match="got a folder, expected a file"):
        check_writable(tmp_path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_what_is_write_protected_is_refused(tmp_path):
    path = tmp_path / "take.bin"
    path.touch(mode=0o400)
    with pytest.raises(PortError, match="write-protected"):
        check_writable(path)
    path.unlink()
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(PortError, match="Permission denied"):
            check_writable(path)
    finally:
        tmp_path.chmod(0o700)
