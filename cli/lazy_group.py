"""The list of commands, each loaded when it is called: the help and the completion of a name load none of them."""

from importlib import import_module
from typing import Any, Final, NamedTuple

import typer
from typer import main
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException

from cli.output import OUTPUT, OutputOptions
from cli.output_options import add_output_options
from cli.watching import WATCHED, add_watch_options


class CommandSource(NamedTuple):
    """Where a command is: a function or a ``typer.Typer`` in a module; ``help`` is the first paragraph of its own."""

    module: str
    attribute: str
    help: str


COMMANDS: Final = {
    "status": CommandSource(
        "cli.status_command",
        "show_status",
        "Show queues and each destination: freshness, rates, failures with their start and next step.",
    ),
    "console": CommandSource(
        "cli.console_command",
        "console",
        "Serve pages on loopback that show what these commands show, by the caller's own credentials. Until Ctrl-C.",
    ),
    "tenants": CommandSource(
        "cli.tenants_command", "list_tenants", "List the tenants that have delivery configs or a record."
    ),
    "tenant": CommandSource(
        "cli.tenant_record_commands",
        "app",
        "One tenant's record: its accounts, clusters and Regions; suspend it, resume it, let it leave.",
    ),
    "program": CommandSource(
        "cli.program_commands",
        "app",
        "Programs that change or drop a tenant's events: the ready-made ones, and a trial.",
    ),
    "alerts": CommandSource(
        "cli.alert_commands",
        "app",
        "A tenant's alert rules: which lines somebody is notified of, and how.",
    ),
    "alarms": CommandSource(
        "cli.alarms_command",
        "list_alarms",
        "Which alarms are firing, since when, and which runbook helps? Status 1 if one is.",
    ),
    "arrived": CommandSource(
        "cli.tenant_commands",
        "show_arrivals",
        "Did the tenant's logs arrive? Count recent objects and their deliveries. Status 1 if some didn't.",
    ),
    "freshness": CommandSource(
        "cli.tenant_commands",
        "show_freshness",
        "How late? Show the time from an event until its destination has acknowledged it: p50, p99, worst.",
    ),
    "cost": CommandSource(
        "cli.tenant_commands",
        "show_cost",
        "What does the tenant cost? Price its deliveries of the last day, extrapolated to a month.",
    ),
    "path": CommandSource(
        "cli.path_command",
        "show_path",
        "Which way did an object go? From the bucket to each destination, with times and attempts.",
    ),
    "tail": CommandSource(
        "cli.tail_command",
        "tail",
        "Print a tenant's events as they are delivered; the caller must be allowed to read the central bucket.",
    ),
    "query": CommandSource(
        "cli.query_command",
        "run_saved_query",
        "Run a saved query of the runbooks over the last hours; CloudWatch charges by the bytes that it scans.",
    ),
    "process": CommandSource(
        "cli.process_command",
        "process",
        "Try this checkout's processor on one object of the embedded cloud; show what each delivery did.",
    ),
    "test": CommandSource(
        "cli.delivery_test_command",
        "run_test",
        "Make a test delivery, step by step; where one fails, show what to add. Status 1 if it doesn't pass.",
    ),
    "reconcile": CommandSource(
        "cli.reconcile_command",
        "reconcile",
        "Compare the bucket with the records, hand over missed objects. Status 1 if it had to wait.",
    ),
    "doctor": CommandSource(
        "cli.doctor_command",
        "doctor",
        "Check stacks, names, queues, notifications, environments, tables, configs, and try the roles. "
        "Status 1: findings.",
    ),
    "assign": CommandSource(
        "cli.assign_command",
        "assign",
        "Move objects of one namespace from `_unlabelled` to its tenant: they are delivered like new ones.",
    ),
    "config": CommandSource(
        "cli.config_commands", "app", "A tenant's delivery configs: where its logs go, and which of them."
    ),
    "deliveries": CommandSource(
        "cli.delivery_commands",
        "app",
        "Deliveries: parked ones with their reasons, and the status of each destination.",
    ),
    "replay": CommandSource("cli.replay_commands", "app", "Replay and backfill: deliver again, or for the first time."),
    "redrive": CommandSource(
        "cli.redrive_commands", "app", "Dead-letter queues: send their messages to their source queue again."
    ),
}


class PlainGroup(TyperGroup):
    """A group whose help is plain text: to draw boxes takes twice the time of all the rest."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write what each command does, whole: typer would cut it to one line."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, " ".join((each.help or "").split("\n\n")[0].split())) for name, each in commands if each]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


class LazyGroup(PlainGroup):
    """A group whose commands are those of ``COMMANDS``, in that order."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | None:
        """Return a stand-in with the name and the help, which is all that a list of commands shows."""
        del ctx
        return TyperCommand(cmd_name, help=COMMANDS[cmd_name].help) if cmd_name in COMMANDS else None

    def invoke(self, ctx: Any) -> Any:
        """Run a command. What fails is said in words, with what to do next; the status says which kind it is."""
        before = OUTPUT.set(OutputOptions())
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, TyperException, BrokenPipeError):
            raise  # typer's own: it says them itself
        except Exception as error:  # noqa: BLE001 - the last resort: nobody is shown a traceback unasked
            raise typer.Exit(_report(error, ctx)) from None
        finally:
            OUTPUT.reset(before)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Return the name, the command itself, and its arguments. Ends with status 2 where there is no such command."""
        name, _, remaining = super().resolve_command(ctx, args)
        return name, None if name is None else load(name), remaining


def _report(error: Exception, context: Any) -> int:
    from cli.problems import report  # noqa: PLC0415 - it loads the SDK, whose errors it knows

    return report(error, context.obj)


def load(name: str) -> Any:
    """Return the command, with its module loaded."""
    source = COMMANDS[name]
    found = getattr(import_module(source.module), source.attribute)
    parent = typer.Typer(add_completion=False, callback=lambda: None, rich_markup_mode=None)
    if isinstance(found, typer.Typer):
        parent.add_typer(found, name=name, cls=PlainGroup)
    else:
        parent.command(name)(found)
    group = main.get_command(parent)
    assert isinstance(group, TyperGroup)
    command = group.commands[name]
    if name in WATCHED:
        add_watch_options(command)
    add_output_options(command)
    return command
