"""The fields that a reader is shown and a writer can't set. Light: the command strips them before it sends a file."""

from typing import Final

SERVICE_FIELDS: Final = frozenset(
    {
        *("created_at", "updated_at", "schema_version", "version", "warnings", "verified_host", "disabled_reason"),
        "tenant_version",
    }
)
"""Set by the service alone, in answers and items."""
