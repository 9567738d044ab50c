"""The table of what an object costs in calls."""

from dataclasses import replace

import pytest

from benchmarks.calls import WHEN, measure
from benchmarks.cases import make_cases

OBJECTS = 40


@pytest.mark.parametrize(("copies", "once"), [(False, {"GetObject", "PutLogEvents"}), (True, {"CopyObject"})])
def test_an_object_is_called_for_once_and_the_rest_is_shared(tmp_path, copies, once):
    """The table would leave out, or nobody would see, a call that every object has come to cost."""
    (small,) = make_cases(tmp_path, ["small"], OBJECTS)
    rows = list(measure(replace(small, tenants=2, copies=copies)))
    assert {row["action"] for row in rows if row["calls"] >= OBJECTS} == once
    assert {row["action"] for row in rows} <= set(WHEN)
    assert next(row for row in rows if row["action"] == "UpdateItem")["calls"] == 2  # one for each destination
