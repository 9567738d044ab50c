"""The outside's own network: out to the public internet from fixed addresses, and to no private address at all."""

import ipaddress
from dataclasses import dataclass
from typing import Any, Final

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from constructs_lib.acknowledgement import acknowledge
from constructs_lib.limits import require, require_between

CLOSED: Final = (
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/3",
)
"""What is no global unicast address. Source: IANA IPv4 special-purpose address registry; 224/3: multicast, reserved."""

MOST_ZONES: Final = 3
MOST_ENDPOINTS: Final = 2
"""A network ACL has 20 rules a direction (VPC quotas): the closed ranges take most of them."""
_RESOLVER: Final = 2
"""The resolver is the VPC's third address. Source: VPC user guide, "Amazon DNS server"."""
_EPHEMERAL: Final = (1024, 65535)
"""Source: VPC user guide, "Ephemeral ports": of NAT gateways."""


@dataclass(frozen=True, kw_only=True)
class OutsideNetworkSettings:
    """What a stage may choose about the network.

    :param cidr: of the VPC. Its own addresses are reached by the local route, which can't be removed: the ACLs close
        them, too.
    :param zones: availability zones; each has a NAT gateway with an address of its own.
    :param endpoints: private ranges that stay open (443 and above): interface endpoints, a customer's PrivateLink.
    """

    cidr: str = "10.255.0.0/24"
    zones: int = 2
    endpoints: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what can't be made, or would open a whole private range."""
        require_between("zones", self.zones, 1, MOST_ZONES)
        require_between("number of endpoints", len(self.endpoints), 0, MOST_ENDPOINTS)
        for name in self.endpoints:
            prefix = ipaddress.IPv4Network(name).prefixlen
            require(holds=prefix >= 24, constraint=f"endpoints: {name} must be a /24 or smaller")  # noqa: PLR2004 - as the text


class OutsideNetwork(Construct):
    """VPC of which the private subnets reach public addresses alone, by TCP, through NAT gateways with fixed addresses.

    S3 and DynamoDB are reached by gateway endpoints, which have public addresses and cost nothing; everything else of
    AWS through the NAT gateways. IPv6 isn't routed.

    :param log_retention: of the log of refused connections.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: OutsideNetworkSettings,
        log_retention: logs.RetentionDays,
    ) -> None:
        super().__init__(scope, construct_id)
        self.addresses = [ec2.CfnEIP(self, f"Address{zone}", domain="vpc") for zone in range(settings.zones)]
        gateways = ec2.NatProvider.gateway(eip_allocation_ids=[each.attr_allocation_id for each in self.addresses])
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(settings.cidr),
            max_azs=settings.zones,
            nat_gateway_provider=gateways,
            nat_gateways=settings.zones,
            restrict_default_security_group=False,  # it would be a custom resource with a function of its own; unused
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="Public", subnet_type=ec2.SubnetType.PUBLIC, map_public_ip_on_launch=False
                ),
                ec2.SubnetConfiguration(name="Outside", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
            ],
            gateway_endpoints={
                "S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3),
                "DynamoDb": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.DYNAMODB),
            },
        )
        self.subnets = ec2.SubnetSelection(subnet_group_name="Outside")
        self._close(settings)
        self.security_group = ec2.SecurityGroup(
            self,
            "Group",
            vpc=self.vpc,
            description="The outside processor: out by TCP, nothing in",
            allow_all_outbound=False,
        )
        self.security_group.add_egress_rule(
            ec2.Peer.any_ipv4(), ec2.Port.tcp_range(443, 65535), "The network ACL closes private ranges"
        )
        refused = logs.LogGroup(self, "RefusedLogGroup", retention=log_retention, removal_policy=RemovalPolicy.DESTROY)
        self.vpc.add_flow_log(
            "RefusedConnections",
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(refused, _flow_log_role(self)),
            traffic_type=ec2.FlowLogTrafficType.REJECT,
        )

    def of_function(self) -> dict[str, Any]:
        """Return a function's properties that put it into the network."""
        return {"vpc": self.vpc, "vpc_subnets": self.subnets, "security_groups": [self.security_group]}

    def _close(self, settings: OutsideNetworkSettings) -> None:
        """Let TCP out to what isn't closed, and its answers in. The rule with the lowest number decides."""
        acl = ec2.NetworkAcl(self, "Acl", vpc=self.vpc, subnet_selection=self.subnets)
        acknowledge(
            acl,
            reason="The wall against private addresses: security groups can't deny, the local route stays.",
            findings=("AwsSolutions-VPC3",),
        )
        resolver = f"{ipaddress.IPv4Network(settings.cidr)[_RESOLVER]}/32"
        open_ = [(f"{settings.endpoints[number]}", 443) for number in range(len(settings.endpoints))]
        rules = [
            # No ACL filters the VPC's own resolver (VPC user guide, "Network ACL basics"): it says that it is meant.
            *((resolver, ec2.AclTraffic.udp_port(53), ec2.Action.ALLOW),),
            *((cidr, ec2.AclTraffic.tcp_port_range(port, 65535), ec2.Action.ALLOW) for cidr, port in open_),
            *((cidr, ec2.AclTraffic.all_traffic(), ec2.Action.DENY) for cidr in CLOSED),
            ("0.0.0.0/0", ec2.AclTraffic.tcp_port_range(443, 65535), ec2.Action.ALLOW),
        ]
        answers = [
            (resolver, ec2.AclTraffic.udp_port_range(*_EPHEMERAL), ec2.Action.ALLOW),
            *((cidr, ec2.AclTraffic.tcp_port_range(*_EPHEMERAL), ec2.Action.ALLOW) for cidr, _ in open_),
            *rules[1 + len(open_) : -1],
            ("0.0.0.0/0", ec2.AclTraffic.tcp_port_range(*_EPHEMERAL), ec2.Action.ALLOW),
        ]
        for direction, entries in ((ec2.TrafficDirection.EGRESS, rules), (ec2.TrafficDirection.INGRESS, answers)):
            for number, (cidr, traffic, action) in enumerate(entries, 1):
                acl.add_entry(
                    f"{direction.value.title()}{number}",
                    cidr=ec2.AclCidr.ipv4(cidr),
                    traffic=traffic,
                    rule_number=number * 10,
                    direction=direction,
                    rule_action=action,
                )


def _flow_log_role(scope: Construct) -> iam.Role:
    """Return the role that flow logs are written as (VPC user guide, "Publish flow logs to CloudWatch Logs")."""
    of_this_account = {"StringEquals": {"aws:SourceAccount": Stack.of(scope).account}}
    service = iam.ServicePrincipal("vpc-flow-logs.amazonaws.com", conditions=of_this_account)
    return iam.Role(scope, "FlowLogRole", description="Writes the log of refused connections", assumed_by=service)
