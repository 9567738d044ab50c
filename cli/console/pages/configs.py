"""The config editor: a form, the filter tried on real keys before anything is saved, and errors beside their fields."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cli.client import ApiProblemError, ConfigDocument
from cli.console.asking import Questions, refusal_of
from cli.console.form import FormField, config_of, fields_of
from cli.console.pages.tenant import STEPS_SECONDS, tenant_of
from cli.console.rendering import Context, action, form_of, page, part, questions_of, screen_of
from cli.operation.recent import recent
from cli.problems import NotFoundError
from runtime.api.schemas.problems import Problem
from runtime.delivery_config.methods import find_config_models
from runtime.delivery_config.model import DeliveryConfig
from runtime.delivery_config.service_fields import SERVICE_FIELDS

MODELS: Final = find_config_models()
CONFLICT, UNPROCESSABLE, REFUSALS = 412, 422, range(400, 500)
DENIED, NOT_FOUND = 403, 404
MOST_KEYS: Final = 20
META: Final = frozenset({"etag", "name", "keys", "applications"})


@dataclass(frozen=True, slots=True)
class EditedConfig:
    """What the form shows. ``etag``: of the stored config that a change is made to; ``None``: a new one.

    :param saved: it was just stored. :param changed: fields that somebody else has changed meanwhile, and their values.
    """

    tenant_id: str
    type: str
    title: str
    fields: Sequence[FormField]
    etag: str | None
    saved: bool = False
    warnings: Sequence[str] = ()
    problem: Problem | None = None
    elsewhere: Sequence[str] = ()
    changed: Mapping[str, Any] | None = None
    name: str = ""


def model_of(type_: str) -> type[DeliveryConfig]:
    """Return the config's model.

    :raises NotFoundError: there is no such delivery method here.
    """
    method = type_.partition(":")[0]
    if method not in MODELS:
        raise NotFoundError(f"There is no delivery method {method!r} here: {', '.join(MODELS)} are known.")
    return MODELS[method]


async def stored(request: Request) -> Context:
    """Return the form of a stored config, and the form that tries its filter."""
    questions, tenant_id, type_ = questions_of(request), tenant_of(request), request.path_params["type"]
    model = model_of(type_)
    document = await questions.ask(("config", tenant_id, type_), lambda: questions.client.get(tenant_id, type_))
    return {"config": _shown(tenant_id, type_, model, document), "keys": await _recent_keys(questions, tenant_id)}


async def new(request: Request) -> Context:
    """Return the form of a new config of a method."""
    tenant_id, method = tenant_of(request), request.path_params["method"]
    model = model_of(method)
    config = EditedConfig(tenant_id, method, model.facts.title, fields_of(model, {}), None)
    return {"config": config, "keys": await _recent_keys(questions_of(request), tenant_id)}


async def save(request: Request) -> Response:
    """Store what was filled in, and show the form again: saved, or with what is wrong beside the fields."""
    screen, questions, tenant_id = screen_of(request), questions_of(request), tenant_of(request)
    form = await form_of(request)
    meta = dict(form)
    etag = meta.get("etag") or None
    type_ = request.path_params["type"]
    if etag is None and meta.get("name"):
        type_ = f"{type_}:{meta['name']}"
    model = model_of(type_)
    fields = config_of(model, form)

    def stored_now() -> ConfigDocument:
        if etag is None:
            return questions.client.create(tenant_id, {"type": type_, **fields})
        return questions.client.put(tenant_id, type_, fields, etag=etag)

    try:
        document = await questions.change(stored_now)
        config = _shown(tenant_id, type_, model, document, saved=True)
    except ApiProblemError as error:
        if error.problem.status not in REFUSALS or error.problem.status in (DENIED, NOT_FOUND):
            return _failed(request, error)
        config = await _refused(questions, (tenant_id, type_), fields, etag, error.problem)
    except Exception as error:  # noqa: BLE001 - said beside the form, which stays filled in
        return _failed(request, error)
    return screen.page(request, "parts/config_section.html", config=config, keys=[])


async def match(request: Request) -> Context:
    """Return what the form, unsaved, would deliver of the names and keys given, once enabled."""
    questions, tenant_id, type_ = questions_of(request), tenant_of(request), request.path_params["type"]
    form = await form_of(request)
    meta = dict(form)
    names, keys = meta.get("applications", "").split(), meta.get("keys", "").split()
    config = {"type": type_, **config_of(model_of(type_), form), "enabled": True}  # the filter is in question
    if not names and not keys:
        raise NotFoundError("Give an application's name or an object's key to try.")
    found = await questions.change(
        lambda: questions.client.match(tenant_id, type_, applications=names, object_keys=keys, config=config)
    )
    return {"verdicts": found.verdicts}


async def try_program(request: Request) -> Context:
    """Return what the form's program, unsaved, makes of the lines typed in; none is kept."""
    questions, tenant_id, type_ = questions_of(request), tenant_of(request), request.path_params["type"]
    form = await form_of(request)
    lines = [line for line in dict(form).get("lines", "").splitlines() if line.strip()]
    transform = config_of(model_of(type_), form).get("transform")
    if not lines or not transform:
        raise NotFoundError("Give a program, and a line or more to try it on.")
    asked = {"lines": lines, "transform": transform}
    trial = await questions.change(lambda: questions.client.try_transform(tenant_id, type_, asked))
    return {"trial": trial}


async def delete(request: Request) -> Context:
    """Delete the config, unless somebody has changed it meanwhile."""
    questions, tenant_id, type_ = questions_of(request), tenant_of(request), request.path_params["type"]
    etag = dict(await form_of(request)).get("etag") or None
    await questions.change(lambda: questions.client.delete(tenant_id, type_, etag=etag))
    return {"tenant_id": tenant_id, "type": type_}


def _shown(
    tenant_id: str, type_: str, model: type[DeliveryConfig], document: ConfigDocument, *, saved: bool = False
) -> EditedConfig:
    fields = fields_of(model, document.fields)
    return EditedConfig(tenant_id, type_, model.facts.title, fields, document.etag, saved, document.warnings)


async def _refused(
    questions: Questions, which: tuple[str, str], fields: Mapping[str, Any], etag: str | None, problem: Problem
) -> EditedConfig:
    """Return the form as it was filled in, with what is wrong; after a conflict with the state to change now."""
    model = model_of(which[1])
    changed: Mapping[str, Any] | None = None
    if problem.status == CONFLICT and etag is not None:
        current = await questions.change(lambda: questions.client.get(*which))
        etag = current.etag
        known = {name: value for name, value in current.fields.items() if name not in SERVICE_FIELDS}
        changed = {name: value for name, value in known.items() if name in model.model_fields and name not in which}
        changed = {name: value for name, value in changed.items() if not _same(value, fields.get(name))}
    by_field: dict[str, list[str]] = {}
    for each in problem.errors or ():
        by_field.setdefault(each.field.partition(".")[0], []).append(_said(each.field, each.problem))
    shown = fields_of(model, fields, by_field)
    names = {field.name for field in shown}
    elsewhere = [
        text for name, texts in by_field.items() if name not in names for text in (f"{name}: {each}" for each in texts)
    ]
    method, _, name = which[1].partition(":")
    type_ = which[1] if etag else method
    return EditedConfig(
        which[0],
        type_,
        model.facts.title,
        shown,
        etag,
        problem=problem,
        elsewhere=elsewhere,
        changed=changed,
        name=name,
    )


def _said(field: str, problem: str) -> str:
    inner = field.partition(".")[2]
    return f"{inner}: {problem}" if inner else problem


def _same(one: Any, other: Any) -> bool:
    return one == other or (not one and not other)


def _failed(request: Request, error: Exception) -> Response:
    """Show what failed above the form, which isn't replaced: what was filled in stays."""
    screen = screen_of(request)
    refusal = refusal_of(error, screen.questions.options)
    answer = screen.page(request, "refusal.html", refusal=refusal)
    answer.headers["hx-retarget"] = "#config-failed"
    answer.headers["hx-reswap"] = "innerHTML"
    return answer


async def _recent_keys(questions: Questions, tenant_id: str) -> list[str]:
    """Return keys of objects that were delivered lately; none where the caller may not read the records."""

    def read() -> list[str]:
        found = recent(questions.sources.records, questions.sources.clock(), tenant_id=tenant_id, steps=STEPS_SECONDS)
        by_application = {line.text("object").split("/")[2:3][0]: line.text("object") for line in found.lines}
        return sorted(by_application.values())[:MOST_KEYS]

    try:
        return await questions.ask(("keys", tenant_id), read)
    except Exception:  # noqa: BLE001 - a help for the form, which is complete without
        return []


ROUTES: Final = (
    page("/tenants/{tenant_id}/configs/new", "config_new.html", lambda _: {"methods": _methods()}),
    page("/tenants/{tenant_id}/configs/new/{method}", "config.html", lambda _: {"type": ""}),
    page("/tenants/{tenant_id}/configs/{type}", "config.html", lambda _: {"method": ""}),
    part("/tenants/{tenant_id}/configs/new/{method}/config", "parts/config_form.html", new, every=0),
    part("/tenants/{tenant_id}/configs/{type}/config", "parts/config_form.html", stored, every=0),
    Route("/tenants/{tenant_id}/configs/{type}", save, methods=["POST"]),
    action("/tenants/{tenant_id}/configs/{type}/match", "parts/verdicts.html", match),
    action("/tenants/{tenant_id}/configs/{type}/program", "parts/trial.html", try_program),
    action("/tenants/{tenant_id}/configs/{type}/delete", "parts/config_deleted.html", delete),
)


def _methods() -> list[tuple[str, str]]:
    return [(name, model.facts.title) for name, model in MODELS.items()]
