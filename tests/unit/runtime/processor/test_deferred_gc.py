"""In processes of their own: what is loaded is the process's."""

import subprocess
import sys

CHECKED = """
import sys
from runtime.processor.deferred_gc import deferred_gc_import
with deferred_gc_import():
    from pydantic import BaseModel
    import runtime.processor.command
class Model(BaseModel):
    count: int
assert Model.model_validate({"count": "3"}).count == 3
print("importlib.metadata" in sys.modules)
"""


def test_no_plugins_of_pydantic_are_looked_for():
    """Every start of the processor would load what reads all distributions; a new pydantic may ask in another way."""
    done = subprocess.run([sys.executable, "-c", CHECKED], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_what_was_loaded_is_not_looked_through_again():
    """Each collection of garbage would go through all modules, in the middle of an object."""
    code = "import gc\nfrom runtime.processor.deferred_gc import deferred_gc_import\n"
    code += "with deferred_gc_import(): import decimal\n"
    done = subprocess.run(
        [sys.executable, "-c", code + "print(gc.isenabled(), gc.get_freeze_count() > 0)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["True", "True"]
