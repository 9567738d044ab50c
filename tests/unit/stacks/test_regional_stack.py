"""What the stacks of a Region have in common."""

from dataclasses import replace

from aws_cdk import CfnWaitConditionHandle, Environment

from stacks.application import new_app
from stacks.regional_stack import RegionalStack
from stacks.stages import DEVELOPMENT


def test_a_stack_has_the_stages_tags(tmp_path):
    """Costs would be nobody's: tags of the settings file would have no effect."""
    app = new_app(str(tmp_path))
    stage = replace(DEVELOPMENT, tags={"owner": "platform"})
    env = Environment(account="111111111111", region="us-east-1")
    part = RegionalStack(app, "Part", env=env, stage=stage, purpose="a part")
    CfnWaitConditionHandle(part, "Something")  # a stack of nothing is none
    assert app.synth().get_stack_by_name("Part").tags == {"owner": "platform", "logrouter:stage": "development"}
