import pytest
from aws_cdk.assertions import Match, Template

from constructs_lib.limits import PropertyError
from constructs_lib.operator_alarm import AlarmTopics, OperatorAlarm, Severity, Trigger
from constructs_lib.watched_metric import watched
from runtime.metrics.catalogue import SET_ASIDE_EVENTS


def test_alarms_of_this_account_get_through_an_encrypted_topic(stack):
    """No alarm would arrive: AWS's managed key lets CloudWatch through nowhere."""
    AlarmTopics(stack, "Topics")
    template = Template.from_stack(stack)
    template.resource_count_is("AWS::SNS::Topic", len(Severity))
    template.all_resources_properties("AWS::SNS::Topic", {"KmsMasterKeyId": Match.any_value()})
    alarms = {"Principal": {"Service": "cloudwatch.amazonaws.com"}}
    own = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    key = Match.object_like({**alarms, "Action": ["kms:Decrypt", "kms:GenerateDataKey*"], "Condition": own})
    template.has_resource_properties("AWS::KMS::Key", {"KeyPolicy": {"Statement": Match.array_with([key])}})
    publish = Match.object_like({**alarms, "Action": "sns:Publish", "Condition": Match.object_like(own)})
    plain = Match.object_like({"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}})
    for statement in (publish, plain):
        policy = {"PolicyDocument": {"Statement": Match.array_with([statement])}}
        template.all_resources_properties("AWS::SNS::TopicPolicy", policy)


def test_who_is_told_depends_on_how_urgent_it_is(stack):
    """What can wait would wake somebody, or what can't would wait in a mailbox."""
    AlarmTopics(
        stack,
        "Topics",
        subscribers={Severity.PAGE: ("https://pager.example/1",), Severity.TICKET: ("ops@example.com",)},
    )
    template = Template.from_stack(stack)
    for protocol, topic in (("https", "TopicsPage"), ("email", "TopicsTicket")):
        ref = {"Ref": Match.string_like_regexp(topic)}
        template.has_resource_properties("AWS::SNS::Subscription", {"Protocol": protocol, "TopicArn": ref})


@pytest.mark.parametrize("subscriber", ["http://pager.example/1", "nobody", "a b@example.com"])
def test_a_subscriber_that_cannot_be_told_is_refused(stack, subscriber):
    """Alarms would go nowhere, or in the clear."""
    with pytest.raises(PropertyError, match="subscribers"):
        AlarmTopics(stack, "Topics", subscribers={Severity.PAGE: (subscriber,)})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"description": "something"}, "must be sentences"),
        ({"runbook": "docs/operations.md"}, "a document and its section"),
        ({"description": "x" * 1024 + "."}, "the description's length"),
    ],
)
def test_an_alarm_that_tells_nothing_is_refused(stack, changes, message):
    """Whoever is woken would have to guess."""
    given = {"title": "It", "description": "Something is wrong.", "runbook": "docs/operations.md#it", **changes}
    with pytest.raises(PropertyError, match=message):
        OperatorAlarm(
            stack, "Alarm", metric=watched(SET_ASIDE_EVENTS), trigger=Trigger(at_least=1), severity=Severity.PAGE,
            topics=AlarmTopics(stack, "Topics"), **given,
        )  # fmt: skip


def test_more_datapoints_than_periods_are_refused():
    """CloudWatch would refuse the template minutes later."""
    with pytest.raises(PropertyError, match="datapoints"):
        Trigger(at_least=1, datapoints=3, periods=2)
