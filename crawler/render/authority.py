"""A certificate authority that lives as long as a run, in memory only: its certificates let the recording proxy end TLS.

Chromium is told the authority's key (`spki`) and accepts that one instead of verifying nothing; nobody else trusts it.
"""

import base64
import hashlib
import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from twisted.internet.ssl import Certificate, CertificateOptions, PrivateCertificate

LIFETIME = timedelta(days=2)
"""Of a host's certificate; half way through it is made anew."""
AUTHORITY_LIFETIME = timedelta(days=3650)
KEPT = 1000
"""Hosts whose certificates are remembered."""

_NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Newsmorgue, one run")])


class Authority:
    """Makes a certificate for each host that is asked for."""

    def __init__(self, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._clock = clock
        self._key = ec.generate_private_key(ec.SECP256R1())
        # One key for all hosts: they differ in nothing that anybody checks but their names.
        self._host_key = ec.generate_private_key(ec.SECP256R1())
        self._certificate = self._sign(
            _NAME, self._key.public_key(), AUTHORITY_LIFETIME, x509.BasicConstraints(ca=True, path_length=0)
        )
        self._made: OrderedDict[str, tuple[datetime, CertificateOptions]] = OrderedDict()

    @property
    def spki(self) -> str:
        """SHA-256 of the authority's public key, as Chromium's `--ignore-certificate-errors-spki-list` takes it."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        key = self._key.public_key().public_bytes(serialization.Encoding.DER, form)
        return base64.b64encode(hashlib.sha256(key).digest()).decode()

    @property
    def pem(self) -> bytes:
        """The authority's own certificate."""
        return self._certificate.public_bytes(serialization.Encoding.PEM)

    def tls_for(self, host: str) -> CertificateOptions:
        """A server's TLS for a host name or address; HTTP/1.1 is all it speaks."""
        now = self._clock()
        made, tls = self._made.pop(host, (None, None))
        if made is None or tls is None or now - made > LIFETIME / 2:
            made, tls = now, self._make(host)
        self._made[host] = (made, tls)
        if len(self._made) > KEPT:
            self._made.popitem(last=False)
        return tls

    def _make(self, host: str) -> CertificateOptions:
        names = x509.SubjectAlternativeName([_general_name(host)])
        certificate = self._sign(x509.Name([]), self._host_key.public_key(), LIFETIME, names)
        pem = serialization.Encoding.PEM
        plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        ours = PrivateCertificate.loadPEM(certificate.public_bytes(pem) + self._host_key.private_bytes(pem, *plain))
        return CertificateOptions(
            privateKey=ours.privateKey.original,
            certificate=ours.original,
            extraCertChain=[Certificate.loadPEM(self.pem).original],
            acceptableProtocols=[b"http/1.1"],
        )

    def _sign(
        self, name: x509.Name, key: ec.EllipticCurvePublicKey, lifetime: timedelta, extension: x509.ExtensionType
    ) -> x509.Certificate:
        now = self._clock()
        unsigned = x509.CertificateBuilder().subject_name(name).issuer_name(_NAME).public_key(key)
        unsigned = unsigned.serial_number(x509.random_serial_number())
        unsigned = unsigned.not_valid_before(now - timedelta(days=1)).not_valid_after(now + lifetime)
        # A name in the extension alone has to be critical (RFC 5280 section 4.2.1.6).
        return unsigned.add_extension(extension, critical=True).sign(self._key, hashes.SHA256())


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
