"""What is deployed, and what waits where."""

from rich.table import Table

from local.accounting.queues import depth
from local.accounts import Accounts
from local.deployment.environment_file import Environment
from local.reporting import console

QUEUES = ("object_queue_url", "object_dlq_url", "delivery_queue_url", "delivery_dlq_url")


def print_status(accounts: Accounts, environment: Environment) -> None:
    """Print the stacks of all accounts, the queues and the dead-letter queues."""
    console.print(_stacks(accounts, environment))
    console.print(_queues(accounts, environment))


def _stacks(accounts: Accounts, environment: Environment) -> Table:
    table = Table("account", "stack", "status", title=f"Stacks at {environment.endpoint_url}")
    for account in [environment.central_account, *environment.customer_accounts]:
        for stack in accounts.client("cloudformation", account).describe_stacks()["Stacks"]:
            table.add_row(account, stack["StackName"], stack["StackStatus"])
    return table


def _queues(accounts: Accounts, environment: Environment) -> Table:
    table = Table("queue", title="Messages")
    for column in ("to be had", "in flight", "delayed"):
        table.add_column(column, justify="right")
    sqs = accounts.client("sqs", environment.central_account)
    for name in QUEUES:
        found = depth(sqs, getattr(environment, name))
        style = "red" if "dlq" in name and found.total else None
        numbers = (found.visible, found.in_flight, found.delayed)
        table.add_row(name.removesuffix("_url").replace("_", " "), *map(str, numbers), style=style)
    return table
