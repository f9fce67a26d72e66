import hashlib
import ipaddress
from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from crawler.render.authority import Authority

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def leaf(authority: Authority, host: str) -> x509.Certificate:
    return authority.tls_for(host).certificate.to_cryptography()


@pytest.mark.parametrize("host", ["news.example", "127.0.0.1", "::1", "xn--mgba.example"])
def test_a_certificate_names_its_host_and_is_signed_by_the_authority(host: str) -> None:
    authority = Authority(clock=lambda: NOW)
    certificate, ca = leaf(authority, host), x509.load_pem_x509_certificate(authority.pem)
    certificate.verify_directly_issued_by(ca)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    is_address = ":" in host or host[0].isdigit()
    kind, value = (x509.IPAddress, ipaddress.ip_address(host)) if is_address else (x509.DNSName, host)
    assert names.get_values_for_type(kind) == [value]
    assert certificate.not_valid_after_utc - NOW <= timedelta(days=2)


def test_certificates_are_kept_until_they_are_half_way_through() -> None:
    now = NOW
    authority = Authority(clock=lambda: now)
    first = leaf(authority, "news.example")
    assert leaf(authority, "news.example") == first
    assert leaf(authority, "other.example") != first
    now += timedelta(hours=25)
    assert leaf(authority, "news.example") != first


def test_two_runs_have_nothing_in_common() -> None:
    assert Authority().spki != Authority().spki


def test_the_fingerprint_is_that_of_the_authoritys_key() -> None:
    authority = Authority()
    key = x509.load_pem_x509_certificate(authority.pem).public_key()
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    assert authority.spki == b64encode(hashlib.sha256(der).digest()).decode()
