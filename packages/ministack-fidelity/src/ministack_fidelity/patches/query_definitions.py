"""CloudFormation knows saved Logs Insights queries (``AWS::Logs::QueryDefinition``).

The emulator doesn't, and would refuse a template that has one. Nothing runs a saved query but a person, who copies its
text: it is enough that the resource can be made, changed and deleted.
"""

import uuid
from typing import Any

from ministack_fidelity.patching import Table

HANDLERS = Table("ministack.services.cloudformation.provisioners", "_RESOURCE_HANDLERS")
TYPE = "AWS::Logs::QueryDefinition"


def apply() -> None:
    """Add the type to those that can be provisioned."""
    HANDLERS.resolve()[TYPE] = {"create": _create, "update": _update, "delete": _delete}


def _create(_logical_id: str, _props: dict[str, Any], _stack_name: str) -> tuple[str, dict[str, Any]]:
    made = str(uuid.uuid4())
    return made, {"QueryDefinitionId": made}


def _update(physical_id: str, *_arguments: Any) -> tuple[str, dict[str, Any]]:
    return physical_id, {"QueryDefinitionId": physical_id}


def _delete(_physical_id: str, _props: dict[str, Any]) -> None:
    """Nothing else was made."""
