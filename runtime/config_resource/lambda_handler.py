"""The Lambda host of the custom resource: CloudFormation invokes it, and waits for the answer at an address it names.

CloudFormation user guide, "Custom resource request and response": the answer is PUT to ``ResponseURL``; without one, a
stack waits for an hour.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Final
from urllib.request import Request, urlopen

if TYPE_CHECKING:
    from runtime.config_resource.declared_config import ConfigResource

ANSWER_SECONDS: Final = 20.0
MAX_REASON_CHARACTERS: Final = 1000
"""Ours: the answer is limited to 4,096 bytes (the guide above)."""
logger = logging.getLogger("logrouter.config_resource")


@dataclass(frozen=True, slots=True)
class ResourceAnswer:
    """The answer to CloudFormation. ``data``: the attributes that a template may read."""

    physical_id: str
    reason: str = ""
    data: Mapping[str, str] = field(default_factory=dict)

    def document(self, event: Mapping[str, object]) -> dict[str, object]:
        """Return it in CloudFormation's form."""
        return {
            "Status": "FAILED" if self.reason else "SUCCESS",
            "Reason": self.reason[:MAX_REASON_CHARACTERS],
            "PhysicalResourceId": self.physical_id,
            **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
            "Data": dict(self.data),
        }


@cache
def resource() -> "ConfigResource":
    """Make the resource's client, once an execution environment."""
    from botocore.session import Session

    from runtime.config_resource.declared_config import ConfigResource
    from runtime.config_resource.signed_api import ConfigResourceSettings, SignedApi
    from runtime.logs import configure

    settings = ConfigResourceSettings.read()
    configure(settings.log_level)
    credentials = Session().get_credentials()
    assert credentials is not None, "a function has its role's credentials"
    return ConfigResource(SignedApi.make(settings.api_url, settings.aws_region, credentials))


def handler(event: dict[str, object], context: object) -> None:
    """Do what the event asks for, and answer it, also where it fails."""
    del context
    answer = answer_to(event, resource())
    text = json.dumps(answer.document(event)).encode()
    # No content type: the address is signed without one.
    request = Request(str(event["ResponseURL"]), data=text, method="PUT", headers={"content-type": ""})  # noqa: S310 - CloudFormation's own
    with urlopen(request, timeout=ANSWER_SECONDS):  # noqa: S310 - see above
        pass


def answer_to(event: Mapping[str, object], to: "ConfigResource") -> ResourceAnswer:
    """Return the answer to an event. Never raises: a stack that gets none waits for an hour."""
    from runtime.config_resource.declared_config import NOT_MADE

    known = str(event.get("PhysicalResourceId") or f"{NOT_MADE}{event['RequestId']}")
    try:
        return _done(event, to, known)
    except Exception as error:  # noqa: BLE001 - see above
        logger.warning("the config is left as it was", extra={"resource": known, "error": type(error).__name__})
        return ResourceAnswer(known, reason=f"{type(error).__name__}: {error}")


def _done(event: Mapping[str, object], to: "ConfigResource", known: str) -> ResourceAnswer:
    from runtime.config_resource.declared_config import DeclaredConfig

    if event["RequestType"] == "Delete":
        to.delete(known)
        return ResourceAnswer(known)
    declared = DeclaredConfig.of(event["ResourceProperties"])
    drift: list[str] = []
    if event["RequestType"] == "Update" and declared.physical_id == known:
        drift = to.update(DeclaredConfig.of(event["OldResourceProperties"]), declared)
    else:  # new, or of another tenant or type: CloudFormation has the old one removed when all else is done
        to.create(declared, str(event["RequestId"]))
    if drift:
        logger.warning("the config had been changed by hand", extra={"resource": known, "fields": drift})
    return ResourceAnswer(declared.physical_id, data={"Drift": ", ".join(drift), "Type": declared.type})
