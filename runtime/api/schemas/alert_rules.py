"""What the endpoints about alert rules answer."""

from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, Field

if TYPE_CHECKING:
    from runtime.alerts.ready_made import ReadyMadeRule


class ReadyMadeView(BaseModel):
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


class ReadyMadeList(BaseModel):
    """All ready-made rules."""

    rules: list[ReadyMadeView]


class InvalidRuleView(BaseModel):
    """An item that was put into the table by other means and can't be read as a rule: it never fires."""

    name: str
    fields: list[str] = Field(description="the wrong fields")


class RulePage(BaseModel):
    """One page of a tenant's rules."""

    alert_rules: list[dict[str, object]]
    invalid: list[InvalidRuleView]
    next_token: str | None = Field(default=None, description="there are more: pass it unchanged")
