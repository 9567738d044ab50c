"""What the endpoints about alert rules answer."""

from typing import TYPE_CHECKING, Self

from pydantic import Field

from runtime.api.schemas.schema import Schema

if TYPE_CHECKING:
    from runtime.alerts.ready_made import ReadyMadeRule


class ReadyMadeView(Schema):
    """A ready-made rule, by whose name a rule says what it looks for."""

    name: str
    title: str
    count: int = Field(description="so many lines fire, unless the rule says otherwise")
    window_seconds: int = Field(description="within so long, unless the rule says otherwise")
    next_step: str = Field(description="for the person who is notified")

    @classmethod
    def of(cls, rule: "ReadyMadeRule") -> Self:
        """Show one."""
        return cls(**{name: getattr(rule, name) for name in cls.model_fields})


class ReadyMadeList(Schema):
    """All ready-made rules."""

    rules: list[ReadyMadeView]


class InvalidRuleView(Schema):
    """An item that was put into the table by other means and can't be read as a rule: it never fires."""

    name: str
    fields: list[str] = Field(description="the wrong fields")


class RulePage(Schema):
    """One page of a tenant's rules."""

    alert_rules: list[dict[str, object]]
    invalid: list[InvalidRuleView]
    next_token: str | None = Field(default=None, description="there are more: pass it unchanged")
