"""Ready-made programs as they are listed, and what a trial asks and answers."""

from typing import TYPE_CHECKING, Annotated, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from runtime.api.schemas.schema import Schema
from runtime.text_forms import text_form

if TYPE_CHECKING:
    from runtime.programs.ready_made import ReadyMadeProgram
    from runtime.programs.trial import ProgramTrial  # the client has none of a trial's libraries

KEY_SEGMENT = text_form(r"^[^/\x00-\x1f]{1,255}$", "1 to 255 characters, without / and control characters")
MAX_LINES = 500
MAX_LINE = 32_768
Segment = Annotated[str, StringConstraints(pattern=KEY_SEGMENT)]


class ParameterView(Schema):
    """A parameter of a ready-made program."""

    name: str
    kind: str
    meaning: str
    required: bool
    choices: list[str] | None = None


class ProgramView(Schema):
    """A ready-made program."""

    name: str
    title: str
    parameters: list[ParameterView]

    @classmethod
    def of(cls, program: "ReadyMadeProgram") -> Self:
        """Show one."""
        parameters = [
            ParameterView(
                name=name,
                kind=each.kind.value,
                meaning=each.meaning,
                required=each.default is None,
                choices=list(each.choices) or None,
            )
            for name, each in program.parameters.items()
        ]
        return cls(name=program.name, title=program.title, parameters=parameters)


class ProgramList(Schema):
    """All ready-made programs."""

    programs: list[ProgramView]


class TrialRequest(Schema):
    """What to try a program on."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"transform": {"program": "redact"}, "lines": ["GET / from 10.1.2.3", "user a@example.com"]}]
        }
    )

    transform: dict[str, object] | None = Field(
        default=None, description="a program that isn't stored; else the config's"
    )
    lines: list[str] | None = Field(default=None, min_length=1, max_length=MAX_LINES)
    last: int | None = Field(
        default=None,
        ge=1,
        le=MAX_LINES,
        description="in place of `lines`: so many of the tenant's own last ones, of `application` and `cluster_id` "
        "where they are given; of a stored config, those that it selects",
    )
    application: Segment | None = None
    pod_name: Segment | None = Field(default=None, description="of `lines`")
    cluster_id: Segment | None = None

    @model_validator(mode="after")
    def _has_lines(self) -> Self:
        if (self.lines is None) == (self.last is None):
            raise ValueError("must have either lines or last")
        if self.last is not None and self.pod_name is not None:
            raise ValueError("must have no pod_name beside last")
        return self


class MadeEvent(Schema):
    """An event that a program made."""

    timestamp: int = Field(description="epoch milliseconds")
    message: str


class TriedView(Schema):
    """What becomes of one line."""

    before: str
    object_key: str | None = Field(default=None, description="of a stored line: the object that has it")
    after: list[MadeEvent]
    outcome: str = Field(description="`delivered`, `dropped`, or `failed`: then `after` is what `on_error` makes of it")
    error: str | None = None


class TrialView(Schema):
    """What a program makes of the lines, and what it costs. Nothing was delivered, and nothing is kept."""

    events: list[TriedView]
    complete: bool = Field(default=True, description="false: there was no time to look for all lines asked for")
    counts: dict[str, int] = Field(description="`in` = `out` + `dropped` + `set_aside`")
    microseconds_an_event: float = Field(description="processor time of the program")
    dollars_a_gb: float = Field(description="US dollars for 1,024³ bytes of such lines, on Lambda, list price")

    @classmethod
    def of(cls, trial: "ProgramTrial", *, complete: bool = True) -> Self:
        """Show one."""
        events = [
            TriedView(
                before=each.before,
                object_key=each.object_key or None,
                after=[MadeEvent(timestamp=time, message=message) for time, message in each.after],
                outcome=each.outcome,
                error=each.error or None,
            )
            for each in trial.events
        ]
        return cls(
            events=events,
            complete=complete,
            counts=dict(trial.counts),
            microseconds_an_event=round(trial.microseconds_an_event, 2),
            dollars_a_gb=round(trial.dollars_a_gb, 6),
        )
