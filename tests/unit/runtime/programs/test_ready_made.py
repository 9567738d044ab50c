"""Ready-made programs on every recorded line of a control plane, beside what plain Python finds in the same lines."""

import hashlib
import ipaddress
import json
import re
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.loader.recorded_logs import read_archive
from runtime.delivery_config.transform import READY_MADE_REVISION, Transform
from runtime.objects.batches import Batch
from runtime.objects.key import ObjectKey
from runtime.objects.stored_object import StoredObject
from runtime.programs.application import apply
from runtime.programs.check import problems_of
from runtime.programs.ready_made import LEVELS, READY_MADE, ProgramParametersError, literal, source_of

OBJECT = StoredObject(
    "central",
    ObjectKey.parse("tenant_id=acme/cluster_id=c-1/application=etcd/pod_name=etcd-0/20261123-101500-6f9.json.gz"),
)
EXAMPLES = {
    "redact": {},
    "keep-level": {"level": "error"},
    "drop-health-checks": {},
    "sample": {"one_in": 10},
    "flatten-json": {},
    "rename-fields": {"fields": {"msg": "message.text", "level": "severity"}},
    "add-fields": {"fields": {"team": "platform"}},
    "audit-ocsf": {},
}
KLOG = re.compile(r"([IWEF])\d{4} \d\d:\d\d:\d\d")


@cache
def lines():
    """Return the recorded lines: each text once, but the few that are larger than a batch."""
    found = {record.message.decode(errors="replace") for _, records in read_archive() for record in records}
    return sorted(line for line in found if len(line) < 100_000)


def run(sandbox, name, given_lines, **parameters):
    """Return what a program makes of lines: a list for each of them."""
    transform = Transform(program=name, parameters=parameters or None)
    made = [[] for _ in given_lines]
    for begin in range(0, len(given_lines), 5000):
        some = given_lines[begin : begin + 5000]
        literals = [json.dumps(line).encode() for line in some]
        batch = Batch(0, [1_795_000_000_000] * len(some), literals, [len(line.encode()) for line in some])
        output = apply(transform, batch, OBJECT, sandbox, 60)
        assert not output.counts["passed"], name
        for source, message in zip(output.sources, output.batch.literals, strict=True):
            made[begin + source].append(json.loads(message))
    return made


def near(text):
    """Read a number with a fraction to twelve digits: the engine's reader is off by the last bit now and then."""
    return float(f"{float(text):.12g}")


def parsed(line):
    """Return a JSON object, or none."""
    try:
        value = json.loads(line, parse_float=near)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def test_there_is_an_example_of_each():
    """A program would be listed that nobody has run."""
    assert EXAMPLES.keys() == READY_MADE.keys()


def test_a_changed_program_has_another_digest():
    """A delivery that goes on under a changed program wouldn't say so: raise the revision with this digest."""
    text = repr([(one.name, one.text, sorted(one.parts.items())) for one in READY_MADE.values()])
    assert (READY_MADE_REVISION, hashlib.sha256(text.encode()).hexdigest()[:16]) == (1, "350bbc7657fc14eb")


@pytest.mark.parametrize("name", READY_MADE)
def test_a_program_compiles_and_fails_with_no_recorded_line(name, sandbox):
    """A tenant would have lines marked as failed by a program of ours."""
    assert problems_of(Transform(program=name, parameters=EXAMPLES[name]), sandbox) == []
    assert len(run(sandbox, name, lines(), **EXAMPLES[name])) == len(lines())


def test_redaction_leaves_no_address_and_touches_nothing_else(sandbox):
    """An address would be delivered, or times, versions and names would be taken for addresses."""
    seen = 0
    for line, (made,) in zip(lines(), run(sandbox, "redact", lines(), kinds=["ip"]), strict=True):
        kept = iter(re.split(r"\[ip\]", made))
        rest = line
        for part in kept:
            position = rest.index(part)
            taken = rest[:position]
            seen += bool(taken)
            if taken:
                ipaddress.ip_address(taken)
            rest = rest[position + len(part) :]
        assert not re.search(r"(?<![\d.\w])(?:\d{1,3}\.){3}\d{1,3}(?![\d.\w])", made)
    assert seen > 100


def test_recorded_lines_have_no_card_numbers_and_no_tokens(sandbox):
    """Resource versions, times and hashes would be redacted: false positives are counted, and there are none."""
    unchanged = sum(
        made == [line] for line, made in zip(lines(), run(sandbox, "redact", lines(), kinds=["card"]), strict=True)
    )
    assert unchanged == len(lines())
    for line, (made,) in zip(lines(), run(sandbox, "redact", lines(), kinds=["token"]), strict=True):
        assert made == line or re.search(r"(?i)bearer|basic|token|secret|password|eyJ", line)


@pytest.mark.parametrize(
    ("kind", "line", "made"),
    [
        ("email", "mail a.b+c@sub.example.com, not x@y", "mail [email], not x@y"),
        ("card", "4111 1111 1111 1111 4111-1111-1111-1112 378282246310005", "[card] 4111-1111-1111-1112 [card]"),
        ("card", "v=17638823456789012345 rv=4111111111111112", "v=17638823456789012345 rv=4111111111111112"),
        ("token", "Authorization: Bearer abc.def-123456", "Authorization: Bearer [token]"),
        ("token", '{"api_key":"abcdef12","db_password": "hunter22"}', '{"api_key":"[token]","db_password": "[token]"}'),
        ("token", "x=eyJhbGciOiJI.eyJzdWIiOiIx.c2ln", "x=[token]"),
        ("token", "key AKIAIOSFODNN7EXAMPLE", "key [token]"),
        (
            "ip",
            "10.1.2.3:443 [fe80::1]:1 2001:db8::8a2e:370:7334 ::1 256.1.1.1 12:30:45",
            "[ip]:443 [[ip]]:1 [ip] [ip] 256.1.1.1 12:30:45",
        ),
    ],
)
def test_what_is_redacted(kind, line, made, sandbox):
    """A kind of secret would be delivered, or a text that is none would be gone."""
    assert run(sandbox, "redact", [line], kinds=[kind]) == [[made]]


@pytest.mark.parametrize("level", LEVELS)
def test_levels_of_recorded_lines(level, sandbox):
    """An error would be dropped as if it were chatter, or a line that says no level."""
    least = LEVELS.index(level)
    names = {
        "trace": 0,
        "debug": 0,
        "info": 1,
        "warn": 2,
        "warning": 2,
        "error": 3,
        "fatal": 4,
        "panic": 4,
        "dpanic": 4,
    }
    for line, made in zip(lines(), run(sandbox, "keep-level", lines(), level=level), strict=True):
        klog, document = KLOG.match(line), parsed(line)
        found = None
        if klog:
            found = "IWEF".index(klog[1]) + 1
        elif document is not None:
            named = document.get("level") or document.get("severity")
            if isinstance(named, str):
                found = names.get(named.lower())
            elif isinstance(document.get("err"), str):
                found = 3
            elif isinstance(document.get("v"), int):
                found = 0 if document["v"] > 3 else 1
        elif (named := re.search(r'(?i)\blevel="?([a-z]+)', line)) is not None:
            found = names.get(named[1].lower())
        assert made == ([] if found is not None and found < least else [line]), line


def test_health_checks_are_dropped(sandbox):
    """Probes every ten seconds would be most of a tenant's bill, or other requests would be gone with them."""
    dropped = 0
    for line, made in zip(lines(), run(sandbox, "drop-health-checks", lines()), strict=True):
        is_check = any(path in line for path in ("/healthz", "/livez", "/readyz"))
        assert made == ([] if is_check else [line])
        dropped += is_check
    assert dropped > 10


def test_a_sample_is_the_same_each_time_and_of_about_its_size(sandbox):
    """A repeated delivery would bring other lines, or none of a tenant's would come."""
    first, second = (run(sandbox, "sample", lines(), one_in=10) for _ in range(2))
    assert first == second
    kept = sum(map(bool, first))
    assert 0.08 < kept / len(lines()) < 0.12


def flat(value, prefix=""):
    """Flatten nested objects; an empty one has nothing to be delivered."""
    found = {}
    for name, each in value.items():
        found |= flat(each, f"{prefix}{name}.") if isinstance(each, dict) else {f"{prefix}{name}": each}
    return found


def test_json_lines_are_flattened(sandbox):
    """A nested field would be lost, or a line that is no JSON be changed."""
    documents = 0
    for line, (made,) in zip(lines(), run(sandbox, "flatten-json", lines()), strict=True):
        document = parsed(line)
        assert (parsed(made) == flat(document)) if document else made == line
        documents += bool(document)
    assert documents > 1000


def test_fields_are_renamed(sandbox):
    """A field would be lost on the way to its new name."""
    for line, (made,) in zip(lines(), run(sandbox, "rename-fields", lines(), fields={"msg": "log.text"}), strict=True):
        document = parsed(line)
        if document and document.get("msg") is not None:
            assert parsed(made) == {
                **{k: v for k, v in document.items() if k != "msg"},
                "log": {"text": document["msg"]},
            }
        else:
            assert (parsed(made) == document) if document else made == line


def test_fields_are_added(sandbox):
    """A line that is no JSON would have no place for them."""
    fields = {'te"am {{ x }}': "pl'at\nform \\", "b": "2"}
    for line, (made,) in zip(lines(), run(sandbox, "add-fields", lines(), fields=fields), strict=True):
        assert parsed(made) == (parsed(line) or {"message": line}) | fields


def test_audit_events_have_the_shape_of_ocsf(sandbox):
    """A security team's search for denied requests would find none."""
    seen = 0
    for line, (made,) in zip(lines(), run(sandbox, "audit-ocsf", lines()), strict=True):
        event = parsed(line)
        if not event or event.get("kind") != "Event" or not str(event.get("apiVersion")).startswith("audit.k8s.io/"):
            assert made == line
            continue
        seen += 1
        activity = parsed(made)
        assert (activity["class_uid"], activity["type_uid"]) == (6003, 600300 + activity["activity_id"])
        assert activity.get("actor", {}).get("user", {}).get("name") == event["user"].get("username")
        assert activity["api"]["operation"] == event["verb"]
        assert activity["http_request"]["url"]["path"] == event["requestURI"]
        assert activity["src_endpoint"]["ip"] == event["sourceIPs"][0]
        code = event.get("responseStatus", {}).get("code")
        assert activity.get("status_code") == (None if code is None else str(code))
        assert activity["status_id"] == (0 if code is None else 1 if code < 400 else 2)
    assert seen > 100


@pytest.mark.parametrize(
    ("name", "parameters", "field"),
    [
        ("no-such", {}, "program"),
        ("redact", {"kinds": ["ip", "names"]}, "parameters.kinds"),
        ("redact", {"kinds": []}, "parameters.kinds"),
        ("redact", {"kinds": "ip"}, "parameters.kinds"),
        ("redact", {"kind": ["ip"]}, "parameters.kind"),
        ("keep-level", {}, "parameters.level"),
        ("keep-level", {"level": "loud"}, "parameters.level"),
        ("sample", {"one_in": 1}, "parameters.one_in"),
        ("sample", {"one_in": True}, "parameters.one_in"),
        ("sample", {"one_in": "10"}, "parameters.one_in"),
        ("flatten-json", {"separator": ""}, "parameters.separator"),
        ("drop-health-checks", {"paths": ["x" * 257]}, "parameters.paths"),
        ("add-fields", {"fields": {}}, "parameters.fields"),
        ("add-fields", {"fields": {"a": 1}}, "parameters.fields"),
        ("add-fields", {"fields": {"a": "\ud800"}}, "parameters.fields"),
        ("rename-fields", {"fields": ["a"]}, "parameters.fields"),
    ],
)
def test_wrong_parameters_are_named(name, parameters, field):
    """A tenant would learn of a misspelt parameter from lines that aren't redacted."""
    with pytest.raises(ProgramParametersError) as error:
        source_of(Transform(program=name, parameters=parameters))
    assert [each for each, _ in error.value.problems] == [field]


@given(st.lists(st.text(max_size=20), max_size=3))
def test_a_parameter_stays_a_text(sandbox, texts):
    """A text in a parameter would be read as code: a quote ends a literal, two braces begin a template."""
    source = f".message = {literal({'a': texts, 'b': True, 'c': 7})}"
    lines_ = b'{"message":"","timestamp":1}'
    made = json.loads(sandbox.run(source, lines_, 1, 10).text)
    assert made["message"] == {"a": texts, "b": True, "c": 7}
