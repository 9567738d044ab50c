"""Passes: the proof, carried by a delivery message, that a function of the inside made it (contract §15).

The outside processor gets a session for a tenant only for a message that has one. It can't make one: the key is KMS'
own, its inside makers may generate codes with it, the session issuer may verify them, and nobody sees it. A pass has a
date, and opens nothing once every message that could carry it is gone.
"""

import base64
import hashlib
import json
import re
from dataclasses import dataclass, replace
from typing import Final, Self

from runtime import scheduling
from runtime.aws.clients import AwsClients
from runtime.aws.credentials import use_credentials
from runtime.errors import error_code

ALGORITHM: Final = "HMAC_SHA_256"
MAX_AGE_SECONDS: Final = 30 * 86_400
"""Ours: a delivery message's longest life. Fourteen days in its queue and as many in its dead-letter queue (SQS API
reference, MessageRetentionPeriod), and a day of attempts; who resumes a parked delivery makes another pass."""
CLOCKS_DIFFER_SECONDS: Final = 300
_WHAT_FOR: Final = "logrouter-pass-2"
_DATED: Final = re.compile(r"(\d{1,11})-([A-Za-z0-9+/]{43}=)")  # epoch seconds; 32 bytes in base64
_INVALID: Final = "KMSInvalidMacException"


@dataclass(frozen=True, slots=True)
class Pass:
    """What one message's delivery is about, and its date with the code over both; empty where there is none yet.

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

    def digest(self, at: int) -> bytes:
        """Return what the code is made over; KMS takes 4,096 bytes, and a key with its escapes may have more.

        :param at: when it is made, epoch seconds.
        """
        named = [_WHAT_FOR, at, self.tenant_id, self.type, self.bucket, self.key, self.version_id]
        return hashlib.sha256(json.dumps(named).encode()).digest()


@dataclass(frozen=True, slots=True)
class PassKey:
    """The key in KMS. Shared by all threads; what KMS answers with an error is raised, unless a method says otherwise.

    It is used as the process itself, whatever credentials are in use.
    """

    clients: AwsClients
    key_id: str

    def seal(self, unsigned: Pass) -> Pass:
        """Return the pass with its code, dated now."""
        at = int(scheduling.now())
        with use_credentials(None):
            answer = self.clients.call("kms", "GenerateMac", self._request(unsigned, at))
        return replace(unsigned, mac=f"{at}-{answer['Mac']}")

    def is_genuine(self, shown: Pass) -> bool:
        """Return whether the code is the key's, over exactly this, and not too old."""
        dated = _DATED.fullmatch(shown.mac)
        if dated is None or not -CLOCKS_DIFFER_SECONDS <= scheduling.now() - int(dated[1]) <= MAX_AGE_SECONDS:
            return False
        request = {**self._request(shown, int(dated[1])), "Mac": dated[2]}
        try:
            with use_credentials(None):
                answer = self.clients.call("kms", "VerifyMac", request)
        except Exception as error:
            if error_code(error) == _INVALID:
                return False
            raise
        return answer["MacValid"] is True

    def _request(self, about: Pass, at: int) -> dict[str, str]:
        message = base64.b64encode(about.digest(at)).decode()
        return {"KeyId": self.key_id, "MacAlgorithm": ALGORITHM, "Message": message}
