"""Who a Kubernetes service account is to IAM: an OpenID Connect provider, a namespace and a name."""

from dataclasses import dataclass

from aws_cdk import aws_iam as iam

from constructs_lib.limits import require_match

_ARN = r"arn:[a-z-]+:iam::\d{12}:oidc-provider/.+"
_NAME = r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?"
"""Source: Kubernetes object names, RFC 1123 subdomain."""


@dataclass(frozen=True, kw_only=True)
class WebIdentity:
    """One service account of one cluster. Never a pattern: a wildcard would let any pod of the cluster in.

    :param provider_arn: the cluster's IAM OpenID Connect provider in the central account. The issuer is what
        follows ``oidc-provider/`` in it.
    """

    provider_arn: str
    namespace: str
    service_account: str

    def __post_init__(self) -> None:
        """Refuse what IAM or Kubernetes would refuse."""
        require_match("provider_arn", self.provider_arn, _ARN, "the ARN of an IAM OpenID Connect provider")
        require_match("namespace", self.namespace, _NAME, "a Kubernetes namespace")
        require_match("service_account", self.service_account, _NAME, "the name of a Kubernetes service account")

    @property
    def issuer(self) -> str:
        """The issuer without its scheme, as IAM's condition keys are named after it."""
        return self.provider_arn.split(":oidc-provider/", 1)[1]

    def principal(self) -> iam.WebIdentityPrincipal:
        """Return the principal that a role trusts: this subject, and tokens made for STS alone."""
        return iam.WebIdentityPrincipal(
            self.provider_arn,
            {
                "StringEquals": {
                    f"{self.issuer}:sub": f"system:serviceaccount:{self.namespace}:{self.service_account}",
                    f"{self.issuer}:aud": "sts.amazonaws.com",
                }
            },
        )
