"""The process that tenants' programs run in: ``python -I -S worker.py ENGINE``. Standard library alone, by design.

It has no credentials, no environment, no descriptors but its two pipes, and can open none, so no file and no
socket either. Whatever a program does to it, its parent starts another one.

A request is ``<kind> <u32 length of the program> <u32 length of the data> <program> <data>``; kind ``C`` checks whether
the program compiles, ``R`` runs it over the data's lines. An answer is ``<status> <u32 CPU µs> <u32 length> <text>``;
status ``+``: it compiles, or its results, a line for each of the data's; ``-``: why it doesn't compile.
"""

import importlib.machinery
import importlib.util
import resource
import sys
from collections.abc import Iterator
from struct import Struct
from types import ModuleType

MEMORY_BYTES = 256 * 1024 * 1024
"""Ours, of address space: the interpreter and the engine take 27 MiB, a full batch some 30 beside them."""
MAX_RESULTS = 16 * 1024 * 1024
"""Ours, characters, for one batch: what its parent has to hold. A planned batch has 1 MiB."""
CPU_SECONDS = 30
"""Ours, for one request, after which the kernel ends the process: for the time when its parent is frozen, or gone."""
REQUEST, ANSWER = Struct(">cII"), Struct(">cII")
READY = b"ready\n"
BEGIN = '.timestamp = from_unix_timestamp!(.timestamp, unit: "milliseconds")\n'
END = '\n. = {"out": encode_json(.)}'
"""Whatever the program makes comes back as one text: the engine's own way back loses what isn't an object."""
DROPPED, FAILED = "~", "!"
"""How a result begins that is none: the program dropped the event; it failed. No JSON value begins like that."""
TOO_LARGE = "output-too-large"
NO_RESULT = "no-result"
_FAILURE = {"error", "original"}


def main(path: str) -> None:
    """Answer requests until the parent is gone."""
    engine = _load(path)
    _confine()
    source, target = sys.stdin.buffer, sys.stdout.buffer
    target.write(READY)
    target.flush()
    while head := source.read(REQUEST.size):
        kind, program_bytes, data_bytes = REQUEST.unpack(head)
        program, data = source.read(program_bytes).decode(), source.read(data_bytes).decode()
        begun = _cpu_seconds()
        resource.setrlimit(resource.RLIMIT_CPU, (int(begun) + CPU_SECONDS, resource.RLIM_INFINITY))
        status, text = _checked(engine, program) if kind == b"C" else _run(engine, program, data)
        written = text.encode()
        target.write(ANSWER.pack(status, min(int((_cpu_seconds() - begun) * 1e6), 2**32 - 1), len(written)))
        target.write(written)
        target.flush()


def _load(path: str) -> ModuleType:
    """Load the engine's library by itself: its package would take twenty times as long."""
    loader = importlib.machinery.ExtensionFileLoader("vector_bindings", path)
    spec = importlib.util.spec_from_loader("vector_bindings", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    module.execute_vrl(".", ["{}"])
    return module


def _confine() -> None:
    """Drop what a program must not have: memory, core dumps, files, processes, any further descriptor."""
    for limit, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 3),  # those that are open: a socket would need a fourth
    ):
        resource.setrlimit(limit, (most, most))


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _checked(engine: ModuleType, program: str) -> tuple[bytes, str]:
    found = engine.validate_vrl(program)
    if found.success:  # and as it runs: none of it may reach into what stands around it
        found = engine.validate_vrl(BEGIN + program + END)
    return (b"+", "") if found.success else (b"-", found.error or "")


def _run(engine: ModuleType, program: str, data: str) -> tuple[bytes, str]:
    try:
        results = engine.execute_vrl(BEGIN + program + END, data.split("\n"))
    except ValueError as error:
        return b"-", str(error).removeprefix("VRL compilation failed: ")
    try:
        lines = [each["out"] if len(each) == 1 and "out" in each else _line(each) for each in results]
        text = "\n".join(lines)
    except TypeError:  # a member "out" that isn't the text of the last line
        lines = [_line(each) for each in results]
        text = "\n".join(lines)
    return b"+", text if len(text) <= MAX_RESULTS else "\n".join(_first(lines))


def _first(lines: list[str]) -> Iterator[str]:
    """Yield the lines until there is no more room; of the others, that they failed."""
    used = 0
    for line in lines:
        used += len(line)
        yield line if used <= MAX_RESULTS else FAILED + TOO_LARGE


def _line(result: dict[str, object]) -> str:
    """Return one event's result, or what stands for none.

    The engine reports a failure as an event of its own, of just these members.
    """
    if len(result) == 1 and type(out := result.get("out")) is str:
        return out
    if result.keys() == _FAILURE and type(error := result["error"]) is str:
        return DROPPED if error.startswith("VRL aborted") else FAILED + error.replace("\n", " ")
    return FAILED + NO_RESULT


if __name__ == "__main__":
    main(sys.argv[1])
