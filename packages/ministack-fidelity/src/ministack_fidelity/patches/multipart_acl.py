"""The parts and the completion of a multipart upload stand under the ACL that its first request named.

A bucket policy that demands ``s3:x-amz-acl`` is meant for the upload; the requests for its parts can't carry the
header (UploadPart and UploadPartCopy have no such parameter), and AWS lets them through.
"""

import re
from typing import Any

from ministack_fidelity.patching import Function, Target, emulator, wrap

CREATE = Target("ministack.services.s3", "_create_multipart_upload", ("bucket_name", "key", "headers"))
CONTEXT = Target("ministack.core.iam_actions", "_s3_object_context", ("iam_action", "query_params", "path", "headers"))
UPLOAD_ID = re.compile(rb"<UploadId>([^<]+)</UploadId>")

_acls: dict[str, str] = {}


def apply() -> None:
    """Remember each upload's ACL and return it to the evaluation of its later requests."""
    wrap(CREATE, _remember)
    wrap(CONTEXT, _recall)


def _remember(original: Function) -> Function:
    def _create_multipart_upload(bucket_name: str, key: str, headers: dict[str, str]) -> Any:
        response = original(bucket_name, key, headers)
        found = UPLOAD_ID.search(bytes(response[2]))
        if found and headers.get("x-amz-acl"):
            _acls[found[1].decode()] = headers["x-amz-acl"]
        return response

    return _create_multipart_upload


def _recall(original: Function) -> Function:
    def _s3_object_context(
        iam_action: str, query_params: dict[str, Any], path: str, headers: dict[str, str]
    ) -> dict[str, Any]:
        context: dict[str, Any] = original(iam_action, query_params, path, headers)
        upload_id = emulator("core.iam_actions")._query_param(query_params, "uploadId")
        if iam_action == "s3:PutObject" and upload_id in _acls:
            context["s3:x-amz-acl"] = _acls[upload_id]
        return context

    return _s3_object_context
