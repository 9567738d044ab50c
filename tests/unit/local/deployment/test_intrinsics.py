"""CloudFormation's functions, as far as ignored properties use them."""

import pytest

from local.deployment.intrinsics import Scope, UnknownIntrinsicError

CONDITIONS = {
    "HasKey": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Key"}, ""]}]},
    "Both": {"Fn::And": [{"Condition": "HasKey"}, {"Fn::Equals": ["a", "a"]}]},
    "Either": {"Fn::Or": [{"Condition": "HasKey"}, {"Fn::Equals": ["a", "b"]}]},
}


def scope(key: str) -> Scope:
    """Give a scope with one parameter."""
    return Scope(CONDITIONS, {"Key": key, "Table": "table-1"}, lambda resource, name: f"{resource}.{name}")


@pytest.mark.parametrize(("key", "expected"), [("arn", "kms"), ("", "s3")])
@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_chooses(condition, key, expected):
    """A bucket's encryption would be applied as the other choice, or not at all."""
    assert scope(key).value({"Fn::If": [condition, "kms", "s3"]}) == expected


def test_references_are_resolved_wherever_they_stand():
    """A property that names another resource would be applied with its name in the template."""
    written = {"A": [{"Ref": "Table"}, {"B": {"Fn::GetAtt": ["Key1", "Arn"]}}], "C": 1}
    assert scope("").value(written) == {"A": ["table-1", {"B": "Key1.Arn"}], "C": 1}


@pytest.mark.parametrize("written", [{"Fn::Sub": "x"}, {"Fn::If": [{"Fn::Odd": []}, 1, 2]}])
def test_an_unknown_function_is_refused(written):
    """A property would be applied with a function's text as its value."""
    with pytest.raises((UnknownIntrinsicError, TypeError)):
        scope("").value(written)
