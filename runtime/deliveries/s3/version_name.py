"""Which version of an object has the plain name in the customer's bucket (contract §15).

A writer may overwrite its own object before it is delivered: both versions are delivered, under two names. Versions of
one content (an agent's second try after a lost answer) are one object, under one name.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from runtime.aws.credentials import use_credentials
from runtime.backoff import Retry
from runtime.deliveries.method import Delivery, DeliveryServices, NameHolder
from runtime.deliveries.session_policy import reader
from runtime.errors import DeliveryError, Hop, PermanentError, classify

UNVERSIONED = "null"  # S3 user guide, versioning: the version id of what was written before it was enabled


@dataclass(frozen=True, slots=True)
class VersionName:
    """Of one delivery."""

    services: DeliveryServices
    retry: Retry
    delivery: Delivery

    def is_plain(self) -> bool:
        """Return whether the copy has the key's own name: no version of other content has it.

        :raises DeliveryError: it can't be known now.
        """
        object_, names = self.delivery.object, self.services.copy_names
        if names is None or object_.version_id in (None, UNVERSIONED):
            return True
        type_ = self.delivery.config.type
        holder = self.retry.run(lambda: names.claim(object_, type_), self.delivery.budget)
        if holder.version_id == object_.version_id:
            return True
        if None not in (holder.etag, holder.size) and (holder.etag, holder.size) == (object_.etag, object_.size):
            return True
        return self._has_the_content_of(holder)

    def _has_the_content_of(self, holder: NameHolder) -> bool:
        """Compare what S3 has stored: ETags of encrypted objects differ although their content doesn't."""
        try:
            other = self._head(holder.version_id)
        except PermanentError:  # its name stays taken: a copy of it may be there
            return False
        own = self._head(str(self.delivery.object.version_id))
        kinds = {name for name in own if name.startswith("Checksum") and name != "ChecksumType"} & set(other)
        same_way = own.get("ChecksumType") == other.get("ChecksumType")
        same = bool(kinds) and same_way and all(own[name] == other[name] for name in kinds)
        return own["ContentLength"] == other["ContentLength"] and (same or own["ETag"] == other["ETag"])

    def _head(self, version_id: str) -> Mapping[str, object]:
        return self.retry.run(lambda: self._head_once(version_id), self.delivery.budget)

    def _head_once(self, version_id: str) -> Mapping[str, object]:
        object_, chain = self.delivery.object, self.services.role_chain
        tenant_id = object_.key.tenant_id
        credentials = chain.central(tenant_id, reader(chain.partition, object_.bucket, tenant_id))
        try:
            with use_credentials(credentials):
                return self.services.clients.client("s3").head_object(
                    Bucket=object_.bucket, Key=object_.key.key, VersionId=version_id, ChecksumMode="ENABLED"
                )
        except Exception as error:
            raise self._failure(error) from error

    def _failure(self, error: Exception) -> DeliveryError:
        object_ = self.delivery.object
        resource = f"s3://{object_.bucket}/{object_.key.key}"
        codes = dict.fromkeys(("404", "NoSuchVersion", "NoSuchKey"), (PermanentError, "object-gone"))
        return classify(error, hop=Hop.SOURCE, action="s3:HeadObject", resource=resource, codes=codes)
