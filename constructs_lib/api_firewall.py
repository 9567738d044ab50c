"""A web application firewall in front of the API: AWS's managed rules and a limit a source address."""

from typing import Final

from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

REQUESTS_OF_AN_ADDRESS: Final = 2_000
"""In five minutes, WAF's default window. A provider's control plane comes from few addresses: raise it for those."""

MANAGED: Final = {
    "AWSManagedRulesCommonRuleSet": (
        "SizeRestrictions_BODY",  # blocks over 8 KB; the API takes 64 KiB and answers 413 itself
        "SizeRestrictions_QUERYSTRING",  # blocks over 2,048 bytes; a page token may have 4,000
        "RestrictedExtensions_URIPATH",  # blocks .log, .conf and the like, which ids may end in
        "RestrictedExtensions_QUERYARGUMENTS",  # the same, in the query
    ),
    "AWSManagedRulesKnownBadInputsRuleSet": (),
}
"""AWS's rule groups, each with the rules that only count, because they block what the API documents.

Source: WAF developer guide, "Baseline rule groups".
"""


class ApiFirewall(Construct):
    """A web ACL for one stage of an API; without it the API is guarded by signatures, throttling and its own checks."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: apigateway.Stage) -> None:
        super().__init__(scope, construct_id)
        self.web_acl = wafv2.CfnWebACL(
            self,
            "WebAcl",
            scope="REGIONAL",
            default_action=wafv2.CfnWebACL.DefaultActionProperty(allow={}),
            visibility_config=_visible("api"),
            rules=[_rate_rule(), *(_managed_rule(name, priority) for priority, name in enumerate(MANAGED, start=1))],
        )
        wafv2.CfnWebACLAssociation(self, "Association", resource_arn=stage.stage_arn, web_acl_arn=self.web_acl.attr_arn)


def _rate_rule() -> wafv2.CfnWebACL.RuleProperty:
    limit = wafv2.CfnWebACL.RateBasedStatementProperty(limit=REQUESTS_OF_AN_ADDRESS, aggregate_key_type="IP")
    return wafv2.CfnWebACL.RuleProperty(
        name="rate",
        priority=0,
        action=wafv2.CfnWebACL.RuleActionProperty(block={}),
        statement=wafv2.CfnWebACL.StatementProperty(rate_based_statement=limit),
        visibility_config=_visible("rate"),
    )


def _managed_rule(name: str, priority: int) -> wafv2.CfnWebACL.RuleProperty:
    count = wafv2.CfnWebACL.RuleActionProperty(count={})
    only_counted = [
        wafv2.CfnWebACL.RuleActionOverrideProperty(name=rule, action_to_use=count) for rule in MANAGED[name]
    ]
    group = wafv2.CfnWebACL.ManagedRuleGroupStatementProperty(
        vendor_name="AWS", name=name, rule_action_overrides=only_counted or None
    )
    return wafv2.CfnWebACL.RuleProperty(
        name=name,
        priority=priority,
        override_action=wafv2.CfnWebACL.OverrideActionProperty(none={}),
        statement=wafv2.CfnWebACL.StatementProperty(managed_rule_group_statement=group),
        visibility_config=_visible(name),
    )


def _visible(name: str) -> wafv2.CfnWebACL.VisibilityConfigProperty:
    return wafv2.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=False
    )
