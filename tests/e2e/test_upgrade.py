"""Today's version deployed over an earlier one while traffic runs."""

import json
import secrets
import threading
from collections import Counter
from contextlib import contextmanager

import pytest

from cli.operation.queues import depth
from local.accounting.destinations import bucket_objects, log_group_events
from local.deployment.deploy import api_url
from local.loader.writer import put_object
from ministack_fidelity.identities import unique
from tests.e2e.traffic import line, object_of, until
from tests.e2e.versions import Installation, Version, earlier

EVENTS_AN_OBJECT = 20
PAUSE_SECONDS = 0.2
WAITING = "waits since before the upgrade"


class Upgraded:
    """The installation of one test, with a tenant of the earlier version."""

    def __init__(self, cloud):
        self.cloud = cloud
        central, customer = (str(secrets.randbelow(9 * 10**11) + 10**11) for _ in range(2))  # nobody else's
        self.installation = Installation(cloud, central, customer)
        self.tenant_id, self.sent = unique("tenant"), Counter()

    def deploy(self, version):
        """Deploy a version on both sides."""
        self.outputs = self.installation.deploy(version)
        role = self.outputs["CentralLogDistributionRoleArn"]
        parameters = {"TenantId": self.tenant_id, "CentralRoleArn": role}
        self.customer = self.installation.deploy_customer(version, parameters)

    @property
    def api(self):
        """A client of the API that is deployed now."""
        url = api_url(self.cloud.environment.endpoint_url, self.outputs["ApiUrl"])
        return self.cloud.accounts.api_client(url, self.installation.central)

    def config(self, name):
        return json.loads(self.customer[name])

    def send(self, number):
        """Write one object, as the agent would."""
        texts = [f"{number}-{position}" for position in range(EVENTS_AN_OBJECT)]
        s3 = self.cloud.client("s3", self.installation.central)
        put_object(s3, self.outputs["CentralBucketName"], object_of(self.tenant_id, [line(text) for text in texts]))
        self.sent.update(texts)

    def send_waiting(self):
        """Write an object of the application that one broken config wants."""
        s3 = self.cloud.client("s3", self.installation.central)
        object_ = object_of(self.tenant_id, [line(WAITING)], application="waiting", pod="waiting-0")
        put_object(s3, self.outputs["CentralBucketName"], object_)

    @contextmanager
    def traffic(self):
        """Send objects, one after the other, for as long as the block runs."""
        ends = threading.Event()

        def send():
            number = 0
            while not ends.wait(PAUSE_SECONDS):
                self.send(number)
                number += 1

        thread = threading.Thread(target=send)
        thread.start()
        try:
            yield
        finally:
            ends.set()
            thread.join()

    def waiting(self, *queues):
        """Return how many messages queues hold."""
        sqs = self.cloud.client("sqs", self.installation.central)
        return sum(depth(sqs, self.outputs[name]).total for name in queues)

    def delivered(self):
        """Count the messages in the tenant's log group."""
        logs = self.cloud.client("logs", self.installation.customer)
        return Counter(event.message for event in log_group_events(logs, self.customer["LogGroupNameOut"]))

    def goes_on(self, version):
        """Wait for something that was sent from now on, or the like."""
        so_far = self.sent.total()
        until(lambda: self.delivered().total() > so_far, f"{version} to deliver")

    def copied(self):
        """Count the tenant's copies."""
        s3 = self.cloud.client("s3", self.installation.customer)
        return len(bucket_objects(s3, self.customer["BucketNameOut"], self.customer["BucketPrefixOut"]))


@pytest.fixture(scope="module")
def versions(cloud):
    """The earlier version and today's."""
    return earlier(), Version.of(cloud.home / "cdk.out")


@pytest.mark.timeout(600)  # two versions are deployed, one after the other
def test_an_upgrade_and_the_way_back_lose_and_repeat_nothing(cloud, versions):
    """Each release would lose what was under way, or leave its queues' messages unreadable, or allow no return."""
    before, now = versions
    upgraded = Upgraded(cloud)
    upgraded.deploy(before)
    cloudwatch = upgraded.config("CloudWatchDeliveryConfig") | {"desired_logs": ["etcd"]}
    late = cloudwatch | {"type": "cloudwatch:late", "desired_logs": ["waiting"], "external_id": "not-this-one"}
    for config in (cloudwatch, late, upgraded.config("S3DeliveryConfig")):
        upgraded.api.create(upgraded.tenant_id, config)
    with upgraded.traffic():
        until(lambda: upgraded.delivered().total() > EVENTS_AN_OBJECT, "the earlier version to deliver")
        upgraded.send_waiting()
        until(lambda: upgraded.waiting("DeliveryQueueUrl"), "the earlier version to hand over")
        upgraded.deploy(now)
        upgraded.api.patch(upgraded.tenant_id, "cloudwatch:late", {"external_id": cloudwatch["external_id"]})
        upgraded.goes_on("today's version")
        upgraded.installation.go_back(now, before)
        upgraded.deploy(before)  # the customer's side, too
        upgraded.goes_on("the earlier version, back again")
    until(lambda: not upgraded.waiting("ObjectQueueUrl", "DeliveryQueueUrl"), "empty queues")
    expected = upgraded.sent + Counter({WAITING: 1})
    found = upgraded.delivered()
    assert (expected - found, found - expected) == (Counter(), Counter())
    assert upgraded.copied() == len(upgraded.sent) // EVENTS_AN_OBJECT + 1
