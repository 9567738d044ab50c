"""Ready-made rules for control planes: data, by which the agent marks lines and the alert function matches them.

A pattern is of the syntax that Python's ``re`` and Vector's engine share, without look-around. It is searched for
in the line as it was printed, which is the control plane's own text: audit events are JSON in the order of the fields
of ``audit.k8s.io/v1``, in which a quote inside a value is escaped.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

_AUDIT: Final = r'^\{"kind":"Event","apiVersion":"audit\.k8s\.io/v1","level":"[A-Za-z]+","auditID":"[^"]*"'
_URI: Final = r'"requestURI":"(?:[^"\\]|\\.)*"'
_DONE: Final = rf'{_AUDIT},"stage":"ResponseComplete",{_URI}'
_BY_THE_SYSTEM: Final = (
    r'"user":\{"username":"system:(?:apiserver|kube-[a-z-]+|serviceaccount:kube-system:[a-z0-9.-]+)"'
)
"""Kubernetes' own components; ``system:admin`` and ``system:anonymous`` aren't among them."""


@dataclass(frozen=True)
class ReadyMadeRule:
    """What it looks for, and how often within how long.

    :param pattern: in the line; :param unless: and this one isn't.
    :param hints: texts of which the line has at least one wherever the pattern matches: looking for all rules' hints at
        once is what the agent can afford for every line.
    :param next_step: for the person who is notified.
    """

    name: str
    title: str
    pattern: str
    hints: tuple[str, ...]
    next_step: str
    unless: str | None = None
    count: int = 1
    window_seconds: int = 60

    def matches(self, message: str) -> bool:
        """Whether a line is one that the rule looks for."""
        if self._pattern.search(message) is None:
            return False
        return self._unless is None or self._unless.search(message) is None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self.pattern, re.ASCII)

    @cached_property
    def _unless(self) -> re.Pattern[str] | None:
        return re.compile(self.unless, re.ASCII) if self.unless else None


_RULES: Final = (
    ReadyMadeRule(
        name="etcd-leader-lost",
        title="etcd lost its leader",
        # etcd raft/raft.go, becomeFollower and tickHeartbeat; server/etcdserver/errors, ErrNoLeader, ErrLeaderChanged.
        pattern=r"raft\.node: [0-9a-f]+ lost leader |etcdserver: (?:no leader|leader changed)",
        hints=(" lost leader ", "etcdserver: no leader", "etcdserver: leader changed"),
        next_step="Check etcd's members, their disks and the network between them; writes fail until one leads.",
    ),
    ReadyMadeRule(
        name="etcd-slow-disk",
        title="etcd's disk is slow",
        # etcd server/storage/wal/wal.go; server/etcdserver/txn/util.go, raft.go, v3_server.go.
        pattern=r'"msg":"(?:slow fdatasync|apply request took too long|waiting for ReadIndex response took too long'
        r"|leader failed to send out heartbeat on time; took too long)",
        hints=("slow fdatasync", "took too long"),
        next_step="Check the volume's latency and IOPS; etcd wants a write synced within 10 ms.",
        count=5,
        window_seconds=60,
    ),
    ReadyMadeRule(
        name="api-server-5xx",
        title="The API server answers many requests with 5xx",
        # apiserver/pkg/server/httplog/httplog.go, as text and as JSON; audit events' responseStatus.
        pattern=r'[ "]resp"?[=:]5[0-9][0-9]\b|^\{"kind":"Event",.*"responseStatus":\{.*"code":5[0-9][0-9]\}',
        hints=("resp=5", "resp:5", 'resp"=5', 'resp":5', '"code":5'),
        next_step="Check etcd, admission webhooks and aggregated APIs: the requests' own errors are in these lines.",
        count=10,
        window_seconds=60,
    ),
    ReadyMadeRule(
        name="admission-webhook-failing",
        title="An admission webhook can't be called",
        # apiserver/pkg/admission/plugin/webhook/{mutating,validating}/dispatcher.go; webhook/errors.
        pattern=r"[Ff]ailed calling webhook",
        hints=("ailed calling webhook",),
        next_step="Check the webhook's service and certificate; with failurePolicy Fail, writes are refused meanwhile.",
        count=3,
        window_seconds=300,
    ),
    ReadyMadeRule(
        name="certificate-near-its-end",
        title="A certificate has expired, or is about to",
        # Go's crypto/x509, CertificateInvalidError Expired; crypto/tls, alert 45.
        pattern=r"x509: certificate has expired|tls: expired certificate"
        r"|[Cc]ertificate[^\n]{0,120} (?:will expire|expires (?:in|soon)|is (?:about to expire|expiring))",
        hints=(
            "certificate has expired",
            "expired certificate",
            " will expire",
            " expires in",
            " expires soon",
            "about to expire",
            "is expiring",
        ),
        next_step="Renew the certificate that the line names.",
    ),
    ReadyMadeRule(
        name="authentication-failures",
        title="Many requests fail to authenticate",
        # apiserver/pkg/endpoints/filters/authentication.go; audit events' responseStatus.
        pattern=r'Unable to authenticate the request|^\{"kind":"Event",.*"responseStatus":\{.*"code":401\}',
        hints=("Unable to authenticate", '"code":401'),
        next_step="Look for the source in the audit log: an expired credential of a component's, or a stranger.",
        count=5,
        window_seconds=300,
    ),
    ReadyMadeRule(
        name="audit-secrets-listed",
        title="A person or a workload listed secrets",
        pattern=rf'{_DONE},"verb":"(?:list|watch)",.*"objectRef":\{{"resource":"secrets"',
        unless=_BY_THE_SYSTEM,
        hints=('"resource":"secrets"',),
        next_step="Check the user and the source address in the event: a list shows every value.",
    ),
    ReadyMadeRule(
        name="audit-rbac-changed",
        title="Roles or role bindings were changed",
        pattern=rf'{_DONE},"verb":"(?:create|update|patch|delete|deletecollection)",'
        r'.*"objectRef":\{"resource":"(?:cluster)?role(?:binding)?s"',
        unless=_BY_THE_SYSTEM,
        hints=('"resource":"role', '"resource":"clusterrole'),
        next_step="Check that the change was meant: the event has the user and what was written.",
    ),
    ReadyMadeRule(
        name="audit-exec-into-pod",
        title="A person opened a shell in a pod, or attached to one",
        pattern=rf'{_AUDIT},"stage":"Response(?:Started|Complete)",{_URI},"verb":"(?:create|get)",'
        r'.*"objectRef":\{"resource":"pods",[^{}]*"subresource":"(?:exec|attach)"',
        hints=('"subresource":"exec"', '"subresource":"attach"'),
        next_step="Check that it was meant: the event has the user, the pod and the command.",
    ),
)
READY_MADE: Final[Mapping[str, ReadyMadeRule]] = {rule.name: rule for rule in _RULES}
"""By name."""
