"""Builds the CDK app. The only place where infrastructure reads its environment and the command line's context.

Context (``-c key=value``):

- ``stage``: ``development`` (default), ``production`` or ``embedded``.
- ``central_account``: the central account's 12 digits; else the account of the credentials in use.
- ``regions``: comma-separated, instead of the stage's; the first holds the central role's stack. Where neither names
  one: the Region of the credentials in use.
- ``part``: ``central`` (default), ``customer`` or ``both``: a customer's stack is never deployed unless asked for.
- ``outside``: ``no``, ``yes`` or ``network``: the outside processor, for deliveries to customers' own addresses, in
  Lambda's network or in a VPC with fixed addresses; else what the stage says (none does).
- ``alerts``: ``yes`` or ``no``: tenants' alert rules, with a queue, a table and a function; else what the stage says
  (none does).
- ``customer_stack_name``: for a second tenant in one account and Region.

An unknown key is refused. Before the context's defaults comes what ``logrouter.toml`` in the working directory says
(``stacks.settings_file``).

The same sources under the same context are synthesized once: the command line gets a copy of the earlier assembly.
"""

import os
import sys
from pathlib import Path

from constructs_lib.limits import PropertyError
from stacks.assemblies import command_line_context, make_assembly
from stacks.node import require_node


def main() -> None:
    """Synthesize, unless the same was synthesized before. Without the command line, into a temporary directory."""
    output = os.environ.get("CDK_OUTDIR")
    if output is None:
        synthesize()
    elif make_assembly(Path(__file__), command_line_context(os.environ), Path(output), lambda _: synthesize()):
        sys.stderr.write("nothing has changed since an earlier synthesis: its assembly is used\n")


def synthesize() -> None:
    """Add what the context asks for, and synthesize."""
    require_node()
    # Loaded here: the CDK and its library take most of the time of a synthesis that isn't needed.
    from stacks.application import (  # noqa: PLC0415 - see above
        add_central_stacks,
        add_customer_stack,
        check_every_synthesis,
        new_app,
    )
    from stacks.context import AppContext  # noqa: PLC0415 - see above
    from stacks.settings_file import SettingsFile  # noqa: PLC0415 - see above

    app = new_app()
    try:
        context = AppContext.read(app.node.get_all_context(), os.environ, SettingsFile.load())
    except PropertyError as error:
        sys.exit(str(error))
    if context.central:
        add_central_stacks(
            app,
            stage=context.stage,
            account=context.central_account,
            code=context.processor_code,
            api_code=context.api_code,
            outside_code=context.outside_code,
        )
    if context.customer:
        add_customer_stack(app, stack_name=context.customer_stack_name)
    check_every_synthesis(app)
    app.synth()


if __name__ == "__main__":
    main()
