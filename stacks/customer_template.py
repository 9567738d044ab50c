"""The onboarding stack as one plain CloudFormation template: ``python -m stacks.customer_template OUTPUT``."""

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from stacks.assemblies import make_assembly
from stacks.node import require_node

STACK: Final = "LogRouterCustomer"


def customer_template() -> dict[str, object]:
    """Synthesize the template, unless that was done before; checked as every synthesis is."""
    with TemporaryDirectory() as directory:
        make_assembly(Path(__file__), {}, Path(directory), _synthesize)
        template: dict[str, object] = json.loads((Path(directory) / f"{STACK}.template.json").read_text())
        return template


def _synthesize(output: Path) -> None:
    require_node()
    # Loaded here: without the CDK, an earlier template is there in a second.
    from stacks.application import add_customer_stack, check_every_synthesis, new_app  # noqa: PLC0415 - see above

    app = new_app(str(output))
    add_customer_stack(app, stack_name=STACK)
    check_every_synthesis(app)
    app.synth()


def main(output: str) -> None:
    """Write it, indented, to that file."""
    path = Path(output)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(customer_template(), indent=1) + "\n")  # CloudFormation takes 51,200 bytes in a request
    sys.stdout.write(f"{path}: {path.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main(sys.argv[1])
