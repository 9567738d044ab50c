"""The commands, each a few calls of what lies in the folders beside this file."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Annotated, Never

import typer

from local.accounting.comparison import Count
from local.accounting.watch import ArrivalWatch
from local.accounts import EmbeddedAccounts
from local.demonstration import REPORT, Demonstration, Shown
from local.deployment.deploy import Deployment
from local.deployment.environment_file import LocalEnvironment
from local.deployment.synthesis import synthesize_every_stage
from local.emulator import REGION, start
from local.live_change import Change
from local.loader.day_shift import utc_now
from local.loader.send import agent_s3, send_recorded_logs
from local.loader.writer import kept
from local.operator_command import logrouter
from local.own_line import OwnLine
from local.paths import BUILD, DEMO_HOME, ROOT, UP_HOME, VERIFY_HOME
from local.processes import run
from local.reporting import Steps, console, print_counts
from local.sinks.endpoints import serve_endpoints
from local.toolchain.node import path_with_node
from local.verification.command import Verification
from local.verification.profiles import region_of
from local.waiting import WaitedTooLongError
from ministack_fidelity.server import Server

DEMO_CACHE_SECONDS = 2
"""The processor's own default, a minute, would be most of the demo."""

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)


@app.callback()
def prepare() -> None:
    """Run the whole system on this machine: an AWS emulator, the real stacks, real logs."""
    signal.signal(signal.SIGTERM, _interrupt)  # so that everything is ended, as on Ctrl-C


@app.command()
def up() -> None:
    """Start the embedded cloud, deploy the stacks, leave it running. Where it runs: bring in what has changed."""
    if server := Server.load(UP_HOME):
        console.print(f"already running at {server.endpoint_url}; `make down` stops it")
        deploy()
        return
    with Steps() as steps:
        server, process = _start_afresh(UP_HOME, steps, follow_starter=False)
        try:
            _deploy(server, UP_HOME, steps)
        except BaseException:
            server.end(process)
            raise
    console.print(f"running at {server.endpoint_url}: {UP_HOME / 'environment.json'}")
    console.print(
        "`make line TEXT=hello` sends a line of yours, `make status` shows how it is, `make console` opens its pages"
    )


@app.command()
def deploy() -> None:
    """Bring what has changed since then into the cloud that `up` left running."""
    server = _running()
    with Steps() as steps:
        done = Deployment(_accounts(server), UP_HOME, steps.begin).update()
    console.print(done)


@app.command()
def send() -> None:
    """Send the recorded logs, moved to the latest days they can be of."""
    accounts, environment = _accounts(_running()), LocalEnvironment.load(UP_HOME)
    writer = agent_s3(accounts, environment, UP_HOME)
    with Steps() as steps:
        steps.begin("sending the recorded logs")
        send_recorded_logs(writer, environment.central_bucket, UP_HOME, utc_now(), steps.update)


@app.command()
def line(
    text: Annotated[str, typer.Argument(help="what the pod prints")],
    *,
    tenant: Annotated[str, typer.Option(help="whose pod prints it")] = "acme-corp",
) -> None:
    """Send one line of your own and find it in the tenant's account. Status 1 if it doesn't arrive."""
    accounts, environment = _accounts(_running()), LocalEnvironment.load(UP_HOME)
    if tenant not in environment.tenants:
        raise typer.BadParameter(f"the tenants here are {', '.join(environment.tenants)}")
    own = OwnLine(accounts, environment, agent_s3(accounts, environment, UP_HOME), tenant, text)
    sent = own.send(utc_now())
    typer.echo(f"written as the agent: {sent.key}")
    try:
        for found in own.find(sent):
            typer.echo(f"found after {found.seconds:.1f} s: {found.destination}, {found.where}")
    except WaitedTooLongError as error:
        typer.echo(f"{error}: `logrouter --local path {sent.key}` shows how far it came", err=True)
        raise typer.Exit(1) from None


@app.command()
def watch() -> None:
    """Wait for everything that was sent, count it in every destination. Status 1 if one is missing or doubled."""
    server = _running()
    with Steps() as steps:
        counts = _watch(server, UP_HOME, steps)
    _verdict(counts)


@app.command()
def endpoints() -> None:
    """Serve a webhook and a search cluster on loopback for a tenant of what `up` left running, until Ctrl-C.

    Their configs are stored through the API, and deleted at the end; what comes is counted.
    """
    server = _running()
    environment = LocalEnvironment.load(UP_HOME)
    client = _accounts(server).api_client(environment.api_url, environment.central_account)
    with Steps() as steps, serve_endpoints() as served, suppress(KeyboardInterrupt), served.stored(client):
        steps.begin(f"having the webhook of {served.tenant_id} prove itself")
        served.onboard(client, partial(logrouter, UP_HOME))
        for config in served.configs.values():
            console.print(f"{served.tenant_id} {config['type']} at {config['url']}", highlight=False)
        steps.begin("events of these, until Ctrl-C")
        served.watch(steps.update)


@app.command()
def down() -> None:
    """Stop the cloud that `up` left running."""
    if server := Server.load(UP_HOME):
        server.end()
        console.print(f"stopped the embedded cloud at {server.endpoint_url}; its files stay in {UP_HOME}")
    else:
        console.print("the embedded cloud isn't running: nothing to stop")


@app.command()
def demo(home: Annotated[Path, typer.Option(help="the folder for its files; emptied first")] = DEMO_HOME) -> None:
    """Do it all from nothing: start, deploy, send, count, change a config, ask for the status, end.

    Status 1 if one event is missing or doubled, or the change isn't seen.
    """
    with Steps() as steps, serve_endpoints() as endpoints, temporary_cloud(home, steps) as server:
        environment = _deploy(server, home, steps, config_cache_seconds=DEMO_CACHE_SECONDS)
        accounts = _accounts(server)
        steps.begin(f"having the webhook of {endpoints.tenant_id} prove itself")
        endpoints.onboard(
            accounts.api_client(environment.api_url, environment.central_account), partial(logrouter, home)
        )
        writer = agent_s3(accounts, environment, home)
        shown = Demonstration(accounts, environment, writer, home, steps, endpoints=endpoints).run()
        steps.begin("running logrouter status")
        status = logrouter(home, "status")
    report = home / REPORT
    where = report.relative_to(ROOT) if report.is_relative_to(ROOT) else report
    console.print(f"{shown.events_sent:,} records sent; no process is left; {where}")
    _show(shown)
    console.print(f"\n$ logrouter status\n{status}", markup=False, highlight=False)
    console.print("to look at it in a browser: `make up`, `.venv/bin/python -m local send`, `make console`")


@app.command()
def verify_aws(
    *,
    central: Annotated[str, typer.Option("--central-profile", help="the provider's account")],
    customers: Annotated[list[str], typer.Option("--customer-profile", help="a customer's account; given twice")],
    region: Annotated[
        str | None, typer.Option(envvar="AWS_REGION", help="where to deploy; by default the central profile's Region")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="don't ask for confirmation")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="show what would be created and its cost; create nothing")
    ] = False,
    remove: Annotated[bool, typer.Option("--remove", help="only remove what an earlier run left")] = False,
) -> None:
    """Run the demo's driver in real accounts, under the user's profiles, and remove everything at the end.

    Status 1 if one event is missing or doubled, the change isn't seen, or something could not be removed.
    """
    agreed = (lambda: True) if yes else (lambda: typer.confirm("create all this, and remove it at the end?"))
    verification = Verification(region or region_of(central), central, customers, VERIFY_HOME, agreed)
    if remove:
        verification.remove()
    elif shown := verification.run(dry_run=dry_run):
        console.print(f"{shown.events_sent:,} records sent; {VERIFY_HOME / REPORT}")
        _show(shown)


@app.command()
def synth() -> None:
    """Synthesize every stack of every stage, cdk-nag included."""
    with Steps() as steps:
        synthesize_every_stage(steps.begin)


@app.command()
def customer_template(output: Path = BUILD / "customer-template.json") -> None:
    """Write the onboarding stack as one plain CloudFormation template."""
    output.parent.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "PATH": path_with_node()}
    command = (sys.executable, "-m", "stacks.customer_template", output)
    run(command, log=BUILD / "customer-template.log", env=environment, cwd=ROOT)
    console.print(str(output))


@contextmanager
def temporary_cloud(home: Path, steps: Steps) -> Iterator[Server]:
    """Run a cloud that is ended whatever happens, with all its processes."""
    server, process = _start_afresh(home, steps, follow_starter=True)
    try:
        yield server
    finally:
        steps.begin("ending the embedded cloud")
        server.end(process)


def _start_afresh(home: Path, steps: Steps, *, follow_starter: bool) -> tuple[Server, subprocess.Popen[bytes]]:
    steps.begin("starting the embedded cloud")
    if left_over := Server.load(home):
        left_over.end()
    shutil.rmtree(home, ignore_errors=True)
    return start(home, follow_starter=follow_starter)


def _deploy(server: Server, home: Path, steps: Steps, *, config_cache_seconds: int = 0) -> LocalEnvironment:
    return Deployment(_accounts(server), home, steps.begin, config_cache_seconds).run()


def _watch(server: Server, home: Path, steps: Steps) -> list[Count]:
    steps.begin("waiting for every destination")
    environment = LocalEnvironment.load(home)
    return ArrivalWatch(_accounts(server), environment, kept(home)).until_settled(steps.update)


def _accounts(server: Server) -> EmbeddedAccounts:
    return EmbeddedAccounts(server.endpoint_url, REGION)


def _running() -> Server:
    server = Server.load(UP_HOME)
    if server is None:
        console.print("nothing is running: `make up` first", style="red")
        raise typer.Exit(1)
    return server


def _show(shown: Shown) -> None:
    _verdict(shown.counts)
    _verdict_of_change(shown.change)


def _verdict(counts: list[Count]) -> None:
    print_counts(counts)
    if not all(count.complete for count in counts):
        console.print("events are missing or doubled", style="bold red")
        raise typer.Exit(1)


def _verdict_of_change(change: Change) -> None:
    console.print(str(change), style=None if change.seen else "bold red", markup=False, highlight=False)
    if not change.seen:
        raise typer.Exit(1)


def _interrupt(_signal: int, _frame: FrameType | None) -> Never:
    sys.exit(143)
