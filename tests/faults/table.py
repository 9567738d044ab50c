"""The table of calls and faults: for every call that a function makes, which test lets it meet which fault.

`make fault-table` draws it into docs/fault-report.md. Which calls there are is found in the code (`calls_in_code`), and
which of them a function makes by letting it work (`tests/unit/faults/scenarios.py`): a test compares the two.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from local.paths import ROOT
from tests.exploration.schedule import CALLS as EXPLORED
from tests.exploration.schedule import KILLED as EXPLORED_KILLS
from tests.faults import injected
from tests.faults.catalogue import KINDS
from tests.faults.hosts import VECTOR
from tests.faults.kind import Host, Kind
from tests.unit.faults.test_every_call import FAILURES, PLACES, WRITES, tried
from tests.unit.runtime.aws.test_proof import ROWS, calls_in

type Call = tuple[str, str]
"""A function and an action: ``("processor", "s3:GetObject")``."""

type Cell = dict[str, list[str]]
"""By mark: names of tests, or of kinds of `make faults`."""

PROCESSOR, POLLER, OUTSIDE = "processor", "poller", "outside"
HOSTS: Final = {
    PROCESSOR: (
        "runtime.processor.lambda_handler",
        "runtime.deliveries.cloudwatch.delivery",
        "runtime.deliveries.s3.delivery",
    ),
    POLLER: ("runtime.processor.sqs_poller",),
    OUTSIDE: ("runtime.deliveries.issued_sessions", "runtime.endpoints.secrets"),
    "issuer": ("runtime.session_issuer.lambda_handler",),
    "tester": (
        "runtime.delivery_test.lambda_handler",
        "runtime.deliveries.cloudwatch.delivery",
        "runtime.deliveries.s3.delivery",
    ),
    "resumption": ("runtime.resumption.lambda_handler",),
    "reconciliation": ("runtime.reconciliation.lambda_handler",),
    "watch": ("runtime.destination_watch.lambda_handler",),
    "alerts": ("runtime.alerts.lambda_handler",),
    "api": ("runtime.api.lambda_handler",),
}
"""Where each begins. The processor is what its hosts share; poller and outside have calls of their own besides."""

COLUMNS: Final = (
    injected.THROTTLED,
    injected.FAILED,
    injected.REFUSED,
    injected.CONFLICT,
    injected.RESET,
    injected.HANGING,
    injected.SLOW,
    injected.HALF_OPEN,
    injected.CUT,
    injected.LOST,
    injected.EMPTY,
    injected.BRACES,
    injected.END_IN_HEAD,
    injected.END_BEFORE_BODY,
    injected.KILLED,
)
UNIT, PROOF, TRANSPORT, EXPLORATION, FAULTS = "u", "p", "t", "x", "f"
EVERY_CALL = "tests/unit/faults/test_every_call.py::test_a_call_that_fails_loses_nothing"
EXPLORES = "tests/exploration/test_exploration.py::test_nothing_is_lost_whatever_goes_wrong"
PROOFS: Final = {
    injected.EMPTY: "tests/unit/runtime/aws/test_proof.py::test_a_success_without_a_request_id_is_none",
    injected.BRACES: "tests/unit/runtime/aws/test_proof.py::test_a_success_without_a_request_id_is_none",
    injected.END_IN_HEAD: "tests/unit/runtime/aws/test_proof.py::test_a_head_that_is_cut_is_no_success",
    injected.END_BEFORE_BODY: "tests/unit/runtime/aws/test_proof.py::test_a_head_without_its_body_is_no_success",
}
"""Of every action in the table of proofs: a parameter of these tests."""

HTTP = "tests/unit/runtime/aws/test_http_transport.py"
TRANSPORTS: Final = {
    injected.CUT: f"{HTTP}::test_a_response_that_was_cut_is_no_response",
    injected.HALF_OPEN: f"{HTTP}::test_an_attempt_ends_however_its_response_drips",
    injected.SLOW: f"{HTTP}::test_an_attempt_ends_however_its_response_drips",
}
"""What every call meets in the one transport that all of them take."""

RETENTION = "tests/unit/runtime/deliveries/cloudwatch/vector/test_retention.py"
BY_HAND: Final[dict[Call, tuple[str, ...]]] = {
    (PROCESSOR, "logs:DescribeLogGroups"): (
        f"{RETENTION}::test_any_other_failure_is_retried",
        f"{RETENTION}::test_a_refusal_is_the_customer_s_and_names_the_permission",
    ),
}
"""Calls that no scenario makes: of the Vector engine, before it sends anything, so that nothing is there to be lost."""

SHARED: Final = {
    PROCESSOR: {"dynamodb:BatchGetItem", "dynamodb:DeleteItem", "kms:VerifyMac"},
    OUTSIDE: {"dynamodb:Query", "kms:GenerateMac", "kms:VerifyMac"},
    "issuer": {"kms:GenerateMac", "lambda:Invoke"},
    "tester": {
        "dynamodb:DeleteItem",
        "dynamodb:PutItem",
        "dynamodb:TransactWriteItems",
        "kms:VerifyMac",
        "logs:DescribeLogGroups",
        "s3:AbortMultipartUpload",
        "s3:CompleteMultipartUpload",
        "s3:CopyObject",
        "s3:CreateMultipartUpload",
        "s3:HeadObject",
        "s3:ListObjectsV2",
        "s3:UploadPartCopy",
    },
    "resumption": {"dynamodb:BatchGetItem", "dynamodb:PutItem", "kms:VerifyMac", "sts:AssumeRole"},
    "reconciliation": {
        "dynamodb:DeleteItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:TransactWriteItems",
        "sts:AssumeRole",
    },
    "watch": {
        "dynamodb:DeleteItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:TransactWriteItems",
        "dynamodb:UpdateItem",
    },
    "alerts": {"dynamodb:PutItem", "dynamodb:TransactWriteItems"},
    "api": {
        "dynamodb:DeleteItem",
        "kms:GenerateMac",
        "kms:VerifyMac",
        "s3:ListObjectsV2",
        "sts:AssumeRole",
    },
}
"""Calls in modules that a function shares with others, and doesn't make itself."""


def path_of(module: str) -> Path | None:
    """Return a module's file."""
    base = ROOT / module.replace(".", "/")
    return next((path for path in (base.with_suffix(".py"), base / "__init__.py") if path.exists()), None)


def modules_of(host: str) -> set[str]:
    """Return what a host loads of the runtime, from where it begins."""
    found: set[str] = set()
    left = list(HOSTS[host])
    while left:
        module = left.pop()
        path = path_of(module)
        if path is None or module in found:
            continue
        found.add(module)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("runtime"):
                left += [str(node.module), *(f"{node.module}.{name.name}" for name in node.names)]
    return found


def calls_in_code(host: str) -> set[str]:
    """Return the actions that are called in what a host loads; of the poller those that the processor hasn't."""
    sources = [path.read_text(encoding="utf-8") for path in map(path_of, modules_of(host)) if path]
    found = {
        f"{service}:{action}"
        for source in sources
        for candidates in calls_in(source)  # type: ignore[no-untyped-call]  # a test's helper
        for service, action in candidates
        if (service, action) in ROWS
    }
    return found - calls_in_code(PROCESSOR) if host == POLLER else found


def calls_made() -> dict[Call, list[tuple[str, str]]]:
    """Return the calls that functions make when they work, each with the scenarios (host, name) in which it fails."""
    made: dict[Call, list[tuple[str, str]]] = defaultdict(list)
    for host, scenario in PLACES:
        for action in tried()[scenario]:
            made[PROCESSOR if host == Host.FUNCTION else host, service_of(action)].append((host, scenario.__name__))
    return made


def service_of(action: str) -> str:
    """Return an action's name with its service."""
    (name,) = {f"{service}:{operation}" for service, operation in ROWS if operation == action}
    return name


def draw() -> dict[Call, dict[str, Cell]]:
    """Return the table: of each call the cells of all columns; one that can't be (a conflict of a read) is left out."""
    made = calls_made()
    calls = dict.fromkeys(
        (host, action) for host in HOSTS for action in sorted(calls_in_code(host) - SHARED.get(host, set()))
    )
    return {call: row(call, made.get(call, [])) for call in calls}


def row(call: Call, scenarios: list[tuple[str, str]]) -> dict[str, Cell]:
    """Return a call's cells."""
    _, action = call
    columns = [one for one in COLUMNS if one != injected.CONFLICT or action.partition(":")[2] in WRITES]
    return {column: {mark: names for mark, names in cell(call, column, scenarios) if names} for column in columns}


def cell(call: Call, column: str, scenarios: list[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    """Yield by mark what lets a call meet a fault."""
    host, action = call
    tried = column in FAILURES
    yield (
        UNIT,
        [f"{EVERY_CALL}[{where}-{name}-{column}]" for where, name in scenarios if tried]
        or (list(BY_HAND.get(call, ())) if tried else []),
    )
    proven = tuple(action.split(":")) in ROWS
    yield PROOF, [PROOFS[column]] if column in PROOFS and proven else []
    yield TRANSPORT, [TRANSPORTS[column]] if column in TRANSPORTS and proven else []
    yield EXPLORATION, [EXPLORES] if host not in ("watch", "api", "alerts") and is_explored(action, column) else []
    kinds = () if call in BY_HAND else (*KINDS, *VECTOR)
    yield FAULTS, [kind.name for kind in kinds if meets(kind, host, action, column)]


EXPLORED_KINDS: Final = {
    "refused": injected.FAILED,
    "throttled": injected.THROTTLED,
    "denied": injected.REFUSED,
    "conflict": injected.CONFLICT,
    "unsent": injected.RESET,
    "hangs": injected.HANGING,
    "slow": injected.SLOW,
    "lost": injected.LOST,
    "empty": injected.EMPTY,
}
"""What the columns are called in the exploration's schedules."""


def is_explored(action: str, column: str) -> bool:
    """Whether `make explore` draws schedules in which an action, by its name, meets a fault."""
    drawn = {EXPLORED_KINDS.get(kind) for name, _, kinds, _ in EXPLORED for kind in kinds if name == action}
    return column in drawn or (column == injected.KILLED and action in EXPLORED_KILLS)


def meets(kind: Kind, host: str, action: str, column: str) -> bool:
    """Whether a kind's rules let a host's call meet a fault of a column."""
    hosts = {Host.FUNCTION: PROCESSOR, Host.POLLER: host if host == POLLER else PROCESSOR}
    hosts |= {Host.OUTSIDE: OUTSIDE, Host.ISSUER: "issuer"}
    service = action.partition(":")[0]
    for one in kind.rules:
        of = one.of or str(hosts.get(kind.host, PROCESSOR))
        if of == host and one.calls & {action, f"{service}:*"} and column in one.columns:
            return True
    return False


BEGIN, END = "<!-- The table of calls and faults begins; `make fault-table` draws it. -->", "<!-- It ends. -->"


def markdown(table: dict[Call, dict[str, Cell]]) -> str:
    """Write the table as the document has it: the marks, and how many kinds of `make faults`."""
    lines = ["| function | call | " + " | ".join(COLUMNS) + " |", "|---|---|" + "---|" * len(COLUMNS)]
    for (host, action), cells in table.items():
        marks = ["·" if column not in cells else _marks(cells[column]) for column in COLUMNS]
        lines.append(f"| {host} | `{action}` | " + " | ".join(marks) + " |")
    return "\n".join(lines) + "\n"


def _marks(found: Cell) -> str:
    return " ".join(f"{len(names)}f" if mark == FAULTS else mark for mark, names in found.items())


DOCUMENT: Final = ROOT / "docs" / "fault-report.md"


def document_with(table: str) -> str:
    """Return the document with the table in its place."""
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n\n{table}\n{END}{after}"


if __name__ == "__main__":
    DOCUMENT.write_text(document_with(markdown(draw())), encoding="utf-8")
