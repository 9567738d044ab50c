"""The audit trail: one line for each change of a config, an alert rule or a tenant's record.

It says who, what, before and after, when. It has a logger of its own, so that no log level switches it off. A config
holds names and ARNs, no content and no secret of a tenant's.
"""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Literal

from botocore.exceptions import BotoCoreError, ClientError

from runtime.api.conditional_writes import ChangedMeanwhileError
from runtime.api.middleware.caller import Caller
from runtime.delivery_config.attribute_values import Item, plain_item

logger = logging.getLogger("logrouter.audit")
logger.setLevel(logging.INFO)

Action = Literal["create", "replace", "patch", "delete", "issue-external-id", "activate-external-id"]


def record(caller: Caller, action: Action, before: Item | None, after: Item | None, *, outcome: str = "done") -> None:
    """Write the line.

    :param outcome: ``done``, or ``unknown`` where the table's answer was lost: the change may have taken effect.
    """
    (key,) = [plain_item(item) for item in (after or before,) if item]
    logger.info(
        "delivery config changed" if "type" in key else "alert rule changed" if "name" in key else "tenant changed",
        extra={
            "audit": {
                "action": action,
                "outcome": outcome,
                "tenant_id": key["tenant_id"],
                **({"rule": key["name"]} if "name" in key else {"type": key.get("type")}),
                "caller": caller.arn,
                "source_ip": caller.source_ip,
                "request_id": caller.request_id,
                "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "before": _readable(before),
                "after": _readable(after),
            }
        },
    )


@contextmanager
def recorded(caller: Caller, action: Action, before: Item | None, after: Item | None) -> Iterator[None]:
    """Record the change made inside the block, also where its answer was lost; one that was refused isn't made."""
    try:
        yield
    except ChangedMeanwhileError:
        raise
    except (BotoCoreError, ClientError):
        record(caller, action, before, after, outcome="unknown")
        raise
    record(caller, action, before, after)


def _readable(item: Item | None) -> Mapping[str, object] | None:
    if item is None:
        return None
    plain: Mapping[str, object] = json.loads(json.dumps(plain_item(item), default=sorted))
    return plain
