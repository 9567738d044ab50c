"""What is printed where a step fails: whose change it is, and the document to paste."""

import pytest

from runtime.deliveries.cloudwatch.config import CloudWatchConfig
from runtime.deliveries.elasticsearch.config import ElasticsearchConfig
from runtime.deliveries.function.config import FunctionConfig
from runtime.deliveries.probe import ProbeStep, StepOutcome, explicit_deny, other_region, try_steps
from runtime.deliveries.s3.config import S3Config
from runtime.deliveries.s3.error_mapping import classify_copy
from runtime.delivery_config.grants import Provider
from runtime.delivery_test.fixes import fixes
from runtime.errors import FailedCall
from tests.onboarding_page import ROWS, as_documented
from tests.unit.runtime.aws_world import CENTRAL_ROLE, CUSTOMER_ROLE

PROVIDER = Provider(CENTRAL_ROLE)
OWN = {"tenant_id": "acme-corp", "target_region": "us-east-1"}
CLOUDWATCH = CloudWatchConfig(**OWN, type="cloudwatch", log_distribution_role_arn=CUSTOMER_ROLE, log_group_name="/acme")
S3 = S3Config(**OWN, type="s3", bucket_name="acme-logs", bucket_owner="333333333333")
FUNCTION = FunctionConfig(
    **OWN,
    type="function",
    log_distribution_role_arn=CUSTOMER_ROLE,
    function_arn="arn:aws:lambda:us-east-1:222222222222:function:take:live",
)
SEARCH = ElasticsearchConfig(
    **OWN,
    type="elasticsearch",
    url="https://search.example.com",
    index="logs",
    auth="aws_sigv4",
    log_distribution_role_arn=CUSTOMER_ROLE,
)


def found(config, reason, action, hop="DESTINATION", **more):
    step = ProbeStep("a step", StepOutcome.FAILED, reason, "", FailedCall(hop, action, "a resource", "words"), **more)
    return [(fix.side, fix.place, fix.document) for fix in fixes(config, step, PROVIDER)]


@pytest.mark.parametrize(
    ("config", "reason", "action", "place", "allowed", "resource"),
    [
        (CLOUDWATCH, "second-hop-denied", "sts:AssumeRole", "the role's trust policy", "sts:AssumeRole", None),
        (
            CLOUDWATCH, "destination-denied", "logs:PutLogEvents", "a policy of the role", "logs:PutLogEvents",
            "arn:aws:logs:us-east-1:222222222222:log-group:/acme:*",
        ),
        (
            CLOUDWATCH, "log-group-missing", "logs:CreateLogGroup", "a policy of the role", "logs:CreateLogGroup",
            "arn:aws:logs:us-east-1:222222222222:log-group:/acme",
        ),
        (
            S3, "destination-denied", "s3:PutObject", "the bucket's policy", "s3:PutObject",
            "arn:aws:s3:::acme-logs/ROSA/cluster-logs/acme-corp/*",
        ),
        (S3, "destination-denied", "kms:GenerateDataKey", "the key's policy", "kms:GenerateDataKey", "*"),
        (S3, "kms-refused", "s3:PutObject", "the key's policy", "kms:Decrypt", "*"),
        (
            FUNCTION, "destination-denied", "lambda:Invoke", "a policy of the role", "lambda:InvokeFunction",
            "arn:aws:lambda:us-east-1:222222222222:function:take:*",
        ),
        (
            SEARCH, "destination-denied", "es:ESHttpPost", "a policy of the role", "es:ESHttpPost",
            "arn:aws:es:us-east-1:222222222222:domain/*",
        ),
    ],
)  # fmt: skip
def test_a_refused_call_has_its_statement(  # noqa: PLR0917 - a table
    config, reason, action, place, allowed, resource
):
    """The customer would have to work out which policy of theirs lacks what."""
    hop = "CUSTOMER" if reason == "second-hop-denied" else "DESTINATION"
    side, where, document = found(config, reason, action, hop)[0]
    assert (side, where, document["Effect"]) == ("customer", place, "Allow")
    assert allowed in document["Action"]
    resources = document.get("Resource")
    assert resource is None or resource in (resources if isinstance(resources, list) else [resources])


def test_what_may_be_wrong_in_the_config_instead_is_said_behind_the_statement():
    """A customer would open a log group or bucket that was never meant."""
    assert found(CLOUDWATCH, "destination-denied", "logs:CreateLogStream")[1][::2] == (
        "config",
        {},
    )
    assert found(S3, "destination-denied", "s3:PutObject")[1][::2] == ("config", {"bucket_owner": None})


def test_a_role_that_the_central_role_may_not_assume_is_told_so():
    """Its trust would be changed again and again, and never be the cause."""
    config = CLOUDWATCH.model_copy(update={"log_distribution_role_arn": "arn:aws:iam::222222222222:role/Logs"})
    side, place, document = found(config, "second-hop-denied", "sts:AssumeRole", "CUSTOMER")[0]
    assert (side, place, document) == ("customer", "the role's name", {})


@pytest.mark.parametrize(
    ("config", "hop", "side", "role"),
    [
        (CLOUDWATCH, "DESTINATION", "customer", CUSTOMER_ROLE),
        (CLOUDWATCH, "CUSTOMER", "customer", CENTRAL_ROLE),
        (S3, "DESTINATION", "customer", CENTRAL_ROLE),
        (S3, "CENTRAL", "provider", CENTRAL_ROLE),
    ],
)
def test_an_explicit_deny_is_no_missing_permission(config, hop, side, role):
    """The statement that is printed would be pasted, and change nothing: a deny always wins."""
    ((who, place, document),) = found(config, "destination-denied", "x:Y", hop, denied_by="service control policy")
    assert (who, place) == (side, "the service control policy that denies it")
    assert document == {"Condition": {"ArnNotEquals": {"aws:PrincipalArn": role}}}


@pytest.mark.parametrize(
    ("reason", "action", "hop", "has_document"),
    [
        ("first-hop-denied", "sts:TagSession", "CENTRAL", True),
        ("source-denied", "s3:GetObject", "SOURCE", False),
        ("own-access-denied", "kms:GenerateMac", "EXECUTION", False),
    ],
)
def test_what_is_the_providers_is_not_asked_of_the_customer(reason, action, hop, has_document):
    """A customer would be sent to change what they can't see."""
    ((side, _, document),) = found(CLOUDWATCH, reason, action, hop)
    assert (side, bool(document)) == ("provider", has_document)


@pytest.mark.parametrize("outcome", [StepOutcome.PASSED, StepOutcome.NOT_REACHED])
def test_only_what_failed_has_a_fix(outcome):
    """A customer would change what works."""
    assert fixes(S3, ProbeStep("a step", outcome), PROVIDER) == []


class AnswerError(Exception):
    """An answer of AWS, as botocore raises one."""

    def __init__(self, code, message="", status=400, headers=None, **more):
        super().__init__(code)
        metadata = {"HTTPStatusCode": status, "HTTPHeaders": headers or {}}
        self.response = {"Error": {"Code": code, "Message": message, **more}, "ResponseMetadata": metadata}


def s3_step(*arguments, **more):
    """The step in which S3 answers so, as its error mapping has it."""

    def put():
        error = AnswerError(*arguments, **more)
        raise classify_copy(
            error, action="s3:PutObject", central_bucket="central", bucket="acme-logs", key="k"
        ) from error

    (step,) = try_steps(("object", put)).steps
    return step


def test_acls_that_are_disabled_have_their_setting():
    """S3 user guide, "Disabling ACLs": AccessControlListNotSupported; no policy helps there."""
    step = s3_step("AccessControlListNotSupported", "The bucket does not allow ACLs")
    fix = fixes(S3, step, PROVIDER)[0]
    as_documented("ACLs disabled", step.name, step.reason, fix.side, fix.place)
    assert (fix.side, fix.document) == ("customer", {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]})


@pytest.mark.parametrize(
    "answer",
    [
        {"code": "AuthorizationHeaderMalformed", "Region": "eu-west-1"},
        {"code": "PermanentRedirect", "status": 301, "headers": {"x-amz-bucket-region": "eu-west-1"}},
    ],
)
def test_a_bucket_elsewhere_has_its_region(answer):
    """S3 API reference, "Error responses": who writes the config would have to look for the bucket."""
    fix = fixes(S3, s3_step(answer.pop("code"), **answer), PROVIDER)[0]
    assert (fix.side, fix.document) == ("config", {"target_region": "eu-west-1"})


def test_a_key_that_is_denied_has_its_statement():
    """KMS developer guide: S3 passes KMS' refusal on; a bucket policy that is right would be looked through for it."""
    message = (
        f"User: {CENTRAL_ROLE} is not authorized to perform: kms:GenerateDataKey on resource: "
        "arn:aws:kms:us-east-1:2:key/1 because no resource-based policy allows the kms:GenerateDataKey action"
    )
    step = s3_step("AccessDenied", message, status=403)
    fix = fixes(S3, step, PROVIDER)[0]
    as_documented("KMS denied", step.name, step.reason, fix.side, fix.place)
    assert (fix.place, fix.document["Action"]) == ("the key's policy", ["kms:GenerateDataKey", "kms:Decrypt"])
    assert fix.document["Condition"]["StringEquals"]["kms:ViaService"] == "s3.us-east-1.amazonaws.com"


def test_aws_own_words_say_which_policy_denies():
    """IAM user guide, "Troubleshoot access denied error messages": the forms of its messages."""
    said = "User: u is not authorized to perform: a:B on resource: r "
    assert (
        explicit_deny({"Message": said + "with an explicit deny in a service control policy"})
        == "service control policy"
    )
    assert explicit_deny({"Message": said + "with an explicit deny"}) == "policy"
    assert not explicit_deny({"Message": said + "because no identity-based policy allows the a:B action"})
    assert not other_region({"Region": "not a region!"}, {})


def test_the_page_has_all_twelve():
    """A row that is gone would be compared with nothing: each is named by the test that breaks it."""
    assert len(ROWS) == 12
