"""The ``s3`` delivery method: execution role -> central role -> server-side copy into the customer's bucket."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, cast

from runtime import scheduling
from runtime.aws.credentials import Credentials, use_credentials
from runtime.backoff import Retry
from runtime.deliveries.method import BatchSource, Delivery, DeliveryServices
from runtime.deliveries.probe import ProbeReport, made_up_delivery, refuse_stranger, try_steps
from runtime.deliveries.s3.config import S3Config
from runtime.deliveries.s3.copy import CopyTask, MultipartCopy, copy_whole, part_size
from runtime.deliveries.s3.destination import destination_key, traceability_metadata
from runtime.deliveries.s3.error_mapping import classify_copy, is_too_large_to_copy_whole, may_be_gone
from runtime.deliveries.s3.version_name import VersionName
from runtime.deliveries.session_policy import reader
from runtime.deliveries.set_aside import GZIP
from runtime.delivery_config.model import DeliveryConfig
from runtime.errors import EXPIRED, DeliveryError, PermanentError
from runtime.objects.presence import is_gone

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import HeadObjectRequestTypeDef

NEEDED_SECONDS = 1.0  # a copy of a usual object takes some tenths of a second


class S3Delivery:
    """Copies an object. Idempotent: the destination's key depends on the object's key and the config alone."""

    seam: ClassVar[int] = 2
    config_model: ClassVar[type[DeliveryConfig]] = S3Config
    runs_programs: ClassVar[bool] = True

    def __init__(self, services: DeliveryServices, retry: Retry | None = None) -> None:
        self._services = services
        self._retry = retry or Retry()

    def deliver(self, delivery: Delivery, source: BatchSource | None) -> None:
        """Copy the object, in parts if it is over the copy threshold. A failed attempt starts again from the beginning.

        With a program the object is read, and what the program makes of it is written in the copy's place.

        :raises runtime.errors.DeliveryError: see ``error_mapping.py``.
        """
        config = cast("S3Config", delivery.config)
        if config.bucket_name == self._services.settings.central_bucket:
            raise PermanentError(
                "destination-is-central-bucket", "the copy would be delivered again, for ever: correct bucket_name"
            )
        plain = VersionName(self._services, self._retry, delivery).is_plain()
        key = destination_key(delivery.object, config, plain=plain)
        attempt = _Attempt(self._services, self._retry, delivery, config, key)
        if config.transform is None:
            attempt.run()
        elif source is None:
            raise TypeError("a delivery with a program needs the object's batches")
        else:
            attempt.rewrite(source)

    def probe(self, config: DeliveryConfig, name: str = "") -> ProbeReport:
        """Put a small object where copies go; ``config`` has its ``target_region`` filled in.

        Afterwards a session of no tenant's tries the same: the bucket's policy should refuse it.
        """
        wanted, central_bucket = cast("S3Config", config), self._services.settings.central_bucket
        delivery, batch = made_up_delivery(config, central_bucket, scheduling.now(), None, name)
        key = destination_key(delivery.object, wanted)
        attempt = _Attempt(self._services, self._retry, delivery, wanted, key)
        body = zlib.compress(b"\n".join(batch.literals), wbits=GZIP)

        def put_as_another() -> None:
            refuse_stranger(lambda other: replace(attempt, tenant_id=other).put(body), "s3:PutObject", attempt.resource)

        return try_steps(
            ("central-role", attempt.open),
            ("object", lambda: attempt.put(body)),
            ("tag-condition", put_as_another),
            left=key,
        )

    def close(self) -> None:
        """Nothing is held."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One attempt at one delivery.

    :param destination: the copy's key. :param tenant_id: whose session it is, where a test tries another's.
    """

    services: DeliveryServices
    retry: Retry
    delivery: Delivery
    config: S3Config
    destination: str
    tenant_id: str = ""

    @property
    def resource(self) -> str:
        """What is written."""
        return f"s3://{self.config.bucket_name}/{self.destination}"

    def run(self) -> None:
        size = self.delivery.object.size
        threshold = self.services.settings.copy_threshold_bytes
        if size is not None and size > threshold:
            self._copy_in_parts(size)
        else:
            self._copy_whole_or_in_parts()
        self.delivery.progress.bytes = self.delivery.object.size or 0

    def rewrite(self, source: BatchSource) -> None:
        """Write what the program makes of the object."""
        from runtime.deliveries.s3.rewrite import RewrittenObject  # noqa: PLC0415 - for the deliveries that have one

        self.open()  # one that is refused shall not cost a download
        rewritten = RewrittenObject(self.services, self.retry, self.delivery)
        body = rewritten.body(source)
        if body:
            self.put(body)
        rewritten.note(len(body))

    def open(self) -> None:
        """Take the session that copies."""
        self.retry.run(self._credentials, self.delivery.budget)

    def put(self, body: bytes) -> None:
        """Put an object of these bytes instead of a copy."""
        task = self._task()
        request = {**task.destination(), **task.description(), "Body": body}
        action = "s3:PutObject"
        self.retry.run(lambda: self._signed(action, lambda: self._client().put_object(**request)), self.delivery.budget)

    def _copy_whole_or_in_parts(self) -> None:
        try:
            self._call("s3:CopyObject", lambda: copy_whole(self._client(), self._task()))
        except Exception as error:
            if not is_too_large_to_copy_whole(error.__cause__):
                raise
            self._copy_in_parts(self._size_at_source())

    def _copy_in_parts(self, size: int) -> None:
        part_bytes = part_size(size, self.services.settings.copy_threshold_bytes)
        MultipartCopy(self._client(), self._task(), self._call, self._call_once).run(size, part_bytes)

    def _size_at_source(self) -> int:
        """Ask how large the object is: only where its notification didn't say."""
        object_ = self.delivery.object
        client = self.services.clients.client("s3")
        source: HeadObjectRequestTypeDef = {"Bucket": object_.bucket, "Key": object_.key.key}
        if object_.version_id:
            source["VersionId"] = object_.version_id
        answer = self._call("s3:HeadObject", lambda: client.head_object(**source))
        return int(answer["ContentLength"])

    def _call(self, action: str, call: Callable[[], Any]) -> Any:
        """Make one AWS call as the central role, repeated while it may help and the budget lasts."""
        return self.retry.run(lambda: self._call_once(action, call), self.delivery.budget, needed=NEEDED_SECONDS)

    def _call_once(self, action: str, call: Callable[[], Any]) -> Any:
        """Make one call of a copy: a refusal may mean that there is nothing to copy."""
        try:
            return self._signed(action, call)
        except DeliveryError as failure:
            cause = failure.__cause__
            if isinstance(cause, Exception) and may_be_gone(failure, cause) and self._source_is_gone():
                raise PermanentError("object-gone", failure.detail) from cause
            raise

    def _signed(self, action: str, call: Callable[[], Any]) -> Any:
        credentials = self._credentials()
        try:
            with use_credentials(credentials):
                return call()
        except Exception as error:
            failure = classify_copy(
                error,
                action=action,
                central_bucket=self.delivery.object.bucket,
                bucket=self.config.bucket_name,
                key=self.destination,
            )
            if failure.reason == EXPIRED:
                self.services.role_chain.invalidate(credentials)
            raise failure from error

    def _source_is_gone(self) -> bool:
        """Ask whether the object is gone: the session that copies lists nothing, and is denied what isn't there."""
        object_, role_chain = self.delivery.object, self.services.role_chain
        policy = reader(role_chain.partition, object_.bucket, object_.key.tenant_id)
        return is_gone(self.services.clients, object_, role_chain.central(object_.key.tenant_id, policy))

    def _credentials(self) -> Credentials:
        role_chain = self.services.role_chain
        (policy,) = self.config.session_policies(role_chain.partition, self.delivery.object.bucket)
        return role_chain.central(self.tenant_id or self.config.tenant_id, policy)

    def _client(self) -> "S3Client":
        return self.services.clients.client("s3", self.config.target_region)

    def _task(self) -> CopyTask:
        object_ = self.delivery.object
        return CopyTask(
            source_bucket=object_.bucket,
            source_key=object_.key.key,
            source_version=object_.version_id,
            etag=object_.etag,
            bucket=self.config.bucket_name,
            key=self.destination,
            bucket_owner=self.config.bucket_owner,
            metadata=traceability_metadata(object_, self.config),
        )
