import pytest

from constructs_lib.limits import PropertyError
from constructs_lib.web_identity import WebIdentity

GOOD = {
    "provider_arn": "arn:aws:iam::111111111111:oidc-provider/oidc.example.com/id/ABC",
    "namespace": "logging",
    "service_account": "agent",
}


def test_trusts_one_subject_and_tokens_for_sts_alone():
    """Any pod of the cluster, or a token made for another service, would get the role."""
    fragment = WebIdentity(**GOOD).principal().policy_fragment
    assert fragment.conditions == {
        "StringEquals": {
            "oidc.example.com/id/ABC:sub": "system:serviceaccount:logging:agent",
            "oidc.example.com/id/ABC:aud": "sts.amazonaws.com",
        }
    }
    assert fragment.principal_json == {"Federated": [GOOD["provider_arn"]]}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("provider_arn", "arn:aws:iam::111111111111:role/x"),
        ("provider_arn", "oidc.example.com/id/ABC"),
        ("namespace", "*"),
        ("namespace", "Logging"),
        ("service_account", "agent:*"),
        ("service_account", ""),
    ],
)
def test_patterns_and_other_arns_are_refused(field, value):
    """A wildcard would be compared literally or, in a policy rewritten to StringLike, let everyone in."""
    with pytest.raises(PropertyError, match=field):
        WebIdentity(**{**GOOD, field: value})
