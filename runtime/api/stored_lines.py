"""What is asked of a tenant's stored lines: a function with the tenant's session reads them, never the API."""

import logging
from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import TypedDict, cast

from runtime.api.errors.problems import ProblemError
from runtime.api.services import Services
from runtime.aws.function_call import ACTION, FunctionFailedError, invoke
from runtime.errors import Hop, classify
from runtime.objects.key import ObjectKey
from runtime.programs.trial import LinesToTry

logger = logging.getLogger("logrouter.api")


class _Object(TypedDict):
    key: str
    lines: list[tuple[int, str]]


def ask(services: Services, tenant_id: str, asked: Mapping[str, object]) -> dict[str, object]:
    """Return the function's answer.

    :raises ProblemError: 503: there is none; why is in the answer, where the function knows it.
    """
    function = services.settings.tester
    if function is None:
        raise _unavailable("this stage has no function that reads them")
    try:
        answer: dict[str, object] = invoke(services.clients, function, {"tenant_id": tenant_id, "stored": asked})
    except FunctionFailedError:
        raise _unavailable("the function that reads them failed") from None
    except Exception as error:
        failed = classify(error, hop=Hop.EXECUTION, action=ACTION, resource=function)
        logger.error("stored lines can't be asked for", extra={"reason": failed.reason})  # noqa: TRY400 - no traceback
        raise _unavailable("the function that reads them can't be called") from error
    failure = answer.get("failure")
    if isinstance(failure, Mapping):
        raise _unavailable(f"{failure['reason']}: {failure['detail']}")
    return answer


def last_lines(
    services: Services,
    tenant_id: str,
    most: int,
    applications: Collection[str] | None,
    cluster_ids: Collection[str] | None,
) -> tuple[list[LinesToTry], bool]:
    """Return a tenant's last lines by object, the newest first, and whether there was time to look for them all.

    :param applications, cluster_ids: whose objects; ``None``: all.
    :raises ProblemError: 503, as ``ask``. 409: there are none.
    """
    names = {"applications": applications, "cluster_ids": cluster_ids}
    wanted = {name: sorted(each) for name, each in names.items() if each is not None}
    answer = ask(services, tenant_id, {"most": most, **wanted})
    found = []
    for each in cast("list[_Object]", answer["objects"]):
        times, lines = zip(*each["lines"], strict=True)
        found.append(LinesToTry(ObjectKey.parse(each["key"]), times, lines, stored=True))
    if not found and answer["complete"]:
        detail = "the tenant has no such lines of the last week; give some in `lines`"
        raise ProblemError(HTTPStatus.CONFLICT, "no-stored-lines", detail)
    return found, bool(answer["complete"])


def _unavailable(why: str) -> ProblemError:
    detail = f"the tenant's stored lines can't be read at the moment: {why}"
    return ProblemError(
        HTTPStatus.SERVICE_UNAVAILABLE, "stored-lines-unavailable", detail, headers={"Retry-After": "5"}
    )
