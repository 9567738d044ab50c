"""An authority of our own and the certificates it signs, made in the test."""

from datetime import UTC, datetime
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

PAST, FUTURE = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
PEM = serialization.Encoding.PEM


def _name(text):
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


class Authority:
    """Signs certificates; ``pem`` is its own.

    :param folder: where the files lie.
    """

    def __init__(self, folder):
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._own = x509.CertificateBuilder(
            _name("authority"),
            _name("authority"),
            self._key.public_key(),
            1,
            PAST,
            FUTURE,
        )

    @cached_property
    def _certificate(self):
        basic = x509.BasicConstraints(ca=True, path_length=None)
        usage = x509.KeyUsage(
            digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False, key_encipherment=False,
            data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
        )  # fmt: skip
        identifier = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        builder = self._own.add_extension(basic, critical=True).add_extension(usage, critical=True)
        return builder.add_extension(identifier, critical=False).sign(self._key, hashes.SHA256())

    @property
    def pem(self):
        """Its certificate."""
        return self._certificate.public_bytes(PEM).decode()

    def sign(self, host, *, since=PAST, until=FUTURE):
        """Return a file with a key and a certificate for a host."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = x509.CertificateBuilder(_name("authority"), _name(host), key.public_key(), 2, since, until)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        signed = (
            builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
            .add_extension(issuer, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        file = self._folder / f"{host}-{until.year}.pem"
        private = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        file.write_bytes(private + signed.public_bytes(PEM))
        return file
