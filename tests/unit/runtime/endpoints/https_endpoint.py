"""A customer's HTTPS endpoint on loopback: planned answers over TLS, every request kept."""

import ssl
from contextlib import suppress

from tests.unit.runtime.aws.service import Server


class HttpsEndpoint(Server):
    """The loopback service behind a certificate. ``url`` names it as the certificate's host, ``localhost``."""

    def __init__(self, certificate, *answers, closes=False):
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        super().__init__(*answers, closes=closes)
        self.url = f"https://localhost:{self.port}"

    def converse(self, connection):
        """Speak TLS; a client that doesn't trust it, or cuts it, ends the conversation."""
        with suppress(OSError):
            super().converse(self._context.wrap_socket(connection, server_side=True))
