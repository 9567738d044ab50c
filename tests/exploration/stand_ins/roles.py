"""STS: sessions of the central role for one tenant, and of a customer's role; each for an hour."""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

from tests.exploration.stand_ins.calls import Answer, ServiceError

CENTRAL_ROLE = "arn:aws:iam::111111111111:role/logrouter/CentralLogDistributionRole"


@dataclass(frozen=True, slots=True)
class Session:
    """A role session. ``expires_at``: epoch seconds; ``tenant``: its tag, or that of the session that assumed it."""

    role: str
    tenant: str
    expires_at: float

    @property
    def is_customers(self):
        """Whether it is a customer's role that was assumed."""
        return self.role != CENTRAL_ROLE

    @property
    def account(self):
        """Whose account the role is in."""
        return self.role.split(":")[4]


class Roles:
    """The service. ``trusted``: the tenant that each customer's role trusts."""

    def __init__(self, simulation):
        self.simulation = simulation
        self.trusted = {}
        self._sessions = {}
        self._numbers = count(1)

    def session(self, call):
        """Return the session that signs a call; ``None``: the processor's own role."""
        session = self._sessions.get(call.access_key)
        if session and session.expires_at <= self.simulation.now():
            raise ServiceError("ExpiredToken" if call.service == "s3" else "ExpiredTokenException")
        return session

    def answer(self, call):
        """Assume a role."""
        role, signer = call.request["RoleArn"], self.session(call)
        if role == CENTRAL_ROLE:
            allowed, tenant = signer is None, call.request["Tags.member.1.Value"]
        else:
            tenant = signer.tenant if signer else ""
            allowed = signer is not None and not signer.is_customers and self.trusted.get(role) == tenant
        if not allowed:
            raise ServiceError("AccessDenied", 403, "is not authorized to perform: sts:AssumeRole")
        expires_at = self.simulation.now() + int(call.request["DurationSeconds"])
        key = f"ASIA{next(self._numbers):016d}"
        self._sessions[key] = Session(role, tenant, expires_at)
        at = datetime.fromtimestamp(int(expires_at), UTC).isoformat().replace("+00:00", "Z")
        body = (
            f"<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>secret"
            f"</SecretAccessKey><SessionToken>token</SessionToken><Expiration>{at}</Expiration></Credentials>"
            "</AssumeRoleResult></AssumeRoleResponse>"
        )
        return Answer(body.encode())
