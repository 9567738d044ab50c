"""`python -m local verify-aws`: plan, agree, deploy, show, remove."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.demonstration import Demonstration, Shown
from local.deployment.onboarding import CUSTOMERS
from local.processes import end_commands
from local.reporting import Steps, console
from local.verification.deployment import AwsDeployment
from local.verification.plan import expected_dollars, plan_table
from local.verification.profiles import Profiles, ProfilesError, account_of
from local.verification.record import Made
from local.verification.removal import LeftOverError, Removal

MAX_WAIT_SECONDS = 1200.0
"""What every destination may take in AWS: a new role isn't known everywhere at once, and a refusal is tried again."""


@dataclass(frozen=True, slots=True)
class Verification:
    """One run.

    :param central: the provider's profile; ``customers`` those of the recorded tenants, in their order.
    :param agreed: asks whether to go on, once the plan was shown.
    """

    region: str
    central: str
    customers: Sequence[str]
    home: Path
    agreed: Callable[[], bool]

    def run(self, *, dry_run: bool = False) -> Shown | None:
        """Do it all; None where nothing was made, because it was not wanted.

        :raises LeftOverError: something could not be removed.
        """
        if left := Made.load(self.home):
            raise LeftOverError(f"an earlier run left {len(left.stacks)} stacks: VERIFY_ARGS=--remove removes them")
        shutil.rmtree(self.home, ignore_errors=True)
        with Steps() as steps:
            deployment = self._deployment(steps)
            deployment.synthesize()
            made = deployment.planned()
        assembly = deployment.command_line.assembly
        console.print(plan_table(made, assembly))
        console.print(f"about ${expected_dollars(assembly):.2f} by list prices, in an hour, for all accounts together")
        if dry_run or not self.agreed():
            return None
        made.save(self.home)
        try:
            with Steps() as steps:
                return self._show(self._deployment(steps), steps)
        finally:
            end_commands()
            self.remove()

    def remove(self) -> None:
        """Remove what the record names.

        :raises LeftOverError: something could not be removed; the record stays.
        """
        made = Made.load(self.home)
        if made is None:
            console.print("there is no record of a run: nothing to remove")
            return
        with Steps() as steps:
            Removal(self._profiles(), steps.begin).remove(made)
        Made.forget(self.home)
        console.print("everything is removed")

    def _show(self, deployment: AwsDeployment, steps: Steps) -> Shown:
        environment = deployment.run()
        writer = deployment.accounts.client("s3", deployment.central_account)
        shown = Demonstration(deployment.accounts, environment, writer, self.home, steps, MAX_WAIT_SECONDS)
        return shown.run()

    def _deployment(self, steps: Steps) -> AwsDeployment:
        accounts = self._profiles()
        central, *customers = (account_of(profile, self.region) for profile in (self.central, *self.customers))
        tenants = dict(zip(CUSTOMERS, customers, strict=True))
        return AwsDeployment(accounts, central, tenants, self.home, steps.begin)

    def _profiles(self) -> Profiles:
        if len(self.customers) != len(CUSTOMERS):
            raise ProfilesError(f"give {len(CUSTOMERS)} customer profiles, one each for {' and '.join(CUSTOMERS)}")
        return Profiles.of(self.region, [self.central, *self.customers])
