"""The outside: a processor of its own for deliveries to addresses that customers choose, apart from everything else."""

from collections.abc import Callable
from typing import Final

from aws_cdk import Environment, Fn
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from constructs_lib.delivery_tester import OutsideTesterFunction, OutsideTests
from constructs_lib.outside_network import MOST_ZONES, OutsideNetwork
from constructs_lib.outside_processor import OutsideExecutionRole, OutsideProcessor
from constructs_lib.outside_reader import TenantData
from constructs_lib.processor_environment import outside_environment
from constructs_lib.processor_execution_role import OutsideLink
from constructs_lib.queues import DeliveryQueue
from constructs_lib.session_issuer import SessionIssuerFunction
from stacks.regional_stack import RegionalStack
from stacks.stages import Host, OutsideSettings, StageConfig
from stacks.storage_stack import StorageStack

OUTPUTS: Final = {
    "OutsideQueueUrl": "The queue of deliveries to customers' own addresses",
    "OutsideDlqUrl": "Deliveries that the outside could neither make nor park; empty when all is well",
    "OutsideExecutionRoleArn": "The outside processor's own role, also for its poller's service account",
    "OutsideReaderRoleArn": "The role of the outside's sessions, each for one tenant",
    "PassKeyArn": "The key of the passes that deliveries to the outside carry",
    "SessionIssuerFunctionName": "The function that issues the outside's sessions",
    "OutsideAddresses": "The addresses that deliveries come from, for customers' firewalls",
    "OutsideFunctionName": "The outside processor's function",
    "OutsideLogGroupName": "The outside processor's log, with the delivery records",
    "OutsidePollerEnvironment": "The outside poller's environment on Kubernetes, as JSON",
}
"""What each output is, as the page of the stack shows it."""


class OutsideStack(RegionalStack):
    """One Region's outside processor on the stage's host, its queue, and the session issuer.

    :param code: makes the issuer's code, which is the inside's; ``outside_code`` the outside processor's.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        env: Environment,
        stage: StageConfig,
        settings: OutsideSettings,
        storage: StorageStack,
        code: Callable[[], lambda_.Code],
        outside_code: Callable[[], lambda_.Code],
    ) -> None:
        super().__init__(scope, construct_id, env=env, stage=stage, purpose="outside processor, session issuer")
        self.delivery_queue = DeliveryQueue(
            self,
            "OutsideQueue",
            visibility_timeout=stage.visibility_timeout,
            delivery_schedule=stage.tuning.delivery_schedule,
            removal_policy=stage.removal_policy,
        )
        tenants = TenantData(
            bucket=storage.central_bucket,
            records=storage.tenants.table,
            delivery_configs=storage.delivery_configs.table,
            parked_deliveries=storage.parked_deliveries.table,
        )
        self.issuer = SessionIssuerFunction(
            self,
            "SessionIssuer",
            settings=self.function_settings(code()),
            tenants=tenants,
            removal_policy=stage.removal_policy,
        )
        self.queue = OutsideLink(queue=self.delivery_queue, pass_key=self.issuer.pass_key)
        self.network = self._network(settings)
        self.execution_role = self._execution_role(settings)
        self.environment_variables = outside_environment(
            tenants=tenants,
            queue=self.delivery_queue,
            issuer=self.issuer.function,
            tuning=stage.tuning,
            account=self.account,
        )
        self.processor = self._processor(settings, outside_code) if stage.host is not Host.POLLER else None
        self.tester = self._tester(outside_code, tenants)
        self.tests = OutsideTests(function=self.tester.function, pass_key=self.issuer.pass_key)
        self.record_log_groups = (self.processor.log_group.log_group_name,) if self.processor is not None else ()
        self.trace(*self.functions().values(), priority=3000)
        self._write_outputs()

    @property
    def availability_zones(self) -> list[str]:
        """The Region's zones by their order: nothing is looked up in the account at synthesis."""
        return [Fn.select(number, Fn.get_azs()) for number in range(MOST_ZONES)]

    def functions(self) -> dict[str, lambda_.Function]:
        """Return the functions by what an operator calls them."""
        processor = {} if self.processor is None else {"outside": self.processor.function}
        return {**processor, "issuer": self.issuer.function, "outside-tester": self.tester.function}

    def _network(self, settings: OutsideSettings) -> OutsideNetwork | None:
        if settings.network is None:
            return None
        return OutsideNetwork(self, "Network", settings=settings.network, log_retention=self.stage.function_log_kept)

    def _execution_role(self, settings: OutsideSettings) -> OutsideExecutionRole:
        host = self.stage.host
        return OutsideExecutionRole(
            self,
            "OutsideRole",
            queue=self.delivery_queue,
            issuer=self.issuer.function,
            on_lambda=host is not Host.POLLER,
            in_network=self.network is not None,
            web_identity=settings.poller_identity if host is not Host.LAMBDA else None,
        )

    def _processor(self, settings: OutsideSettings, code: Callable[[], lambda_.Code]) -> OutsideProcessor:
        return OutsideProcessor(
            self,
            "OutsideProcessor",
            settings=self.function_settings(code()),
            role=self.execution_role.role,
            queue=self.delivery_queue,
            environment=self.environment_variables,
            size=settings.size,
            network=self.network,
        )

    def _tester(self, code: Callable[[], lambda_.Code], tenants: TenantData) -> OutsideTesterFunction:
        role = OutsideExecutionRole(
            self,
            "OutsideTesterRole",
            queue=None,
            issuer=self.issuer.function,
            on_lambda=True,
            in_network=self.network is not None,
            web_identity=None,
            description="Makes test deliveries to addresses of customers' own",
        )
        return OutsideTesterFunction(
            self,
            "OutsideTester",
            settings=self.function_settings(code()),
            role=role.role,
            issuer=self.issuer.function,
            tenants=tenants,
            tuning=self.stage.tuning,
            network=self.network,
        )

    def _write_outputs(self) -> None:
        values = {
            "OutsideQueueUrl": self.delivery_queue.queue.queue_url,
            "OutsideDlqUrl": self.delivery_queue.dead_letter_queue.queue_url,
            "OutsideExecutionRoleArn": self.execution_role.role.role_arn,
            "OutsideReaderRoleArn": self.issuer.reader.role.role_arn,
            "PassKeyArn": self.issuer.pass_key.key_arn,
            "SessionIssuerFunctionName": self.issuer.function.function_name,
        }
        if self.network is not None:
            values["OutsideAddresses"] = ",".join(each.attr_public_ip for each in self.network.addresses)
        if self.processor is not None:
            values["OutsideFunctionName"] = self.processor.function.function_name
            values["OutsideLogGroupName"] = self.processor.log_group.log_group_name
        if self.stage.host is not Host.LAMBDA:
            region = {"AWS_REGION": self.region, "SQS_QUEUE_URL": self.delivery_queue.queue.queue_url}
            values["OutsidePollerEnvironment"] = self.to_json_string({**self.environment_variables, **region})
        for name, value in values.items():
            self.output(name, value, OUTPUTS[name])
