"""A Kafka config's edges, the settings of its clients, and MSK's token."""

from base64 import urlsafe_b64decode
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import botocore.auth
import pytest
from botocore.credentials import Credentials as SdkCredentials
from botocore.hooks import HierarchicalEmitter
from botocore.model import ServiceId
from botocore.signers import RequestSigner

from local.sinks.certificates import Authority
from runtime.aws.credentials import Credentials
from runtime.deliveries.kafka.client_settings import TOKEN_SECONDS, client_settings, connection_token, digest
from runtime.deliveries.kafka.config import KafkaConfig
from runtime.delivery_config.write_rules import WriteRules
from runtime.delivery_config.writing import InvalidConfigError, validate
from runtime.endpoints.secret import Secret
from runtime.errors import BlockedByCustomerError
from runtime.objects.key import ObjectKey

RULES = WriteRules(now=0, central_bucket="central", central_account_id="111111111111", regions={"us-east-1": "aws"})
ITEM = {
    "tenant_id": "acme-corp",
    "type": "kafka",
    "bootstrap_servers": ["broker-1.example.com:9096", "broker-2.example.com:9096"],
    "topic": "logs-{application}",
    "auth": "scram",
    "credentials": ["logrouter/acme-corp/kafka-1"],
}
ROLE = "arn:aws:iam::222222222222:role/LogDistributionRole"
PEM = "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\ny\n"


def read(rules=None, **fields):
    item = {name: value for name, value in (ITEM | fields).items() if value is not None}
    return validate(item, {"kafka": KafkaConfig}, rules) if rules else KafkaConfig.model_validate(item)


def test_the_example_of_the_facts_is_a_config():
    """The API's document would show a config that it refuses."""
    validate({"tenant_id": "acme-corp", **KafkaConfig.facts.example}, {"kafka": KafkaConfig}, RULES)


def test_a_stored_config_is_read_again():
    """What the API took would be invalid for the processor; or a set in the table would be no list of servers."""
    config = read(RULES)
    assert KafkaConfig.model_validate(config.model_dump()) == config
    assert read(bootstrap_servers={"b.example.com:1", "a.example.com:1"}).bootstrap_servers[0] == "a.example.com:1"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"bootstrap_servers": []}, "bootstrap_servers"),
        ({"bootstrap_servers": ["broker-1.example.com"]}, "host:port"),
        ({"bootstrap_servers": ["10.0.0.1:9096"]}, "IP address"),
        ({"bootstrap_servers": ["localhost:9096"]}, "host name"),
        ({"bootstrap_servers": ["a.example.com:9096,10.0.0.1:9096"]}, "host"),
        ({"topic": "logs/other"}, "placeholders"),
        ({"topic": "logs-{message}"}, "placeholders"),
        ({"topic": ".."}, "placeholders"),
        ({"topic": "x" * 250}, "249"),
        ({"credentials": None}, "needs credentials"),
        ({"auth": "mtls", "credentials": None}, "needs credentials"),
        ({"auth": "msk_iam", "credentials": None}, "log_distribution_role_arn"),
        ({"auth": "plain"}, "auth"),
        ({"log_distribution_role_arn": ROLE.replace("2222", "1111")}, "customer's account"),
        ({"ca": "-----BEGIN CERTIFICATE-----"}, "PEM"),
        ({"format": "avro"}, "format"),
    ],
)
def test_a_writer_is_refused_what_cannot_work(fields, says):
    """A customer would learn of a mistake from missing logs."""
    with pytest.raises(InvalidConfigError, match=says):
        read(RULES, **fields)


def test_a_clusters_own_authority_is_taken():
    """A cluster with a private authority could not be delivered to."""
    authority = Authority().certificate
    assert read(RULES, ca=authority).ca == authority


def test_a_topic_is_the_keys_segments():
    """Records would go to a topic that can't exist."""
    key = ObjectKey.parse("tenant_id=t/cluster_id=c 1/application=a:b/pod_name=p/20261123-132140-u.json.gz")
    assert read(topic="x-{tenant_id}.{cluster_id}-{application}").topic_of(key) == "x-t.c_1-a_b"


def test_a_rotated_secret_keeps_the_checkpoint():
    """Each rotation would have the objects that wait sent from their beginning."""
    assert read().destination_digest == read(credentials=["logrouter/acme-corp/kafka-2"]).destination_digest
    assert read().destination_digest != read(topic="other").destination_digest


def test_acknowledged_means_kept_and_in_order():
    """A record that one broker has lost would count as delivered, or a repeated one as two; or be sent unencrypted."""
    settings = client_settings(read(), Secret("user:pass:word"))
    assert (settings["acks"], settings["enable.idempotence"]) == ("all", True)
    assert settings["security.protocol"] == "SASL_SSL"
    assert (settings["sasl.username"], settings["sasl.password"]) == ("user", "pass:word")
    assert settings["ssl.ca.location"].endswith("cacert.pem")
    assert client_settings(read(ca="pem"), Secret("user:word"))["ssl.ca.pem"] == "pem"


def test_each_way_to_sign_in():
    """A cluster would refuse every delivery."""
    mutual = client_settings(read(auth="mtls"), Secret(PEM))
    assert (mutual["security.protocol"], mutual["ssl.key.pem"]) == ("SSL", PEM)
    msk = client_settings(read(auth="msk_iam", log_distribution_role_arn=ROLE), None)
    assert (msk["security.protocol"], msk["sasl.mechanisms"]) == ("SASL_SSL", "OAUTHBEARER")
    assert client_settings(read(auth="none", credentials=None), None)["security.protocol"] == "SSL"


@pytest.mark.parametrize(
    ("auth", "secret"), [("scram", "hunter2"), ("scram", "hunter2:"), ("mtls", "user:word"), ("mtls", PEM[:60])]
)
def test_a_secret_of_another_form_is_the_customers(auth, secret):
    """The client would fail with a text that quotes the secret."""
    with pytest.raises(BlockedByCustomerError, match="secret-unusable") as caught:
        client_settings(read(auth=auth), Secret(secret))
    assert secret not in str(caught.value)


def test_clients_of_other_secrets_are_others():
    """A delivery would go on with a password that was taken back."""
    one, two = (digest(client_settings(read(), Secret(f"user:{word}"))) for word in ("one", "two"))
    assert one != two
    assert one == digest(client_settings(read(), Secret("user:one")))


@pytest.mark.parametrize("token", ["session", ""])
def test_the_token_is_what_the_sdk_presigns(token, monkeypatch):
    """MSK would refuse every connection."""
    now = datetime(2026, 11, 29, 12, tzinfo=UTC)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: now.replace(tzinfo=None))
    shown = connection_token(Credentials("AKIDEXAMPLE", "secret", token, 0), "eu-west-1")
    url = urlsafe_b64decode(shown + "=" * (-len(shown) % 4)).decode()
    request = {
        "method": "GET",
        "url": "https://kafka.eu-west-1.amazonaws.com/?Action=kafka-cluster%3AConnect",
        "body": {},
        "headers": {},
        "context": {},
    }
    sdk = SdkCredentials("AKIDEXAMPLE", "secret", token or None)
    events = HierarchicalEmitter()
    signer = RequestSigner(ServiceId("kafka"), "eu-west-1", "kafka-cluster", "v4", sdk, events)
    expected = signer.generate_presigned_url(request, operation_name="Connect", expires_in=TOKEN_SECONDS)
    assert parse_qs(urlsplit(url).query) == {**parse_qs(urlsplit(expected).query), "User-Agent": ["logrouter"]}
    assert urlsplit(url)[:3] == urlsplit(expected)[:3]
    assert "=" not in shown


def test_a_secret_of_another_form_is_refused_when_it_is_written():
    """A customer would learn of a mistyped secret from missing logs; or be shown it in the problem."""
    assert [KafkaConfig.secret_problem("credentials", Secret(text)) for text in ["user:pass:word", PEM]] == [None, None]
    for text in ["hunter2", "", "user:", "-----BEGIN CERTIFICATE-----"]:
        problem = KafkaConfig.secret_problem("credentials", Secret(text))
        assert problem
        assert "hunter2" not in problem
