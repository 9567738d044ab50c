"""How the services behave, as far as the runtime depends on it: held against the stand-ins and against the emulator.

Each behaviour is a function of a scene: `client(service)`, and `queues`, `table`, `bucket`, `group`, which make what it
needs. The SDK's clients make the calls. What must wait, waits in a long poll.
"""

import pytest
from botocore.exceptions import ClientError

BEHAVIOURS = []


def behaviour(check):
    """Add one to the list."""
    BEHAVIOURS.append(check)
    return check


def refused(call, **request):
    """Return the code of a refusal."""
    with pytest.raises(ClientError) as caught:
        call(**request)
    return caught.value.response["Error"]["Code"]


def receive(sqs, url, seconds=3, **more):
    """Return what a receive shows."""
    answer = sqs.receive_message(
        QueueUrl=url,
        WaitTimeSeconds=seconds,
        MaxNumberOfMessages=10,
        MessageSystemAttributeNames=["All"],
        MessageAttributeNames=["All"],
        **more,
    )
    return answer.get("Messages", [])


@behaviour
def a_message_is_hidden_and_comes_again(scene):
    sqs, (url, _) = scene.client("sqs"), scene.queues()
    reason = {"reason": {"DataType": "String", "StringValue": "why"}}
    sqs.send_message(QueueUrl=url, MessageBody="one", MessageGroupId="acme", MessageAttributes=reason)
    (first,) = receive(sqs, url, VisibilityTimeout=1)
    assert first["Attributes"]["ApproximateReceiveCount"] == "1"
    assert first["Attributes"]["MessageGroupId"] == "acme"
    assert first["MessageAttributes"]["reason"]["StringValue"] == "why"
    assert receive(sqs, url, 0) == []
    (again,) = receive(sqs, url)
    assert (again["MessageId"], again["Attributes"]["ApproximateReceiveCount"]) == (first["MessageId"], "2")
    sqs.delete_message(QueueUrl=url, ReceiptHandle=again["ReceiptHandle"])
    assert receive(sqs, url, 2) == []


@behaviour
def a_delayed_message_comes_when_it_is_due(scene):
    sqs, (url, _) = scene.client("sqs"), scene.queues()
    sqs.send_message(QueueUrl=url, MessageBody="late", DelaySeconds=1)
    assert receive(sqs, url, 0) == []
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"]
    counted = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    assert [counted[name] for name in names] == ["0", "1"]
    assert [one["Body"] for one in receive(sqs, url)] == ["late"]


@behaviour
def what_is_received_too_often_is_a_dead_letter(scene):
    sqs, (url, dead) = scene.client("sqs"), scene.queues(max_receives=2)
    sqs.send_message(QueueUrl=url, MessageBody="bad")
    for _ in range(2):
        assert receive(sqs, url, VisibilityTimeout=0)
    assert receive(sqs, url, 0) == []
    assert [one["Body"] for one in receive(sqs, dead)] == ["bad"]


@behaviour
def batches_answer_each_entry(scene):
    sqs, (url, _) = scene.client("sqs"), scene.queues()
    for body in "ab":
        sqs.send_message(QueueUrl=url, MessageBody=body)
    received = []
    while len(received) < 2:
        received += receive(sqs, url)
    entries = [{"Id": str(number), "ReceiptHandle": one["ReceiptHandle"]} for number, one in enumerate(received)]
    shown = [{**entry, "VisibilityTimeout": 0} for entry in entries]
    answer = sqs.change_message_visibility_batch(QueueUrl=url, Entries=shown)
    assert {one["Id"] for one in answer["Successful"]} == {"0", "1"}
    again = []
    while len(again) < 2:
        again += receive(sqs, url)
    entries = [{"Id": str(number), "ReceiptHandle": one["ReceiptHandle"]} for number, one in enumerate(again)]
    answer = sqs.delete_message_batch(QueueUrl=url, Entries=entries)
    assert {one["Id"] for one in answer["Successful"]} == {"0", "1"}
    assert receive(sqs, url, 0) == []


def item(sort, **more):
    """Return an item of one partition."""
    return {"tenant_id": {"S": "acme"}, "delivery": {"S": sort}, **more}


def key(sort):
    """Return its key."""
    return item(sort)


@behaviour
def a_condition_that_does_not_hold_changes_nothing(scene):
    table, dynamodb = scene.table(), scene.client("dynamodb")
    new = {"TableName": table, "ConditionExpression": "attribute_not_exists(tenant_id)"}
    dynamodb.put_item(Item=item("a", n={"N": "1"}), **new)
    assert refused(dynamodb.put_item, Item=item("a"), **new) == "ConditionalCheckFailedException"
    of_two = {":one": {"N": "1"}, ":two": {"N": "2"}}
    update = {"TableName": table, "Key": key("a"), "UpdateExpression": "SET n = :two"}
    held = "n = :one AND (attribute_not_exists(m) OR m < :two)"
    dynamodb.update_item(**update, ConditionExpression=held, ExpressionAttributeValues=of_two)
    code = refused(dynamodb.update_item, **update, ConditionExpression=held, ExpressionAttributeValues=of_two)
    assert code == "ConditionalCheckFailedException"
    gone = {"TableName": table, "Key": key("a"), "ConditionExpression": "n = :n"}
    code = refused(dynamodb.delete_item, **gone, ExpressionAttributeValues={":n": {"N": "1"}})
    assert code == "ConditionalCheckFailedException"
    dynamodb.delete_item(**gone, ExpressionAttributeValues={":n": {"N": "2"}})
    assert "Item" not in dynamodb.get_item(TableName=table, Key=key("a"))


@behaviour
def an_update_changes_what_it_names(scene):
    table, dynamodb = scene.table(), scene.client("dynamodb")
    expression = "SET #w = :p, due = if_not_exists(due, :d) REMOVE former ADD parkings :one, running :these"
    names = {"#w": "work"}

    def update(due):
        these = {"SS": [f"r{due}"]}
        values = {":p": {"S": "probe"}, ":d": {"N": due}, ":one": {"N": "1"}, ":these": these}
        dynamodb.update_item(
            TableName=table,
            Key=key("!s"),
            UpdateExpression=expression,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
        )

    dynamodb.put_item(TableName=table, Item=item("!s", former={"S": "x"}))
    update("5")
    update("9")
    found = dynamodb.get_item(TableName=table, Key=key("!s"), ConsistentRead=True)["Item"]
    assert sorted(found.pop("running")["SS"]) == ["r5", "r9"]
    assert found == item("!s", work={"S": "probe"}, due={"N": "5"}, parkings={"N": "2"})
    dynamodb.update_item(
        TableName=table,
        Key=key("!s"),
        UpdateExpression="DELETE running :these",
        ConditionExpression="size(running) < :three AND contains(running, :r)",
        ExpressionAttributeValues={":these": {"SS": ["r5"]}, ":three": {"N": "3"}, ":r": {"S": "r5"}},
    )
    assert dynamodb.get_item(TableName=table, Key=key("!s"))["Item"]["running"] == {"SS": ["r9"]}


@behaviour
def a_transaction_is_made_as_a_whole_or_not_at_all(scene):
    table, dynamodb = scene.table(), scene.client("dynamodb")
    dynamodb.put_item(TableName=table, Item=item("taken"))
    free = {"Put": {"TableName": table, "Item": item("free")}}
    new = {"TableName": table, "Item": item("taken"), "ConditionExpression": "attribute_not_exists(delivery)"}
    with pytest.raises(ClientError) as caught:
        dynamodb.transact_write_items(TransactItems=[free, {"Put": new}])
    assert caught.value.response["Error"]["Code"] == "TransactionCanceledException"
    reasons = [one.get("Code") for one in caught.value.response["CancellationReasons"]]
    assert reasons == ["None", "ConditionalCheckFailed"]
    assert "Item" not in dynamodb.get_item(TableName=table, Key=key("free"))
    dynamodb.transact_write_items(TransactItems=[free])
    assert "Item" in dynamodb.get_item(TableName=table, Key=key("free"))


@behaviour
def a_query_gives_pages_in_order(scene):
    table, dynamodb = scene.table(), scene.client("dynamodb")
    for sort in ("s3#c", "s3#a", "s3#b", "!s3", "cloudwatch#a"):
        dynamodb.put_item(TableName=table, Item=item(sort))
    values = {":t": {"S": "acme"}, ":low": {"S": "s3#"}}
    request = {
        "TableName": table,
        "KeyConditionExpression": "tenant_id = :t AND begins_with(delivery, :low)",
        "ExpressionAttributeValues": values,
    }
    page = dynamodb.query(**request, Limit=2)
    assert [one["delivery"]["S"] for one in page["Items"]] == ["s3#a", "s3#b"]
    rest = dynamodb.query(**request, ExclusiveStartKey=page["LastEvaluatedKey"])
    assert [one["delivery"]["S"] for one in rest["Items"]] == ["s3#c"]
    assert "LastEvaluatedKey" not in rest
    counted = dynamodb.query(**request, Select="COUNT")
    assert (counted["Count"], "Items" in counted) == (3, False)
    between = {
        "TableName": table,
        "KeyConditionExpression": "tenant_id = :t AND delivery BETWEEN :low AND :high",
        "ExpressionAttributeValues": {":t": {"S": "acme"}, ":low": {"S": "a"}, ":high": {"S": "{"}},
    }
    found = dynamodb.query(**between)["Items"]
    assert [one["delivery"]["S"] for one in found] == ["cloudwatch#a", "s3#a", "s3#b", "s3#c"]


@behaviour
def an_index_has_what_has_its_attributes(scene):
    table, dynamodb = scene.table(), scene.client("dynamodb")
    for sort, due in (("!a", "30"), ("!b", "4"), ("!c", "500")):
        dynamodb.put_item(TableName=table, Item=item(sort, work={"S": "probe"}, due_at={"N": due}))
    dynamodb.put_item(TableName=table, Item=item("!d"))
    scene.indexed()
    found = dynamodb.query(
        TableName=table,
        IndexName="by-work",
        KeyConditionExpression="#w = :w AND due_at <= :now",
        ExpressionAttributeNames={"#w": "work"},
        ExpressionAttributeValues={":w": {"S": "probe"}, ":now": {"N": "100"}},
    )
    assert [one["delivery"]["S"] for one in found["Items"]] == ["!b", "!a"]


@behaviour
def versions_are_kept_and_listed(scene):
    s3, bucket = scene.client("s3"), scene.bucket()
    first = s3.put_object(Bucket=bucket, Key="p=1/a b", Body=b"first")
    second = s3.put_object(Bucket=bucket, Key="p=1/a b", Body=b"second")
    listed = s3.list_object_versions(Bucket=bucket, Prefix="p=1/")["Versions"]
    assert [one["VersionId"] for one in listed] == [second["VersionId"], first["VersionId"]]
    assert [one["IsLatest"] for one in listed] == [True, False]
    assert listed[1]["ETag"] == first["ETag"]
    old = s3.get_object(Bucket=bucket, Key="p=1/a b", VersionId=first["VersionId"])
    assert old["Body"].read() == b"first"
    assert refused(s3.get_object, Bucket=bucket, Key="p=1/a b", IfMatch=first["ETag"]) == "PreconditionFailed"
    assert refused(s3.head_object, Bucket=bucket, Key="missing") == "404"
    assert refused(s3.get_object, Bucket=bucket, Key="missing") == "NoSuchKey"
    source = {"Bucket": bucket, "Key": "p=1/a b", "VersionId": first["VersionId"]}
    copied = s3.copy_object(Bucket=bucket, Key="copy", CopySource=source, CopySourceIfMatch=first["ETag"])
    assert copied["CopyObjectResult"]["ETag"] == first["ETag"]
    request = {"Bucket": bucket, "Key": "copy", "CopySource": source, "CopySourceIfMatch": second["ETag"]}
    assert refused(s3.copy_object, **request) == "PreconditionFailed"
    folders = s3.list_objects_v2(Bucket=bucket, Prefix="p=", Delimiter="/")
    assert [one["Prefix"] for one in folders["CommonPrefixes"]] == ["p=1/"]
    behind = s3.list_object_versions(Bucket=bucket, Prefix="", KeyMarker="copy")["Versions"]
    assert {one["Key"] for one in behind} == {"p=1/a b"}


@behaviour
def a_stream_is_there_once_it_is_made(scene):
    logs, group, now = scene.client("logs"), scene.group(), scene.now_ms()
    stream = {"logGroupName": group, "logStreamName": "s"}
    events = [{"timestamp": now - 15 * 86_400_000, "message": "old"}]
    good = [{"timestamp": now, "message": "new"}]
    assert refused(logs.put_log_events, **stream, logEvents=good) == "ResourceNotFoundException"
    assert refused(logs.create_log_stream, logGroupName="/none", logStreamName="s") == "ResourceNotFoundException"
    assert refused(logs.create_log_group, logGroupName=group) == "ResourceAlreadyExistsException"
    logs.create_log_stream(**stream)
    assert refused(logs.create_log_stream, **stream) == "ResourceAlreadyExistsException"
    assert "rejectedLogEventsInfo" not in logs.put_log_events(**stream, logEvents=good)
    rejected = logs.put_log_events(**stream, logEvents=events)["rejectedLogEventsInfo"]
    assert rejected == {"tooOldLogEventEndIndex": 1}
