"""A certificate of our own."""

import datetime
import stat
import sys

import pytest
from cryptography import x509

from stream_v2m.control.certificates import DAYS, self_signed, tls_context
from stream_v2m.core.errors import ConfigError

pytestmark = pytest.mark.unit

NOW = datetime.datetime(2031, 5, 4, tzinfo=datetime.UTC)
NAMES = ["localhost", "studio.local", "127.0.0.1", "192.168.1.5", "::1"]


def read(path):
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_it_holds_for_every_name_and_address_and_no_longer_than_browsers_like(tmp_path):
    certificate, _ = self_signed(tmp_path / "tls", NAMES, now=NOW)
    made = read(certificate)
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {str(name.value) for name in names} == set(NAMES)
    assert made.not_valid_before_utc < NOW < made.not_valid_after_utc
    assert made.not_valid_after_utc - made.not_valid_before_utc <= datetime.timedelta(days=DAYS)


@pytest.mark.skipif(sys.platform == "win32", reason="no such modes on Windows")
def test_only_the_user_may_read_the_key(tmp_path):
    _, key = self_signed(tmp_path, NAMES, now=NOW)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_a_server_can_speak_with_it(tmp_path):
    assert tls_context(*self_signed(tmp_path, NAMES, now=NOW))


def test_it_is_used_again_until_it_ends_or_a_name_is_missing(tmp_path):
    def serial(names, now):
        return read(self_signed(tmp_path, names, now=now)[0]).serial_number

    first = serial(NAMES, NOW)
    assert serial(NAMES[:2], NOW + datetime.timedelta(days=300)) == first
    second = serial([*NAMES, "10.0.0.9"], NOW)
    assert second != first
    assert serial(NAMES, NOW + datetime.timedelta(days=DAYS)) != second


def test_files_that_are_none_are_replaced(tmp_path):
    certificate, key = self_signed(tmp_path, NAMES, now=NOW)
    key.write_text("broken")
    assert tls_context(*self_signed(tmp_path, NAMES, now=NOW))
    certificate.write_text("broken")
    assert tls_context(*self_signed(tmp_path, NAMES, now=NOW))


def test_a_file_that_is_missing_or_no_certificate_is_named(tmp_path):
    with pytest.raises(ConfigError, match="no such file"):
        tls_context(tmp_path / "none.pem", tmp_path / "none.pem")
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("nonsense")
    with pytest.raises(ConfigError, match="no certificate"):
        tls_context(wrong, wrong)
