"""Passes: the proof, carried by a delivery message, that a function of the inside made it (contract §15).

The outside processor gets a session for a tenant only for a message that has one. It can't make one: the key is KMS'
own, its inside makers may generate codes with it, the session issuer may verify them, and nobody sees it.
"""

import base64
import hashlib
import json
from dataclasses import dataclass, replace
from typing import Final, Self

from runtime.aws.clients import AwsClients
from runtime.aws.credentials import use_credentials
from runtime.errors import error_code

ALGORITHM: Final = "HMAC_SHA_256"
_WHAT_FOR: Final = "logrouter-pass-1"
_INVALID: Final = "KMSInvalidMacException"


@dataclass(frozen=True, slots=True)
class Pass:
    """What one message's delivery is about, and the code over it: text of base64, empty where there is none yet.

    A test delivery has a pass, too: its bucket is empty, and its key is the test's id.
    """

    tenant_id: str
    type: str
    bucket: str
    key: str
    version_id: str = ""
    mac: str = ""

    @classmethod
    def of_test(cls, tenant_id: str, type_: str, id_: str, mac: str = "") -> Self:
        """Return the pass of a test delivery."""
        return cls(tenant_id, type_, "", id_, "", mac)

    def digest(self) -> bytes:
        """Return what the code is made over; KMS takes 4,096 bytes, and a key with its escapes may have more."""
        named = [_WHAT_FOR, self.tenant_id, self.type, self.bucket, self.key, self.version_id]
        return hashlib.sha256(json.dumps(named).encode()).digest()


@dataclass(frozen=True, slots=True)
class PassKey:
    """The key in KMS. Shared by all threads; what KMS answers with an error is raised, unless a method says otherwise.

    It is used as the process itself, whatever credentials are in use.
    """

    clients: AwsClients
    key_id: str

    def seal(self, unsigned: Pass) -> Pass:
        """Return the pass with its code."""
        with use_credentials(None):
            answer = self.clients.call("kms", "GenerateMac", self._request(unsigned))
        return replace(unsigned, mac=str(answer["Mac"]))

    def is_genuine(self, shown: Pass) -> bool:
        """Return whether the code is the key's, over exactly this."""
        try:
            with use_credentials(None):
                answer = self.clients.call("kms", "VerifyMac", {**self._request(shown), "Mac": shown.mac})
        except Exception as error:
            if error_code(error) == _INVALID:
                return False
            raise
        return answer["MacValid"] is True

    def _request(self, about: Pass) -> dict[str, str]:
        message = base64.b64encode(about.digest()).decode()
        return {"KeyId": self.key_id, "MacAlgorithm": ALGORITHM, "Message": message}
