"""An Elasticsearch config's edges: what a reader understands, and what a writer refuses."""

import pytest

from runtime.deliveries.elasticsearch.config import ElasticsearchConfig
from runtime.delivery_config.write_rules import WriteRules
from runtime.delivery_config.writing import InvalidConfigError, validate
from runtime.endpoints.secret import Secret

RULES = WriteRules(now=0, central_bucket="central", central_account_id="111111111111", regions={"us-east-1": "aws"})
ROLE = "arn:aws:iam::222222222222:role/LogDistributionRole"
ITEM = {
    "tenant_id": "acme-corp",
    "type": "elasticsearch",
    "url": "https://logs.example.com:9243/base",
    "data_stream": "logs-{application}-default",
    "auth": "api_key",
    "credentials": ["logrouter/acme-corp/es-1"],
}


def read(rules=None, **fields):
    item = {name: value for name, value in (ITEM | fields).items() if value is not None}
    return (
        validate(item, {"elasticsearch": ElasticsearchConfig}, rules)
        if rules
        else ElasticsearchConfig.model_validate(item)
    )


def test_the_example_of_the_facts_is_a_config():
    """The API's document would show a config that it refuses."""
    example = dict(ElasticsearchConfig.facts.example)
    validate({"tenant_id": "acme-corp", **example}, {"elasticsearch": ElasticsearchConfig}, RULES)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"url": "http://logs.example.com"}, "https"),
        ({"url": "https://10.0.0.1"}, "host"),
        ({"url": "https://logs.example.com:22"}, "port"),
        ({"url": "https://logs.example.com/?pretty"}, "query"),
        ({"data_stream": "logs-{date}"}, "placeholder"),
        ({"data_stream": None, "index": "Logs"}, "a-z"),
        ({"data_stream": None}, "exactly one"),
        ({"index": "logs"}, "exactly one"),
        ({"credentials": None}, "needs credentials"),
        ({"credentials": ["logrouter/a/1", "logrouter/a/2", "logrouter/a/3"]}, "at most 2"),
        ({"auth": "aws_sigv4"}, "log_distribution_role_arn"),
        ({"auth": "password"}, "auth"),
        ({"log_distribution_role_arn": ROLE.replace("2222", "1111")}, "customer's account"),
        ({"ca": "-----BEGIN CERTIFICATE-----"}, "PEM"),
    ],
)
def test_a_writer_is_refused_what_cannot_work(fields, says):
    """A customer would learn of a mistake from missing logs."""
    with pytest.raises(InvalidConfigError, match=says):
        read(RULES, **fields)


def test_signed_requests_need_no_secret_but_a_plain_address():
    """An OpenSearch domain that takes IAM's signatures only could not be delivered to."""
    signed = {"auth": "aws_sigv4", "credentials": None, "log_distribution_role_arn": ROLE}
    config = read(RULES, **signed, url="https://search.example.com")
    assert [policy["Statement"][0]["Action"] for policy in config.session_policies("aws", "central")][
        1
    ] == "sts:AssumeRole"
    with pytest.raises(InvalidConfigError, match="no path"):
        read(RULES, **signed, url="https://search.example.com/base")


def test_a_rotated_secret_keeps_the_checkpoint():
    """Each rotation would have the objects that wait sent from their beginning."""
    one = read()
    assert one.destination_digest == read(credentials=["logrouter/acme-corp/es-2"]).destination_digest
    assert one.destination_digest != read(data_stream="other").destination_digest
    assert one.destination_key == ("elasticsearch", ITEM["url"], ITEM["data_stream"])


def test_a_secret_of_another_form_is_refused_when_it_is_written():
    """A customer would learn of a mistyped secret from missing logs; or be shown it in the problem."""
    assert [
        ElasticsearchConfig.secret_problem("credentials", Secret(text))
        for text in ["VnVhQ2ZHY0JDZGJrUW0tZTVhT3g6dWkybHAyYXhUTm1zeWFrdzl0dk5udw==", "user:pass:word"]
    ] == [None, None]
    for text in ["hunter2", "", "user: hunter2", "hunter2\nx: y"]:
        problem = ElasticsearchConfig.secret_problem("credentials", Secret(text))
        assert problem
        assert "hunter2" not in problem
