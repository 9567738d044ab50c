"""A patch whose target has changed fails loudly: a new version of the emulator can't silently drop it."""

import sys
import threading
from types import ModuleType

import pytest

from ministack_fidelity import patching
from ministack_fidelity.patches import PATCHES
from ministack_fidelity.patching import PatchTargetMissingError, Table, Target, one_at_a_time, wrap


def targets_of(patch, kind):
    """Return a patch's targets: its constants, or what is in its tuples of them."""
    for value in vars(patch).values():
        yield from (each for each in (value if isinstance(value, tuple) else (value,)) if isinstance(each, kind))


EVERY_TARGET = [(patch, target) for patch in PATCHES for target in targets_of(patch, Target)]
EVERY_TABLE = [(patch, table) for patch in PATCHES for table in targets_of(patch, Table)]


def module_with(target, parameters):
    """Return a module with a function of the target's name and these parameters; None for no function at all."""
    module = ModuleType(target.module)
    if parameters is not None:
        exec(f"def {target.name}({', '.join(parameters)}): pass", module.__dict__)
    return module


class ByAccount(dict):
    """A table of the emulator whose entries belong to accounts."""

    def get_scoped(self, account, region, key, default=None):
        return self.get(key, default)


@pytest.fixture
def emulator_modules(monkeypatch):
    """An emulator that has every target just as expected."""
    for _, target in EVERY_TARGET:
        if target.module not in sys.modules:
            monkeypatch.setitem(sys.modules, target.module, ModuleType(target.module))
        setattr(sys.modules[target.module], target.name, getattr(module_with(target, target.parameters), target.name))
    for _, table in EVERY_TABLE:
        if table.module not in sys.modules:
            monkeypatch.setitem(sys.modules, table.module, ModuleType(table.module))
        monkeypatch.setattr(sys.modules[table.module], table.name, ByAccount(), raising=False)


@pytest.mark.parametrize(("patch", "target"), EVERY_TARGET, ids=[f"{p.__name__}-{t.name}" for p, t in EVERY_TARGET])
@pytest.mark.parametrize("parameters", [None, ("other",)], ids=["gone", "changed"])
def test_a_patch_fails_when_its_target_has_changed(emulator_modules, patch, target, parameters):
    """The embedded cloud would forgive again what the patch made it refuse, and every test would stay green."""
    patch.apply()
    delattr(sys.modules[target.module], target.name)
    if parameters:
        replaced = getattr(module_with(target, parameters), target.name)
        setattr(sys.modules[target.module], target.name, replaced)
    with pytest.raises(PatchTargetMissingError, match=target.name):
        patch.apply()


@pytest.mark.parametrize(("patch", "table"), EVERY_TABLE, ids=[f"{p.__name__}-{t.name}" for p, t in EVERY_TABLE])
def test_a_patch_fails_when_its_table_is_gone(emulator_modules, monkeypatch, patch, table):
    """An entry would be written where nothing reads it."""
    monkeypatch.delattr(sys.modules[table.module], table.name)
    with pytest.raises(PatchTargetMissingError, match=table.name):
        patch.apply()


def test_two_patches_of_one_function_both_hold(emulator_modules):
    """The second patch of a function would undo the first, or mistake it for a changed target."""
    target = Target("ministack.core.iam_evaluator", "_resolve_condition_key", ("key", "ctx"))
    wrap(target, lambda original: lambda key, ctx: [*(original(key, ctx) or []), "first"])
    wrap(target, lambda original: lambda key, ctx: [*original(key, ctx), "second"])
    assert sys.modules[target.module]._resolve_condition_key("key", None) == ["first", "second"]


def test_a_handler_table_gets_the_replacement_too(emulator_modules):
    """SQS dispatches by a table that was filled when it was imported: the patch would never be called."""
    target = Target("ministack.services.sqs", "_act_send_message", ("data", "qurl"))
    module = sys.modules[target.module]
    module._HANDLERS = {"SendMessage": module._act_send_message, "Other": print}
    wrap(target, lambda _: lambda data, qurl: "patched")
    assert module._HANDLERS["SendMessage"]({}, "") == "patched"
    assert module._HANDLERS["Other"] is print


def test_every_patch_says_what_it_replaces():
    """A patch without a target could not fail when the emulator changes."""
    assert {patch for patch, _ in (*EVERY_TARGET, *EVERY_TABLE)} == set(PATCHES)
    assert patching.Target is Target


def test_what_shares_a_lock_runs_one_at_a_time():
    """The emulator would look through its sessions or a queue while another thread adds to them, and fail."""
    lock, begun, entered = threading.RLock(), threading.Event(), []
    add = one_at_a_time(entered.append, lock)

    def call():
        begun.set()
        add("second")

    with lock:
        other = threading.Thread(target=call)
        other.start()
        assert begun.wait(10)
        add("first")  # who holds it may go on
        other.join(0.05)
        assert entered == ["first"]
    other.join(10)
    assert entered == ["first", "second"]
