"""What the command line may choose, read once and typed. Unknown words are refused with those that are known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from aws_cdk import aws_lambda as lambda_

from constructs_lib.limits import require, require_match
from constructs_lib.runtime_asset import build_runtime_asset
from constructs_lib.runtime_bundle import API
from stacks.stages import STAGES, StageConfig

_PARTS = ("both", "central", "customer")


@dataclass(frozen=True, kw_only=True)
class AppContext:
    """The app's inputs.

    :param central_account: 12 digits; empty where only the customer's side is built.
    """

    stage: StageConfig
    central_account: str
    central: bool
    customer: bool
    customer_stack_name: str

    @classmethod
    def read(cls, context: Callable[[str], object], environment: Mapping[str, str]) -> "AppContext":
        """Read it. Raises ``PropertyError`` for an unknown stage or part, and without a central account."""

        def text(key: str, default: str) -> str:
            return str(context(key) or default)

        name, part = text("stage", "development"), text("part", "both")
        require(holds=name in STAGES, constraint=f"stage must be one of {', '.join(STAGES)}, not {name!r}")
        require(holds=part in _PARTS, constraint=f"part must be one of {', '.join(_PARTS)}, not {part!r}")
        stage = STAGES[name]
        regions = text("regions", "")
        if regions:
            stage = replace(stage, regions=tuple(region.strip() for region in regions.split(",")))
        account = text("central_account", environment.get("CDK_DEFAULT_ACCOUNT", ""))
        if part != "customer":
            require_match("central_account", account, r"\d{12}", "12 digits, by -c central_account=... or credentials")
        return cls(
            stage=stage,
            central_account=account,
            central=part != "customer",
            customer=part != "central",
            customer_stack_name=text("customer_stack_name", "LogRouterCustomer"),
        )

    def processor_code(self) -> lambda_.Code:
        """Build the processor's zip for the stage's architecture."""
        return build_runtime_asset(self.stage.architecture).code()

    def api_code(self) -> lambda_.Code:
        """Build the API's zip for the stage's architecture."""
        return build_runtime_asset(self.stage.architecture, package=API).code()
