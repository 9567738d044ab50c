"""Tenants are kept apart at the customer's side: what isn't theirs is denied, and what is theirs is not.

Each denial is tried with the real role chain of the deployed stacks, beside the request that must be allowed.
"""

import time
from contextlib import contextmanager

import pytest
from botocore.exceptions import ClientError

from local import cluster
from local.loader.writer import web_identity_token, writer_keys
from ministack_fidelity.identities import assume, make_role, statement, tenant, unique
from tests.e2e.cloud import ACME, CENTRAL, FOURTH, GLOBEX
from tests.e2e.tenants import update_template

ACL = "bucket-owner-full-control"


@contextmanager
def denied():
    """Expect that AWS denies it, rather than that it fails for another reason."""
    with pytest.raises(ClientError) as caught:
        yield
    assert caught.value.response["Error"]["Code"] in {"AccessDenied", "AccessDeniedException"}


@pytest.fixture
def acme(new_tenant):
    """A tenant with a role, a log group and a bucket."""
    return new_tenant(account=ACME, configured=False)


@pytest.fixture
def globex(new_tenant):
    """Another tenant, in another account."""
    return new_tenant(account=GLOBEX, configured=False)


def put(cloud, keys, config, *, tenant_id=None, prefix=None, acl=ACL):
    """Put an object where a delivery for the tenant would; parts of it replaced as the test says."""
    prefix = config["bucket_prefix"] if prefix is None else prefix
    key = f"{prefix}{tenant_id or config['tenant_id']}/demo/etcd/etcd-0/{unique('file')}.json.gz"
    more = {"ACL": acl} if acl else {}
    return cloud.client("s3", keys).put_object(Bucket=config["bucket_name"], Key=key, Body=b"", **more)


class TestSecondHop:
    """The customer's role."""

    def enter(self, cloud, keys, config, external_id=None):
        """Assume the customer's role as the processor does."""
        return assume(
            cloud.accounts, keys, config["log_distribution_role_arn"], ExternalId=external_id or config["external_id"]
        )

    def test_the_tenants_own_session_enters(self, cloud, acme):
        """Every denial below would prove nothing: the role would let nobody in."""
        assert self.enter(cloud, cloud.central_role(acme.tenant_id), acme.cloudwatch)

    @pytest.mark.parametrize("external_id", ["999999999999", "guess"])
    def test_a_wrong_external_id_is_denied(self, cloud, acme, external_id):
        """Whoever learns a role's ARN could have the provider use it."""
        with denied():
            self.enter(cloud, cloud.central_role(acme.tenant_id), acme.cloudwatch, external_id)

    def test_another_tenants_session_is_denied(self, cloud, acme, globex):
        """A config of one tenant that names another's role would write into the other's log group."""
        with denied():
            self.enter(cloud, cloud.central_role(globex.tenant_id), acme.cloudwatch)

    @pytest.mark.parametrize("account", [CENTRAL, FOURTH])
    def test_another_principal_is_denied(self, cloud, acme, account):
        """Any role of the provider's account, or of a stranger's, could write into the customer's log group."""
        role = make_role(cloud.accounts, account, statement("sts:*"), path="/logrouter/")
        session = assume(cloud.accounts, account, role, Tags=tenant(acme.tenant_id))
        with denied():
            self.enter(cloud, session, acme.cloudwatch)

    def test_the_processor_itself_is_denied(self, cloud, acme):
        """The execution role would reach customers without the central role, which is all that they trust."""
        with denied():
            self.enter(cloud, cloud.processor, acme.cloudwatch)


class TestLogGroups:
    """What the customer's role may do."""

    @pytest.fixture
    def session(self, cloud, acme):
        """The customer's role, assumed for its tenant."""
        central = cloud.central_role(acme.tenant_id)
        config = acme.cloudwatch
        return assume(cloud.accounts, central, config["log_distribution_role_arn"], ExternalId=config["external_id"])

    def write(self, cloud, session, group, region=None):
        """Write one event into a new stream."""
        stream = {"logGroupName": group, "logStreamName": unique("stream")}
        logs = cloud.client("logs", session, region=region)
        logs.create_log_stream(**stream)
        logs.put_log_events(**stream, logEvents=[{"timestamp": int(time.time() * 1000), "message": "event"}])

    def test_its_own_group_can_be_written(self, cloud, acme, session):
        """Every denial below would prove nothing: the role could write nowhere."""
        self.write(cloud, session, acme.cloudwatch["log_group_name"])

    def test_another_group_of_the_account_is_denied(self, cloud, session):
        """A config with a wrong name would write into the customer's other log groups."""
        group = unique("other")
        cloud.client("logs", ACME).create_log_group(logGroupName=group)
        with denied():
            self.write(cloud, session, group)

    def test_another_region_is_denied(self, cloud, acme, session):
        """A config with a wrong Region would write where the customer doesn't look."""
        group = acme.cloudwatch["log_group_name"]
        cloud.client("logs", ACME, region="eu-west-1").create_log_group(logGroupName=group)
        with denied():
            self.write(cloud, session, group, region="eu-west-1")

    def test_a_deleted_group_is_not_created_again(self, cloud, acme, session):
        """It would come back without the retention, key and tags that the customer's stack gave it."""
        group = acme.cloudwatch["log_group_name"]
        cloud.client("logs", ACME).delete_log_group(logGroupName=group)
        with denied():
            cloud.client("logs", session).create_log_group(logGroupName=group)

    def test_describing_is_for_the_vector_engine_alone(self, cloud, acme, session, new_tenant):
        """The provider could list what else the customer has."""
        with denied():
            cloud.client("logs", session).describe_log_groups()
        with denied():
            cloud.client("logs", session).describe_log_streams(logGroupName=acme.cloudwatch["log_group_name"])
        config = new_tenant(account=ACME, configured=False, CloudWatchEngine="vector").cloudwatch
        central = cloud.central_role(config["tenant_id"])
        vector = assume(cloud.accounts, central, config["log_distribution_role_arn"], ExternalId=config["external_id"])
        assert cloud.client("logs", vector).describe_log_groups()
        assert cloud.client("logs", vector).describe_log_streams(logGroupName=config["log_group_name"])


class TestStop:
    """What the parameter ``DeliveriesStopped`` stops, and when."""

    def test_stopping_counts_for_open_sessions_at_once_and_can_be_taken_back(self, cloud, acme):
        """A session that the processor has cached would go on writing for up to an hour."""
        central = cloud.central_role(acme.tenant_id)
        config = acme.cloudwatch
        opened = assume(cloud.accounts, central, config["log_distribution_role_arn"], ExternalId=config["external_id"])
        logs = cloud.client("logs", opened)
        stream = {"logGroupName": config["log_group_name"], "logStreamName": "stream"}
        event = {"timestamp": int(time.time() * 1000), "message": "event"}
        logs.create_log_stream(**stream)
        logs.put_log_events(**stream, logEvents=[event])
        assert put(cloud, central, acme.s3)
        update_template(cloud, acme, DeliveriesStopped="yes")
        with denied():
            logs.put_log_events(**stream, logEvents=[event])
        with denied():
            put(cloud, central, acme.s3)
        update_template(cloud, acme, DeliveriesStopped="no")
        logs.put_log_events(**stream, logEvents=[event])
        assert put(cloud, central, acme.s3)


class TestBuckets:
    """The customer's bucket policy."""

    def test_the_tenants_own_prefix_can_be_written(self, cloud, acme):
        """Every denial below would prove nothing: the bucket would take nothing."""
        assert put(cloud, cloud.central_role(acme.tenant_id), acme.s3)

    def test_a_wrong_prefix_is_denied(self, cloud, acme):
        """A config with a wrong prefix would write among the customer's other objects."""
        with denied():
            put(cloud, cloud.central_role(acme.tenant_id), acme.s3, prefix="elsewhere/")

    def test_another_tenants_folder_is_denied(self, cloud, acme, globex):
        """A forged key would lie among another tenant's objects."""
        with denied():
            put(cloud, cloud.central_role(acme.tenant_id), acme.s3, tenant_id=globex.tenant_id)

    @pytest.mark.parametrize("acl", [None, "private"])
    def test_a_missing_or_other_acl_is_denied(self, cloud, acme, acl):
        """The customer would not own the objects in its own bucket."""
        with denied():
            put(cloud, cloud.central_role(acme.tenant_id), acme.s3, acl=acl)

    def test_another_tenants_bucket_is_denied(self, cloud, acme, globex):
        """A typo in a bucket's name would leak one tenant's logs to another."""
        with denied():
            put(cloud, cloud.central_role(globex.tenant_id), acme.s3)
        with denied():
            put(cloud, cloud.central_role(globex.tenant_id), acme.s3, tenant_id=globex.tenant_id)

    def test_a_stranger_with_the_tenants_tag_is_denied(self, cloud, acme):
        """The tag alone would open the bucket to anyone who can tag a session."""
        role = make_role(cloud.accounts, FOURTH, statement("s3:*"))
        with denied():
            put(cloud, assume(cloud.accounts, FOURTH, role, Tags=tenant(acme.tenant_id)), acme.s3)

    def test_reading_is_denied(self, cloud, acme):
        """The provider could read what customers keep."""
        bucket = acme.s3["bucket_name"]
        with denied():
            cloud.client("s3", cloud.central_role(acme.tenant_id)).list_objects_v2(Bucket=bucket)


class TestProvider:
    """The provider's own roles."""

    def test_the_central_role_needs_a_tenant(self, cloud):
        """A session for no tenant would be refused by customers with the tag condition only."""
        with denied():
            assume(cloud.accounts, cloud.processor, cloud.environment.central_log_distribution_role_arn)

    def test_the_central_role_is_for_processors_alone(self, cloud):
        """Any role of the central account could act for any tenant."""
        role = make_role(cloud.accounts, CENTRAL, statement("sts:*"))
        session = assume(cloud.accounts, CENTRAL, role)
        with denied():
            arn = cloud.environment.central_log_distribution_role_arn
            assume(cloud.accounts, session, arn, Tags=tenant("acme-corp"))

    def test_the_central_role_cannot_write_to_the_central_bucket(self, cloud):
        """A destination that is the central bucket would be an endless loop, or a forged key."""
        bucket = {"bucket_name": cloud.environment.central_bucket, "bucket_prefix": "", "tenant_id": "acme-corp"}
        with denied():
            put(cloud, cloud.central_role("acme-corp"), bucket)

    def test_a_writer_reaches_only_its_own_clusters_keys(self, cloud):
        """One compromised cluster could forge another's logs, read them, or delete its own traces."""
        s3, bucket = cloud.client("s3", cloud.writer), cloud.environment.central_bucket
        key = f"tenant_id={unique('nobody')}/cluster_id=%s/application=etcd/pod_name=etcd-0/file.json.gz"
        assert s3.put_object(Bucket=bucket, Key=key % cluster.CLUSTER_ID, Body=b"")
        for forged in (key % "other", "set-aside/tenant_id=a/x"):
            with denied():
                s3.put_object(Bucket=bucket, Key=forged, Body=b"")
        with denied():
            s3.get_object(Bucket=bucket, Key=key % cluster.CLUSTER_ID)
        with denied():
            s3.delete_object(Bucket=bucket, Key=key % cluster.CLUSTER_ID)

    @pytest.mark.parametrize("claim", ["issuer", "subject"])
    def test_a_writer_role_is_for_its_own_service_account(self, cloud, claim):
        """Any pod of the cluster, or any cluster, could write as the agent."""
        claims = {"issuer": cluster.ISSUER, "subject": cluster.subject(cluster.AGENT)}
        token = web_identity_token(**{**claims, claim: claims[claim] + "-other"})
        with denied():
            writer_keys(cloud.accounts, CENTRAL, cloud.outputs["WriterRoleArn1"], token)
