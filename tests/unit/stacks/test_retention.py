import pytest

from constructs_lib.processor import HANDLER
from constructs_lib.queues import RETENTION_LIMIT

DAY = 86_400


def resources(assembly, stack, kind):
    template = assembly.get_stack_by_name(f"LogRouter{stack}-us-east-1").template
    return [r["Properties"] for r in template["Resources"].values() if r["Type"] == kind]


def queues_of(assembly):
    """Return the queues of objects and deliveries; what waits for alerts is none of them."""
    found = {}
    for stack in ("Collection", "Processing"):
        found |= assembly.get_stack_by_name(f"LogRouter{stack}-us-east-1").template["Resources"]
    return [
        resource["Properties"]
        for name, resource in found.items()
        if resource["Type"] == "AWS::SQS::Queue" and not name.startswith("AlertQueue")
    ]


def processor(assembly):
    functions = resources(assembly, "Processing", "AWS::Lambda::Function")
    (found,) = [function for function in functions if function["Handler"] == HANDLER]
    return found


@pytest.mark.parametrize("assembly", ["production", "development"])
def test_objects_outlive_dead_letters_and_those_the_schedule(assembly, request):
    """A redrive would meet NoSuchKey, or a message would expire while its delivery is still being tried."""
    synthesized = request.getfixturevalue(assembly)
    (bucket,) = resources(synthesized, "Storage", "AWS::S3::Bucket")
    expiries = [r["ExpirationInDays"] for r in bucket["LifecycleConfiguration"]["Rules"] if "ExpirationInDays" in r]
    queues = queues_of(synthesized)
    dead_letters = [q["MessageRetentionPeriod"] for q in queues if "RedrivePolicy" not in q]
    working = [q["MessageRetentionPeriod"] for q in queues if "RedrivePolicy" in q]
    function = processor(synthesized)
    schedule = int(function["Environment"]["Variables"]["DELIVERY_SCHEDULE_SECONDS"])
    assert len(dead_letters) == 3
    assert len(working) == 2
    assert min(expiries) * DAY > max(dead_letters)
    assert min(dead_letters) > max(working)
    assert min(working) > schedule
    assert max(dead_letters) == RETENTION_LIMIT.to_seconds()


@pytest.mark.parametrize("assembly", ["production", "development"])
def test_messages_stay_hidden_while_they_are_worked_on(assembly, request):
    """A message would come back to a second worker while the first still delivers it."""
    synthesized = request.getfixturevalue(assembly)
    function = processor(synthesized)
    queues = queues_of(synthesized)
    for queue in (q for q in queues if "RedrivePolicy" in q):
        assert queue["VisibilityTimeout"] >= 6 * function["Timeout"]
