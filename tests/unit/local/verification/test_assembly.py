"""What a cloud assembly would make."""

import json

from local.verification.assembly import resources, stacks_in_order


def artifact(kind="aws:cloudformation:stack", *needed):
    return {"type": kind, "dependencies": list(needed), "properties": {"templateFile": "x.json"}}


def test_a_stack_comes_after_those_that_it_needs(tmp_path):
    """Stacks would be removed while others still use what they export."""
    stack = "aws:cloudformation:stack"
    artifacts = {
        "Api": artifact(stack, "Storage", "Api.assets"),
        "Api.assets": artifact("cdk:asset-manifest"),
        "Processing": artifact(stack, "Storage", "Collection"),
        "Storage": artifact(),
        "Collection": artifact(stack, "Storage"),
    }
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    order = stacks_in_order(tmp_path)
    assert sorted(order) == ["Api", "Collection", "Processing", "Storage"]
    assert order[0] == "Storage"
    assert order.index("Collection") < order.index("Processing")


def test_resources_are_counted_by_type(tmp_path):
    """The plan that a user agrees to would not be what is made."""
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": {"One": artifact()}}))
    template = {"Resources": {"a": {"Type": "T"}, "b": {"Type": "T"}, "c": {"Type": "U"}}}
    (tmp_path / "x.json").write_text(json.dumps(template))
    assert resources(tmp_path, "One") == {"T": 2, "U": 1}
