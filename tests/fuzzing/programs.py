"""Programs as a tenant might write them, some of them meant to harm, over lines of any kind: check, worker, results."""

import json
from random import Random
from typing import Final

from runtime.delivery_config.transform import Transform
from runtime.objects.batches import Batch
from runtime.objects.key import ObjectKey
from runtime.objects.stored_object import StoredObject
from runtime.programs.application import MAX_TIME_CHANGE_MS, ProgramRefusedError, apply
from runtime.programs.check import check, refused
from runtime.programs.sandbox import ProgramKilledError, Sandbox, WorkerLostError, host_sandbox
from tests.fuzzing.text import mutated, text

NOW_MS: Final = 1_795_000_000_000
OBJECT: Final = StoredObject(
    "central", ObjectKey.parse("tenant_id=a/cluster_id=b/application=c/pod_name=d/20261123-101500-6f9.json.gz"), "e"
)
STATEMENTS: Final = (
    ".",
    ".message = upcase(string!(.message))",
    ".message = parse_json!(.message)",
    ". = parse_json!(.message)",
    "abort",
    ". = []",
    ". = [., .]",
    ". = null",
    ". = 5",
    '. = "text"',
    "del(.message)",
    "del(.timestamp)",
    ".a.b[3] = 1",
    ".message, err = parse_json(.message)",
    'if contains(string!(.message), "a") { abort }',
    ".message = null",
    ".timestamp = t'2020-01-01T00:00:00Z'",
    '.timestamp = "x"',
    ".timestamp = .message",
    ".message = encode_json(.)",
    "m = string!(.message)\n.message = replace(m, r'[a-z]+', \"$0$0\")",
    '.message = split(string!(.message), "")',
    'for_each(split(string!(.message), "")) -> |i, v| { .x = v }',
    '. = map_values(split(string!(.message), "")) -> |v| { {"message": v} }',
    '. = {"out": .message}',
    '. = {"error": "VRL aborted", "original": ""}',
    "x = 1 / 0 ?? 2",
    ".message = parse_klog!(.message)",
    "return .",
    ".m = now()",
    ".m = uuid_v4()",
    'log("x")',
    ".m = no_such()",
    "x = y",
    "} {",
    "if true {",
    '.m = "{{ x }}"',
    ".message = encode_base64(string!(.message))",
    ".message = decode_base64!(.message)",
    ".message = slice!(.message, 1)",
    ".é = .message",
    "%x = 1",
    ".message = format_int!(99, 36)",
    '.message = from_unix_timestamp!(99999999999999, unit: "seconds")',
)
HARMFUL: Final = (
    '.b = length(string!(.message) + "xxxxxxxx" * 10000000000)',
    's = string!(.message) + "aaaa"\nfor_each([' + "1," * 31 + "1]) -> |_i, _v| { s = s + s }\n.message = s",
    "x = [0,1,2,3,4,5,6,7,8,9]\n" + "for_each(x) -> |_i, _v| { " * 9 + ".z = 1" + " }" * 9,
    ".message = repeat(string!(.message), 1000000000)",
)
HARMFUL_SHARE, CHECKED_SHARE = 0.004, 0.2


class BrokenProgramError(AssertionError):
    """A result that a destination would be given, and that isn't one."""


def run_program(random: Random) -> bool:
    """Make a program and lines, check it, run it; return whether it was run to its end."""
    source = _source(random)
    lines = [text(random).encode("utf-8", "replace").decode() for _ in range(random.randint(1, 12))]
    sandbox = host_sandbox()
    # To find an error's place takes dozens of compilations: not for each.
    problem = check(source, sandbox) if random.random() < CHECKED_SHARE else _refusal(source, sandbox)
    on_error = random.choice(("pass", "set-aside"))
    literals = [json.dumps(line).encode() for line in lines]
    batch = Batch(0, [NOW_MS + at for at in range(len(lines))], literals, [len(line.encode()) for line in lines])
    try:
        output = apply(Transform.model_construct(source=source, on_error=on_error), batch, OBJECT, sandbox, 60)
    except (ProgramKilledError, WorkerLostError):  # the latter: a busy machine's fault
        return False
    except ProgramRefusedError:
        if problem is None:
            raise BrokenProgramError("what the check lets through is refused by the worker") from None
        return False
    counts, made = output.counts, output.batch
    if counts["in"] != len(lines) or counts["in"] != counts["out"] + counts["dropped"] + counts["set_aside"]:
        raise BrokenProgramError(f"the counts don't add up: {dict(counts)}")
    if {*output.sources} | {*output.dropped} | {*output.failed} != {*range(len(lines))}:
        raise BrokenProgramError("an event is neither there, nor dropped, nor failed")
    for source_at, time, literal, size in zip(output.sources, made.timestamps, made.literals, made.sizes, strict=True):
        message = json.loads(literal)
        if not isinstance(message, str) or len(message.encode()) != size:
            raise BrokenProgramError("a message isn't a text of its size")
        if abs(time - batch.timestamps[source_at]) > MAX_TIME_CHANGE_MS:
            raise BrokenProgramError("a time is too far away")
    return problem is None


def _refusal(source: str, sandbox: Sandbox) -> object:
    found = refused(source)
    if found is not None:
        return found
    try:
        return sandbox.compile_error(source) or None
    except ProgramKilledError as error:
        return error


def _source(random: Random) -> str:
    if random.random() < HARMFUL_SHARE:
        return random.choice(HARMFUL)
    statements = "\n".join(random.choices(STATEMENTS, k=random.randint(1, 4)))
    if random.random() < 0.3:
        return mutated(random, statements.encode()).decode("utf-8", "replace").replace("\x00", "") or "."
    return statements
