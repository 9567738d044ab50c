"""How AWS is called: botocore clients, one a service and Region, and the hot calls without a client.

All of it goes through one transport. One client serves all tenants: ``use_credentials`` puts a tenant's credentials
into the context of the calls made inside it, and both ways sign with them. A client per tenant would cost its own copy
of the service model and some 50 ms each.
"""

import os
import random
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, overload

from runtime import scheduling
from runtime.aws.credentials import Credentials, current_credentials, environment_credentials
from runtime.aws.direct_call import DirectCall
from runtime.aws.endpoints import Endpoints
from runtime.aws.http_transport import CallLimits, HttpTransport, Transport, trusted_by_the_sdk
from runtime.aws.proxies import Proxies
from runtime.errors import UNCERTAIN, Hop, classify

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.session import Session
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        GetItemInputTypeDef,
        GetItemOutputTypeDef,
        QueryInputTypeDef,
        QueryOutputTypeDef,
    )
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import (
        ChangeMessageVisibilityBatchRequestTypeDef,
        ChangeMessageVisibilityBatchResultTypeDef,
        DeleteMessageBatchRequestTypeDef,
        DeleteMessageBatchResultTypeDef,
        ReceiveMessageRequestTypeDef,
        ReceiveMessageResultTypeDef,
    )
    from mypy_boto3_sts import STSClient
    from mypy_boto3_sts.type_defs import AssumeRoleRequestTypeDef, AssumeRoleResponseTypeDef

type Service = Literal["cloudformation", "dynamodb", "lambda", "logs", "s3", "sns", "sqs", "sts"]
"""Those that have clients; ``kms`` is called directly alone."""

CONNECT_SECONDS = 5
LIMITS: Mapping[str, CallLimits] = {
    "sqs": CallLimits(CONNECT_SECONDS, read_seconds=30, total_seconds=40),
    "s3": CallLimits(CONNECT_SECONDS, read_seconds=60, total_seconds=600),
    "lambda": CallLimits(CONNECT_SECONDS, read_seconds=905, total_seconds=910),
}
"""SQS long polls wait 20 s. An operator waits for a function as long as Lambda lets it run.
S3 sends a byte now and then during a long copy, not every second."""
DEFAULT_LIMITS = CallLimits(CONNECT_SECONDS, read_seconds=20, total_seconds=40)
NOTIFICATION_LIMITS = CallLimits(CONNECT_SECONDS, read_seconds=10, total_seconds=15)
DIRECT_LIMITS: Mapping[str, CallLimits] = {
    **LIMITS,
    "lambda": DEFAULT_LIMITS,
    "sns": NOTIFICATION_LIMITS,
    "events": NOTIFICATION_LIMITS,
}
"""A function that calls another one waits no longer for it than for any other call. A notification is claimed for 30 s
(``runtime.alerts.evaluation``): its call ends well before."""

ATTEMPTS = {"sqs": 3, "dynamodb": 3, "kms": 3}
"""Queues, tables and keys have no retry of ours around them. Everything else is tried once: the delivery's own loop
retries inside its time budget, which retries down here know nothing of."""
UNREPEATABLE = frozenset({"SendMessage"})
"""Operations that aren't repeated here where they may have taken effect: two would be two messages."""
FIRST_PAUSE_SECONDS = 0.1
_PASSING = frozenset({"throttled", "unavailable", *UNCERTAIN})

UNVALIDATED = frozenset({"logs"})  # validation walks through every event of a batch, which is right by construction


class AwsClients:
    """Shared by all threads; everything is made when it is first wanted. ``region`` is the processor's own.

    :param transport: what everything is sent with; ``None``: the real one, by the environment's proxy and authorities.
    """

    def __init__(self, region: str, *, transport: Transport | None = None) -> None:
        self.region = region
        self._endpoints = Endpoints.from_environment(os.environ)
        self._transport = transport or HttpTransport(
            proxies=Proxies.from_environment(os.environ),
            authorities=lambda: trusted_by_the_sdk(os.environ.get("AWS_CA_BUNDLE")),
        )
        self._own = environment_credentials()
        self._lock = threading.RLock()
        self.forget()

    def forget(self) -> None:
        """Drop every connection, client and session: after a restore they are of another life."""
        with self._lock:
            self._transport.forget()
            self._session: Session | None = None
            self._clients: dict[tuple[str, str], BaseClient] = {}
            self._direct_calls: dict[tuple[str, str, str, str], DirectCall] = {}

    @overload
    def client(self, service: Literal["cloudformation"], region: str | None = None) -> "CloudFormationClient": ...
    @overload
    def client(self, service: Literal["cloudwatch"], region: str | None = None) -> "CloudWatchClient": ...
    @overload
    def client(self, service: Literal["dynamodb"], region: str | None = None) -> "DynamoDBClient": ...
    @overload
    def client(self, service: Literal["lambda"], region: str | None = None) -> "LambdaClient": ...
    @overload
    def client(self, service: Literal["logs"], region: str | None = None) -> "CloudWatchLogsClient": ...
    @overload
    def client(self, service: Literal["s3"], region: str | None = None) -> "S3Client": ...
    @overload
    def client(self, service: Literal["sns"], region: str | None = None) -> "SNSClient": ...
    @overload
    def client(self, service: Literal["sqs"], region: str | None = None) -> "SQSClient": ...
    @overload
    def client(self, service: Literal["sts"], region: str | None = None) -> "STSClient": ...
    def client(self, service: str, region: str | None = None) -> "BaseClient":
        """Return the client of a service in a Region (default: the processor's own). Its type knows its calls."""
        return self._find(service, region or self.region)

    @overload
    def call(
        self, service: Literal["dynamodb"], operation: Literal["Query"], request: "QueryInputTypeDef"
    ) -> "QueryOutputTypeDef": ...
    @overload
    def call(
        self, service: Literal["dynamodb"], operation: Literal["GetItem"], request: "GetItemInputTypeDef"
    ) -> "GetItemOutputTypeDef": ...
    @overload
    def call(
        self, service: Literal["sqs"], operation: Literal["ReceiveMessage"], request: "ReceiveMessageRequestTypeDef"
    ) -> "ReceiveMessageResultTypeDef": ...
    @overload
    def call(
        self,
        service: Literal["sqs"],
        operation: Literal["ChangeMessageVisibilityBatch"],
        request: "ChangeMessageVisibilityBatchRequestTypeDef",
    ) -> "ChangeMessageVisibilityBatchResultTypeDef": ...
    @overload
    def call(
        self,
        service: Literal["sqs"],
        operation: Literal["DeleteMessageBatch"],
        request: "DeleteMessageBatchRequestTypeDef",
    ) -> "DeleteMessageBatchResultTypeDef": ...
    @overload
    def call(
        self, service: Literal["sts"], operation: Literal["AssumeRole"], request: "AssumeRoleRequestTypeDef"
    ) -> "AssumeRoleResponseTypeDef": ...
    @overload
    def call(
        self, service: Literal["kms", "secretsmanager"], operation: str, request: Mapping[str, object]
    ) -> Mapping[str, object]: ...
    def call(self, service: str, operation: str, request: Mapping[str, object]) -> Mapping[str, object]:
        """Call one of the often used services; return the output's members, as JSON has them.

        Calls of queues and tables are repeated where that may help.

        :raises: as ``DirectCall.members``.
        """
        call = self.direct_call(service, operation)
        passing = _PASSING - UNCERTAIN if operation in UNREPEATABLE else _PASSING
        bound = FIRST_PAUSE_SECONDS
        for left in reversed(range(ATTEMPTS.get(service, 1))):
            try:
                return call.members(current_credentials() or self.own_credentials(), request)
            except Exception as error:
                if not left or classify(error, hop=Hop.EXECUTION).reason not in passing:
                    raise
            scheduling.sleep(random.uniform(0, bound))  # noqa: S311 - jitter
            bound *= 2
        raise AssertionError("the last attempt returns or raises")

    def own_credentials(self) -> Credentials:
        """Return the processor's own credentials.

        :raises botocore.exceptions.BotoCoreError: there are none, or they can't be renewed.
        """
        if self._own is not None:
            return self._own
        with self._lock:
            found = self._sdk_session().get_credentials()
        if found is None:
            from botocore.exceptions import NoCredentialsError  # noqa: PLC0415 - loaded with the session

            raise NoCredentialsError
        frozen = found.get_frozen_credentials()
        return Credentials(frozen.access_key or "", frozen.secret_key or "", frozen.token or "", 0.0)

    def direct_call(
        self,
        service: str,
        operation: str,
        region: str | None = None,
        *,
        method: str = "POST",
        streams: bool = False,
        bucket: str = "",
    ) -> DirectCall:
        """Return an operation of ``client`` without the client's own cost for each call.

        :param bucket: which it is for. :param streams: see ``DirectCall``.
        """
        region = region or self.region
        key = (service, operation, region, bucket)
        call = self._direct_calls.get(key)
        if call is None:
            made = DirectCall(
                self._transport,
                self._endpoints.find(service, region, bucket),
                DIRECT_LIMITS.get(service, DEFAULT_LIMITS),
                lambda: self._find(service, region),
                operation,
                method=method,
                streams=streams,
            )
            call = self._direct_calls.setdefault(key, made)  # made twice by two threads: harmless
        return call

    def _find(self, service: str, region: str) -> "BaseClient":
        key = (service, region)
        client = self._clients.get(key)
        if client is None:
            with self._lock:  # making clients isn't thread-safe in botocore; using them is
                client = self._clients.get(key) or self._clients.setdefault(key, self._make(*key))
        return client

    def _make(self, service: str, region: str) -> "BaseClient":
        from botocore.config import Config  # noqa: PLC0415 - 0.1 s: not before the first client is wanted

        from runtime.aws.botocore_transport import prepare  # noqa: PLC0415 - as above

        attempts = ATTEMPTS.get(service, 1)
        config = Config(
            retries={"total_max_attempts": attempts, "mode": "standard"},
            parameter_validation=service not in UNVALIDATED,
            use_fips_endpoint=self._endpoints.fips,
            use_dualstack_endpoint=self._endpoints.dual_stack,
            ignore_configured_endpoint_urls=True,  # type: ignore[call-arg]  # the stubs lack it; see endpoints.py
            # gzip carries a checksum of its own; a second one over the whole body costs CPU on every object.
            response_checksum_validation="when_required",
        )
        client = self._sdk_session().create_client(
            service, region_name=region, endpoint_url=self._endpoints.url_of(service), config=config
        )
        prepare(client, self._transport, LIMITS.get(service, DEFAULT_LIMITS), attempts, UNREPEATABLE)
        return client

    def _sdk_session(self) -> "Session":
        from botocore.session import Session  # noqa: PLC0415 - as above

        if self._session is None:
            self._session = Session()
        return self._session
