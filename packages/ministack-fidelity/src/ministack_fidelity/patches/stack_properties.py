"""CloudFormation applies properties that the emulator ignores.

A table's time to live and point-in-time recovery; a bucket's lifecycle, encryption and ownership. Each goes the way of
the service's own API: what that refuses fails the stack.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from ministack_fidelity.patching import Function, Target, emulator, wrap

PROVISIONERS = "ministack.services.cloudformation.provisioners"
BUCKET = Target(PROVISIONERS, "_s3_apply_configurations", ("name", "props", "old_props"))
CREATE_TABLE = Target(PROVISIONERS, "_ddb_create", ("logical_id", "props", "stack_name"))
UPDATE_TABLE = Target(
    PROVISIONERS, "_ddb_update", ("physical_id", "old_props", "new_props", "stack_name", "logical_id")
)
PUTS = (
    Target("ministack.services.s3", "_put_bucket_lifecycle", ("name", "body")),
    Target("ministack.services.s3", "_put_bucket_encryption", ("name", "body")),
    Target("ministack.services.s3", "_put_bucket_ownership_controls", ("name", "body")),
    Target("ministack.services.dynamodb", "_update_ttl", ("data",)),
    Target("ministack.services.dynamodb", "_update_continuous_backups", ("data",)),
)
REFUSED = 400

type Properties = dict[str, Any]


def apply() -> None:
    """Apply them when the resource is created and when it is updated."""
    for target in PUTS:
        target.resolve()
    wrap(BUCKET, _whole_bucket)
    wrap(CREATE_TABLE, _created_table)
    wrap(UPDATE_TABLE, _updated_table)


def lifecycle(value: Properties) -> Properties:
    """Return CloudFormation's lifecycle in the API's words."""
    return {"Rules": [_lifecycle_rule(rule) for rule in value["Rules"]]}


def _lifecycle_rule(rule: Properties) -> Properties:
    same = ("Status", "AbortIncompleteMultipartUpload", "NoncurrentVersionExpiration")
    found: Properties = {name: rule[name] for name in same if name in rule}
    found |= {"Filter": {"Prefix": rule.get("Prefix", "")}} | ({"ID": rule["Id"]} if "Id" in rule else {})
    if "ExpirationInDays" in rule:
        found["Expiration"] = {"Days": rule["ExpirationInDays"]}
    elif "ExpiredObjectDeleteMarker" in rule:
        found["Expiration"] = {"ExpiredObjectDeleteMarker": rule["ExpiredObjectDeleteMarker"]}
    if "Transitions" in rule:
        steps = rule["Transitions"]
        found["Transitions"] = [{"Days": s["TransitionInDays"], "StorageClass": s["StorageClass"]} for s in steps]
    return found


def encryption(value: Properties) -> Properties:
    """Return CloudFormation's encryption in the API's words."""
    rules = value["ServerSideEncryptionConfiguration"]
    return {
        "Rules": [
            {
                "ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"],
                "BucketKeyEnabled": rule.get("BucketKeyEnabled", False),
            }
            for rule in rules
        ]
    }


BUCKET_PROPERTIES: dict[str, tuple[str, str, str, Callable[[Properties], Properties]]] = {
    "LifecycleConfiguration": (
        "_put_bucket_lifecycle", "PutBucketLifecycleConfiguration", "LifecycleConfiguration", lifecycle
    ),
    "BucketEncryption": (
        "_put_bucket_encryption", "PutBucketEncryption", "ServerSideEncryptionConfiguration", encryption
    ),
    "OwnershipControls": (
        "_put_bucket_ownership_controls", "PutBucketOwnershipControls", "OwnershipControls", dict
    ),
}  # fmt: skip
"""By CloudFormation's property: the emulator's function, the API's operation and parameter, its value."""


def _whole_bucket(original: Function) -> Function:
    def _s3_apply_configurations(name: str, props: Properties, old_props: Properties | None = None) -> None:
        original(name, props, old_props)
        for prop, (put, operation, parameter, translate) in BUCKET_PROPERTIES.items():
            if prop in props:
                body = _xml(operation, {"Bucket": name, parameter: translate(props[prop])})
                _expect_success(prop, getattr(emulator("services.s3"), put)(name, body))

    return _s3_apply_configurations


@cache
def _s3_model() -> Any:
    import botocore.session  # noqa: PLC0415 - the emulator's own botocore, where it runs

    return botocore.session.get_session().get_service_model("s3")


def _xml(operation: str, parameters: Properties) -> bytes:
    """Return the body that the SDK would send."""
    from botocore.serialize import create_serializer  # noqa: PLC0415 - as above

    serializer = create_serializer("rest-xml", include_validation=False)
    body = serializer.serialize_to_request(parameters, _s3_model().operation_model(operation))["body"]
    return body if isinstance(body, bytes) else str(body).encode()


def _created_table(original: Function) -> Function:
    def _ddb_create(logical_id: str, props: Properties, stack_name: str) -> Any:
        made = original(logical_id, props, stack_name)
        _complete_table(made[0], props)
        return made

    return _ddb_create


def _updated_table(original: Function) -> Function:
    def _ddb_update(
        physical_id: str, old_props: Properties, new_props: Properties, stack_name: str, logical_id: str | None = None
    ) -> Any:
        made = original(physical_id, old_props, new_props, stack_name, logical_id)
        _complete_table(made[0], new_props)
        return made

    return _ddb_update


def _complete_table(name: str, props: Properties) -> None:
    dynamodb = emulator("services.dynamodb")
    for prop, put in (
        ("TimeToLiveSpecification", dynamodb._update_ttl),
        ("PointInTimeRecoverySpecification", dynamodb._update_continuous_backups),
    ):
        if prop in props:
            _expect_success(prop, put({"TableName": name, prop: props[prop]}))


def _expect_success(prop: str, response: Any) -> None:
    if response[0] >= REFUSED:
        raise ValueError(f"{prop}: {response[2]!r}")  # the emulator's provisioners fail a stack by this
