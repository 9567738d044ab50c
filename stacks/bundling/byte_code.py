"""Byte-compiles a bundle in place: ``python byte_code.py TARGET OWN_PACKAGE ...``, with a fixed ``PYTHONHASHSEED``.

A cold start then compiles nothing. Unchecked hashes, not timestamps: an archive's times differ, and the same source
must give the same bytes.
"""

import py_compile
import sys
from pathlib import Path


def compile_tree(target: Path, own: tuple[str, ...]) -> None:
    """Compile each source; byte code replaces a dependency's source; own sources stay, for tracebacks.

    Raises ``py_compile.PyCompileError`` where one of ours can't be compiled. A dependency's that can't is a template
    or a relic: nothing that runs.
    """
    for source in sorted(target.rglob("*.py")):
        name = source.relative_to(target)
        ours = name.parts[0] in own
        try:
            py_compile.compile(
                str(source),
                cfile=None if ours else str(source.with_suffix(".pyc")),
                dfile=str(name),
                doraise=True,
                invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
            )
        except py_compile.PyCompileError:
            if ours:
                raise
        else:
            if not ours:
                source.unlink()


if __name__ == "__main__":
    compile_tree(Path(sys.argv[1]), tuple(sys.argv[2:]))
