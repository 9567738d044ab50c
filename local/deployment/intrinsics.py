"""CloudFormation's intrinsic functions, as far as the properties that `parity.py` applies use them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


class UnknownIntrinsicError(NotImplementedError):
    """A function that isn't evaluated here: applying the property without it would be wrong."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a template's functions refer to: conditions as written, and values by name.

    ``references`` holds parameters, pseudo parameters and the resources' physical ids; ``attribute`` gives one by the
    resource's logical id and the attribute's name.
    """

    conditions: Mapping[str, Any]
    references: Mapping[str, str]
    attribute: Callable[[str, str], str]

    def value(self, written: Any) -> Any:
        """Evaluate a property as written in the template."""
        if isinstance(written, list):
            return [self.value(item) for item in written]
        if not isinstance(written, dict):
            return written
        if len(written) == 1:
            ((name, argument),) = written.items()
            if name == "Ref":
                return self.references[argument]
            if name == "Fn::GetAtt":
                return self.attribute(*argument)
            if name == "Fn::If":
                condition, if_true, if_false = argument
                return self.value(if_true if self.holds({"Condition": condition}) else if_false)
            if name.startswith("Fn::"):
                raise UnknownIntrinsicError(name)
        return {name: self.value(item) for name, item in written.items()}

    def holds(self, condition: dict[str, Any]) -> bool:
        """Evaluate a condition."""
        ((name, argument),) = condition.items()
        match name:
            case "Condition":
                return self.holds(self.conditions[argument])
            case "Fn::Equals":
                left, right = (self.value(side) for side in argument)
                return bool(left == right)
            case "Fn::Not":
                return not self.holds(argument[0])
            case "Fn::And":
                return all(self.holds(part) for part in argument)
            case "Fn::Or":
                return any(self.holds(part) for part in argument)
        raise UnknownIntrinsicError(name)
