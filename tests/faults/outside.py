"""Faults of deliveries to customers' own endpoints: the endpoint's, the way to it, and what the outside asks for."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from random import Random
from typing import Final

from tests.faults.customers import over_and_over
from tests.faults.endpoint import Endpoint, Form
from tests.faults.endpoint_faults import Drip, LimitRate, RefuseItems
from tests.faults.hosts import incomplete
from tests.faults.injected import (
    CutAnswer,
    EndBeforeBody,
    EndInHead,
    Fault,
    Hang,
    LoseAnswer,
    Pass,
    Refuse,
    Reset,
    ShortSession,
    Slow,
    Strike,
    Unproven,
)
from tests.faults.kind import Host, Kind, Turn, in_waves
from tests.faults.ledger import ENDPOINT, ISSUER, OUTSIDE
from tests.faults.plan import Counts, MakeFault, rule
from tests.faults.scene import Scene

CALLS: Final = f"{ENDPOINT}:*"
INVOKE, SEAL, VERIFY = "lambda:Invoke", "kms:GenerateMac", "kms:VerifyMac"
SECRET, READ, HAND_OVER, ASSUME = "secretsmanager:GetSecretValue", "s3:GetObject", "sqs:SendMessage", "sts:AssumeRole"
UNAVAILABLE = Refuse(503, "ServiceUnavailable")
FAILURE = Refuse(500, "InternalError")

SHORT = rule(ASSUME, ShortSession(), 1.0, counts=Counts.NONE, of=ISSUER)
"""So that the issuer is asked for each message."""

DOWN = rule(CALLS, UNAVAILABLE, 0.6, counts=Counts.NONE)
"""So that there is something to hand over again."""


def _kill(lot: Random) -> Strike:
    return Strike(signal.SIGKILL, lot.random())


def nothing(lot: Random) -> Fault:
    """Draw a success without anything: a head alone, or half of one."""
    return lot.choice((Unproven(), EndInHead(), EndBeforeBody()))


def _endpoint(scene: Scene) -> Endpoint:
    assert scene.endpoint is not None
    return scene.endpoint


def closed_port(scene: Scene, kind: Kind, target: int) -> None:
    """Let nobody listen while objects come. Each time the outside has read an object for it counts."""
    endpoint = _endpoint(scene)

    @contextmanager
    def closed() -> Iterator[None]:
        scene.begin(*kind.rules)
        endpoint.close()
        try:
            yield
        finally:
            endpoint.open()
            scene.end()

    over_and_over(scene, kind, target, closed)


def secret_unreadable(scene: Scene, kind: Kind, target: int) -> None:
    """Rotate the secret while nobody may read the new one; and again."""
    endpoint = _endpoint(scene)

    @contextmanager
    def rotated() -> Iterator[None]:
        scene.begin(*kind.rules)
        endpoint.store()
        try:
            yield
        finally:
            scene.end()

    over_and_over(scene, kind, target, rotated)


UNREACHED = (rule(CALLS, Reset(), 1.0, counts=Counts.NONE), rule(READ, Pass(), 1.0, of=OUTSIDE))
"""A connection that was open before is cut; a new one finds nobody."""

KEPT: Final[dict[str, Fault]] = {
    "503": UNAVAILABLE,
    "429": LimitRate(),
    "connection-reset": Reset(),
    "answer-lost": LoseAnswer(),
    "slow": Slow(0.5),
}
"""What any endpoint may do."""

LASTING: Final[dict[str, Fault]] = {"hanging": Hang(), "dripping": Drip()}

WITH_A_WEBHOOK = Kind("", endpoint=Form.WEBHOOK)
ASKING = replace(WITH_A_WEBHOOK, host=Host.OUTSIDE)
BROKEN = replace(ASKING, scenario=in_waves)
ALONE = replace(ASKING, target=30, turn=Turn.ALONE)


def _broken(form: Form, name: str, fault: Fault | MakeFault) -> Kind:
    return replace(BROKEN, name=f"{form}-{name}", endpoint=form, rules=(rule(CALLS, fault, 0.6),))


def _closed(form: Form) -> Kind:
    return replace(ASKING, name=f"{form}-closed-port", endpoint=form, rules=UNREACHED, scenario=closed_port)


def _lasting(form: Form, name: str, fault: Fault) -> Kind:
    return replace(ALONE, name=f"{form}-{name}", endpoint=form, rules=(rule(CALLS, fault, 0.4),))


def _killed(form: Form) -> Kind:
    rules = (rule(f"{CALLS} {INVOKE} {READ}", _kill, 0.15, of=OUTSIDE),)
    return replace(ALONE, name=f"{form}-outside-killed", endpoint=form, rules=rules)


ENDPOINTS: tuple[Kind, ...] = (
    *(_broken(form, name, fault) for form in (Form.WEBHOOK, Form.SEARCH) for name, fault in KEPT.items()),
    _broken(Form.OTLP, "503", UNAVAILABLE),
    _broken(Form.OTLP, "answer-lost", LoseAnswer()),
    _broken(Form.OTLP, "2xx-with-nothing", nothing),
    _broken(Form.SEARCH, "answer-cut", CutAnswer()),
    _broken(Form.SEARCH, "2xx-with-nothing", incomplete),
    _broken(Form.SEARCH, "bulk-partly-refused", RefuseItems()),
    _closed(Form.WEBHOOK),
    _closed(Form.SEARCH),
)
"""A plain webhook's success needs no body: there is no such answer with nothing in it."""

THE_WAY: tuple[Kind, ...] = (
    replace(
        ASKING,
        name="secret-unreadable-for-a-while",
        rules=(rule(SECRET, Refuse(400, "AccessDeniedException"), 1.0, of=OUTSIDE),),
        scenario=secret_unreadable,
    ),
    *(
        replace(WITH_A_WEBHOOK, name=f"hand-over-outside-{name}", rules=(rule(HAND_OVER, fault, 0.5),))
        for name, fault in (("503", UNAVAILABLE), ("answer-lost", LoseAnswer()), ("incomplete", incomplete))
    ),
    *(
        replace(BROKEN, name=f"hand-over-again-{name}", rules=(rule(HAND_OVER, fault, 0.5, of=OUTSIDE), DOWN))
        for name, fault in (("503", UNAVAILABLE), ("answer-lost", LoseAnswer()))
    ),
    *(
        replace(ASKING, name=f"issuer-{name}", rules=(rule(INVOKE, fault, 0.6, of=OUTSIDE), SHORT))
        for name, fault in (("500", FAILURE), ("answer-cut", CutAnswer()), ("incomplete", incomplete))
    ),
    *(
        replace(ASKING, name=f"issuer-sts-{name}", host=Host.ISSUER, rules=(rule(ASSUME, fault, 0.6, of=ISSUER), SHORT))
        for name, fault in (("500", FAILURE), ("denied", Refuse(403, "AccessDenied")), ("incomplete", incomplete))
    ),
)

OUTSIDE_TOGETHER: tuple[Kind, ...] = (*ENDPOINTS, *THE_WAY)

OUTSIDE_ALONE: tuple[Kind, ...] = (
    *(_lasting(form, name, fault) for form in (Form.WEBHOOK, Form.SEARCH) for name, fault in LASTING.items()),
    _killed(Form.WEBHOOK),
    _killed(Form.SEARCH),
    *(
        replace(ALONE, name=f"pass-{name}", host=Host.FUNCTION, rules=(rule(SEAL, fault, 0.5, host=True),))
        for name, fault in (("500", FAILURE), ("incomplete", incomplete))
    ),
    replace(
        ALONE, name="pass-verification-500", host=Host.ISSUER, rules=(rule(VERIFY, FAILURE, 0.5, host=True), SHORT)
    ),
)
"""A pass is made over a digest: KMS' calls name no tenant, and meet whatever happens meanwhile."""
