"""Certificates for servers on loopback, made for one run: an authority, and keys that it signs."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

LIFE = timedelta(days=1)
_SIGNS_CERTIFICATES = x509.KeyUsage(
    key_cert_sign=True, crl_sign=True, digital_signature=False, content_commitment=False, key_encipherment=False,
    data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
)  # fmt: skip
"""Python checks RFC 5280 strictly (``ssl.VERIFY_X509_STRICT``): this, and the keys' identifiers, must be there."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A private key (PKCS#8) and the certificate of its public one, both PEM."""

    key: str
    certificate: str


class Authority:
    """A certificate authority of its own: what it signs is trusted by those who were given its certificate."""

    def __init__(self, name: str = "an authority for tests") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        constraints = x509.BasicConstraints(ca=True, path_length=0)
        identifier = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        builder = _builder(self._name, self._name, self._key)
        for extension, critical in ((constraints, True), (_SIGNS_CERTIFICATES, True), (identifier, False)):
            builder = builder.add_extension(extension, critical=critical)
        self.certificate = _pem(builder.sign(self._key, hashes.SHA256()))

    def issue(
        self, common_name: str, *hosts: str, since: datetime | None = None, until: datetime | None = None
    ) -> KeyPair:
        """Sign a key for a client's name, or for a server at these names and addresses.

        :param since, until: when it is valid; ``None``: around now.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = _builder(_name(common_name), self._name, key, since, until).add_extension(issuer, critical=False)
        if hosts:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False
            )
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return KeyPair(private.decode(), _pem(builder.sign(self._key, hashes.SHA256())))


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])


def _host(host: str) -> x509.GeneralName:
    return x509.IPAddress(ip_address(host)) if host[0].isdigit() else x509.DNSName(host)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    since: datetime | None = None,
    until: datetime | None = None,
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since or now - LIFE)
        .not_valid_after(until or now + LIFE)
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
