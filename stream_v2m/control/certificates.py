"""A certificate of our own for this machine's names and addresses, made once and kept until it ends."""

from __future__ import annotations

import datetime
import ipaddress
import os
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stream_v2m.core.errors import ConfigError

if TYPE_CHECKING:
    from cryptography import x509

DAYS = 397  # browsers take no certificate that lasts longer (CA/Browser Forum, baseline requirements 6.3.2)
SPARE = datetime.timedelta(days=1)  # a show must not begin with a certificate that ends during it
NAME = "stream_v2m"


def self_signed(folder: Path, names: Sequence[str], *, now: datetime.datetime) -> tuple[Path, Path]:
    """A certificate and its key in ``folder``: those that are there if they are still good, else new ones.

    Args:
        names: host names and addresses that it is to hold for.
        now: with a time zone.

    Returns:
        the paths of certificate and key (PEM); only the user may read the key.

    Raises:
        ConfigError: the folder cannot be written.
    """
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    try:
        if not (key.is_file() and certificate.is_file() and _holds(certificate, key, names, now)):
            folder.mkdir(parents=True, exist_ok=True)
            key_pem, certificate_pem = _make(names, now)
            key.unlink(missing_ok=True)
            with os.fdopen(os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(key_pem)
            certificate.write_bytes(certificate_pem)
    except OSError as error:
        raise ConfigError(
            f"cannot be written ({error.strerror})", where=error.filename or folder, cure="or give --tls CERT KEY"
        ) from error
    return certificate, key


def tls_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """What a server needs to speak TLS.

    Raises:
        ConfigError: a file is missing, or they are not a certificate and its key.
    """
    for path in (certificate, key):
        if not path.is_file():
            raise ConfigError("no such file", where=path, cure="give --tls CERT KEY, or --tls-self-signed")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # a key with a password would ask for it on the terminal
        context.load_cert_chain(certificate, key, password=lambda: "")
    except (ssl.SSLError, OSError, ValueError) as error:
        raise ConfigError(
            "is no certificate with its key",
            where=certificate,
            got=key,
            expected="both as PEM, the key without password",
        ) from error
    return context


def _holds(certificate: Path, key: Path, names: Sequence[str], now: datetime.datetime) -> bool:
    from cryptography import x509

    try:
        read = x509.load_pem_x509_certificate(certificate.read_bytes())
        tls_context(certificate, key)
        alternatives = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, ConfigError, x509.ExtensionNotFound):
        return False
    known = {str(name.value) for name in alternatives}
    return read.not_valid_before_utc <= now < read.not_valid_after_utc - SPARE and set(names) <= known


def _make(names: Sequence[str], now: datetime.datetime) -> tuple[bytes, bytes]:
    """Key and certificate as PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))  # a phone's clock may be behind
        .not_valid_after(now + datetime.timedelta(days=DAYS - 1))
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private, certificate.public_bytes(serialization.Encoding.PEM)


def _general(name: str) -> x509.GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
