"""Where the engine's library is, without loading it: only a worker process does."""

import importlib.util
from functools import cache
from pathlib import Path

PACKAGE = "vector_vrl"
LIBRARY = "_bindings/vector_bindings.abi3.so"


@cache
def find_engine() -> Path | None:
    """Return the library's path; ``None`` where it isn't installed: a config with a program waits there."""
    found = importlib.util.find_spec(PACKAGE)
    for location in (found.submodule_search_locations or ()) if found else ():
        library = Path(location) / LIBRARY
        if library.is_file():
            return library
    return None
