"""The context values of the command line, read once and typed. Unknown ones are refused with the known ones."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from aws_cdk import aws_lambda as lambda_

from constructs_lib.limits import require, require_match
from constructs_lib.outside_network import OutsideNetworkSettings
from stacks.bundling.packages import API, OUTSIDE
from stacks.bundling.runtime_asset import build_runtime_asset
from stacks.settings_file import SettingsFile
from stacks.stages import STAGES, OutsideSettings, StageConfig

KNOWN: Final = ("stage", "part", "regions", "central_account", "customer_stack_name", "outside", "alerts")
_NO_FILE: Final = SettingsFile()
_PARTS: Final = ("central", "customer", "both")
_OUTSIDE: Final = {
    "no": None,
    "yes": OutsideSettings(),
    "network": OutsideSettings(network=OutsideNetworkSettings()),
}
"""What ``-c outside=...`` may say; a stage that says more about it itself isn't overruled by ``yes``."""
_ANSWERS: Final = {"no": False, "yes": True}
_OF_THE_COMMAND_LINE: Final = re.compile(r".*[:/@].*|acknowledged-issue-numbers|cli-telemetry")
"""Feature flags, look-ups and notes of its own, which the CDK passes on with what was typed."""


@dataclass(frozen=True, kw_only=True)
class AppContext:
    """The app's inputs.

    :param stage: with its Regions filled in, unless only the customer's side is built.
    :param central_account: 12 digits; empty where only the customer's side is built.
    """

    stage: StageConfig
    central_account: str
    central: bool
    customer: bool
    customer_stack_name: str

    @classmethod
    def read(
        cls,
        context: Mapping[str, object],
        environment: Mapping[str, str],
        settings: SettingsFile = _NO_FILE,
    ) -> "AppContext":
        """Return the app's inputs from the context, the settings file and the CDK's variables, in that order.

        :raises PropertyError: an unknown key, stage or part; or no central account or Region.
        """
        _require_known(context)
        given = {**settings.given, **{key: str(context[key] or "") for key in KNOWN if key in context}}
        name, part = given.get("stage") or "development", given.get("part") or "central"
        require(holds=name in STAGES, constraint=f"stage must be one of {', '.join(STAGES)}, not {name!r}")
        require(holds=part in _PARTS, constraint=f"part must be one of {', '.join(_PARTS)}, not {part!r}")
        stage = _with_alerts(_with_outside(STAGES[name], given.get("outside", "")), given.get("alerts", ""))
        account = given.get("central_account") or environment.get("CDK_DEFAULT_ACCOUNT", "")
        if part != "customer":
            stage = settings.apply(replace(stage, regions=_regions(given, stage, environment)))
            require_match("central_account", account, r"\d{12}", "12 digits, by -c central_account=... or credentials")
        return cls(
            stage=stage,
            central_account=account,
            central=part != "customer",
            customer=part != "central",
            customer_stack_name=given.get("customer_stack_name") or "LogRouterCustomer",
        )

    def processor_code(self) -> lambda_.Code:
        """Build the processor's zip for the stage's architecture."""
        return build_runtime_asset(self.stage.architecture).code()

    def outside_code(self) -> lambda_.Code:
        """Build the outside processor's zip for the stage's architecture."""
        return build_runtime_asset(self.stage.architecture, package=OUTSIDE).code()

    def api_code(self) -> lambda_.Code:
        """Build the API's zip for the stage's architecture."""
        return build_runtime_asset(self.stage.architecture, package=API).code()


def _with_outside(stage: StageConfig, asked: str) -> StageConfig:
    if not asked or (asked == "yes" and stage.outside is not None):
        return stage
    require(holds=asked in _OUTSIDE, constraint=f"outside must be one of {', '.join(_OUTSIDE)}, not {asked!r}")
    return replace(stage, outside=_OUTSIDE[asked])


def _with_alerts(stage: StageConfig, asked: str) -> StageConfig:
    require(holds=asked in {"", *_ANSWERS}, constraint=f"alerts must be one of {', '.join(_ANSWERS)}, not {asked!r}")
    return replace(stage, alerts=_ANSWERS[asked]) if asked else stage


def _require_known(context: Mapping[str, object]) -> None:
    unknown = sorted(key for key in context if key not in KNOWN and not _OF_THE_COMMAND_LINE.fullmatch(key))
    require(holds=not unknown, constraint=f"unknown context: {', '.join(unknown)}; -c takes {', '.join(KNOWN)}")


def _regions(given: Mapping[str, str], stage: StageConfig, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the Regions of the context, else the stage's own, else that of the credentials."""
    asked = tuple(region.strip() for region in given.get("regions", "").split(",") if region.strip())
    default = environment.get("CDK_DEFAULT_REGION", "")
    regions = asked or stage.regions or ((default,) if default else ())
    require(holds=bool(regions), constraint="regions: say where, by -c regions=... or the credentials' Region")
    return regions
