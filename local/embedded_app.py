"""The CDK app as the embedded cloud deploys it: `app.py`'s stacks at their embedded stage, with the demo's cluster.

Clusters belong to an installation, not to the stages in the repository: a real deployment adds its own.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path

from aws_cdk import Duration

from constructs_lib.web_identity import WebIdentity
from local import cluster
from local.emulator import CENTRAL_ACCOUNT, REGION
from local.paths import IMPORTED, ROOT
from stacks.application import add_central_stacks, add_customer_stack, check_every_synthesis, new_app
from stacks.bundling.packages import API, OUTSIDE
from stacks.bundling.runtime_asset import build_runtime_asset
from stacks.stages import EMBEDDED, Cluster, Host, OutsideSettings


def main() -> None:
    """Synthesize both sides.

    The host is both, so that a poller can be tried on the same queues. Delivery configs are remembered for as many
    seconds as the context's ``config_cache`` says: 0 by default, where a change counts for the next object and no test
    has to wait.
    """
    app = new_app()
    agent, poller, outside = (
        WebIdentity(provider_arn=cluster.PROVIDER_ARN, namespace=cluster.NAMESPACE, service_account=name)
        for name in (cluster.AGENT, cluster.POLLER, cluster.OUTSIDE_POLLER)
    )
    stage = replace(
        EMBEDDED,
        regions=(REGION,),
        clusters=(Cluster(cluster_id=cluster.CLUSTER_ID, region=REGION, identity=agent),),
        host=Host.BOTH,
        poller_identity=poller,
        record_log_groups=(cluster.POLLER_LOG_GROUP,),
        alerts=True,
        outside=OutsideSettings(size=EMBEDDED.size, poller_identity=outside),
        tuning=replace(
            EMBEDDED.tuning,
            allow_loopback=True,
            config_cache=Duration.seconds(int(app.node.try_get_context("config_cache") or 0)),
        ),
    )
    code = build_runtime_asset(stage.architecture).code
    api_code = build_runtime_asset(stage.architecture, package=API).code
    outside_code = build_runtime_asset(stage.architecture, package=OUTSIDE).code
    add_central_stacks(
        app, stage=stage, account=CENTRAL_ACCOUNT, code=code, api_code=api_code, outside_code=outside_code
    )
    add_customer_stack(app)
    check_every_synthesis(app)
    assembly = app.synth()
    (Path(assembly.directory) / IMPORTED).write_text(json.dumps(imported_modules(ROOT / "runtime")))


def imported_modules(folder: Path) -> list[str]:
    """Return the modules of a folder that this process has imported, as paths in the checkout."""
    files = (Path(file) for module in [*sys.modules.values()] if (file := getattr(module, "__file__", None)))
    return sorted({str(file.relative_to(ROOT)) for file in files if file.is_relative_to(folder)})


if __name__ == "__main__":
    main()
