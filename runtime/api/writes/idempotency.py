"""``Idempotency-Key``: a request that is sent again gets the first answer, and does nothing again (contract §15).

A key counts for one caller, tenant, method and path, for 24 hours. Its item lies beside the tenant's other state, with
the digest of the body and the answer. Only an answer of success is remembered: what was refused changed nothing.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from fastapi import Header
from starlette.requests import Request
from starlette.responses import JSONResponse

from runtime.api.errors.problems import ProblemError
from runtime.api.middleware.caller import caller_of
from runtime.api.services import Services
from runtime.delivery_config.attribute_values import Item, typed
from runtime.delivery_state.table import OTHERS
from runtime.text_forms import text_form

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT_SECONDS = 86_400
RUNNING_SECONDS = 30  # API Gateway quotas: an integration ends after 29 s at the latest

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=text_form(r"^[!-~]{1,255}$", "1 to 255 printable characters of ASCII, without spaces"),
        description="identifies this request for 24 hours: a repetition gets the first answer and changes nothing",
    ),
]


@dataclass(frozen=True, slots=True)
class Idempotency:
    """One request under its key. Without a key, nothing is remembered."""

    services: Services
    request: Request
    tenant_id: str
    key: str | None
    body: Mapping[str, object]

    def run(self, action: Callable[[], JSONResponse]) -> JSONResponse:
        """Return the answer that the first request under the key got, or do it now.

        :raises ProblemError: 409 while the first is running, 422 where it had another body.
        """
        if self.key is None:
            return action()
        known = self._claim()
        if known is not None:
            return self._first_answer(known)
        try:
            answer = action()
        except BaseException:
            self._release()
            raise
        self._remember(answer)
        return answer

    def _claim(self) -> Item | None:
        """Write that the request is running; return the item of an earlier one under this key instead, if there is."""
        now = self.services.clock()
        values = {
            "body": typed(self._digest(json.dumps(self.body, sort_keys=True))),
            "running_until": typed(now + RUNNING_SECONDS),
            "ttl": typed(int(now + KEPT_SECONDS)),
        }
        try:
            self._dynamodb.put_item(
                TableName=self._table,
                Item={**self._item_key(), **values},
                ConditionExpression="attribute_not_exists(tenant_id) OR #ttl < :now "
                "OR (attribute_not_exists(answer) AND running_until < :now)",
                ExpressionAttributeNames={"#ttl": "ttl"},
                ExpressionAttributeValues={":now": typed(now)},
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            found = self._dynamodb.get_item(TableName=self._table, Key=self._item_key(), ConsistentRead=True)
            return found.get("Item", values)
        return None

    def _first_answer(self, item: Item) -> JSONResponse:
        if item["body"]["S"] != self._digest(json.dumps(self.body, sort_keys=True)):
            raise ProblemError(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "idempotency-key-reused",
                "this Idempotency-Key was sent with another body: choose a new key for a new request",
            )
        if "answer" not in item:
            raise ProblemError(
                HTTPStatus.CONFLICT,
                "request-running",
                "the first request with this Idempotency-Key is still running; ask again in a moment",
                headers={"Retry-After": "2"},
            )
        answer = json.loads(item["answer"]["S"])
        return JSONResponse(answer["content"], answer["status"], headers=answer["headers"])

    def _remember(self, answer: JSONResponse) -> None:
        headers = {name: value for name, value in answer.headers.items() if name in {"etag", "link", "location"}}
        kept = {"content": json.loads(bytes(answer.body)), "status": answer.status_code, "headers": headers}
        self._dynamodb.update_item(
            TableName=self._table,
            Key=self._item_key(),
            UpdateExpression="SET answer = :answer",
            ExpressionAttributeValues={":answer": typed(json.dumps(kept))},
        )

    def _release(self) -> None:
        """Let the key be used at once: the request was refused. What runs meanwhile is no longer waited for."""
        self._dynamodb.update_item(
            TableName=self._table,
            Key=self._item_key(),
            UpdateExpression="SET running_until = :past",
            ExpressionAttributeValues={":past": typed(0)},
        )

    def _item_key(self) -> Item:
        caller = caller_of(self.request).arn or ""
        scope = json.dumps([caller, self.request.method, self.request.url.path, self.key])
        return {"tenant_id": typed(self.tenant_id), "delivery": typed(f"{OTHERS}idempotency#{self._digest(scope)}")}

    @staticmethod
    def _digest(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def _table(self) -> str:
        return self.services.settings.parked_deliveries_table

    @property
    def _dynamodb(self) -> "DynamoDBClient":
        return self.services.clients.client("dynamodb")
