"""ListObjectVersions goes on behind an object that was written before its bucket was versioned.

Such an object's version is ``null``. The emulator lists it again when ``version-id-marker`` is ``null``: a client that
reads page by page never ends.
"""

from typing import Any

from ministack_fidelity.patching import Function, Target, emulator, wrap

LIST = Target("ministack.services.s3", "_list_object_versions", ("bucket_name", "query_params"))
NULL = "null"
MARKER = "version-id-marker"


def apply() -> None:
    """Take the marker of a key without older versions for the end of that key."""
    wrap(LIST, _going_on)


def _going_on(original: Function) -> Function:
    def _list_object_versions(bucket_name: str, query_params: dict[str, Any]) -> Any:
        s3 = emulator("services.s3")
        key = s3._qp(query_params, "key-marker", "")
        is_null = s3._qp(query_params, MARKER, "") == NULL
        if is_null and not s3._object_versions.get((bucket_name, key)):
            query_params = {name: value for name, value in query_params.items() if name != MARKER}
        return original(bucket_name, query_params)

    return _list_object_versions
