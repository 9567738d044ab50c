"""What a request to AWS asks for, read off the wire: service, action, the tenant and the object that it is about."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qs, unquote_plus, urlsplit

TENANT = re.compile(r"fr-[a-z0-9-]+?-t\d{3}(?!\d)")
"""How tenants of a run are named: whatever carries the name, a key, a session, a log group, is about that tenant."""

POD = re.compile(r"pod-\d{6}(?!\d)")
"""Every object of a run has a pod of its own, so that its log stream and its key name it."""

_SCOPE = re.compile(r"Credential=[^/]+/\d{8}/[^/]+/([a-z0-9-]+)/aws4_request")


@dataclass(frozen=True, slots=True)
class Call:
    """One request; ``tenant`` and ``object`` are empty where it names none.

    :param place: the log group of a PutLogEvents, the config's type at an endpoint. :param events: how many it brings.
    :param host: who makes it.
    """

    service: str
    action: str
    tenant: str = ""
    object: str = ""
    place: str = ""
    events: int = 0
    host: str = ""

    @property
    def name(self) -> str:
        """Service and action, as IAM writes them."""
        return f"{self.service}:{self.action}"

    @classmethod
    def of(cls, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Self:
        """Read a request as botocore makes it."""
        scope = _SCOPE.search(headers.get("Authorization", ""))
        service = scope[1] if scope else "sts"
        action = _action(service, method, path, headers, body)
        text = f"{unquote_plus(path)}\n{unquote_plus(body[:20_000].decode('utf-8', 'replace'))}"
        tenant, pod = TENANT.search(text), POD.search(text)
        about = tenant[0] if tenant else "", pod[0] if pod else ""
        if action != "PutLogEvents":
            return cls(service, action, *about)
        document = json.loads(body)
        return cls(service, action, *about, document["logGroupName"], len(document["logEvents"]))


def _action(service: str, method: str, path: str, headers: Mapping[str, str], body: bytes) -> str:
    if target := headers.get("X-Amz-Target"):
        return target.rpartition(".")[2]
    if service == "lambda":
        return "Invoke"
    if service == "s3":
        return _s3_action(method, urlsplit(path).query, copies="x-amz-copy-source" in headers)
    return next(iter(parse_qs(body.decode("utf-8", "replace")).get("Action", ())), method)


def _s3_action(method: str, query: str, *, copies: bool) -> str:
    names = {"GET": "GetObject", "HEAD": "HeadObject", "DELETE": "DeleteObject", "POST": "CreateMultipartUpload"}
    if method != "PUT":
        return "ListObjectsV2" if "list-type" in query else names.get(method, method)
    part = "partNumber" in query
    if copies:
        return "UploadPartCopy" if part else "CopyObject"
    return "UploadPart" if part else "PutObject"
