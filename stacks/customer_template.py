"""The onboarding stack as one plain CloudFormation template: ``python -m stacks.customer_template OUTPUT``."""

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from stacks.application import add_customer_stack, check_every_synthesis, new_app


def customer_template() -> dict[str, object]:
    """Synthesize the template, checked as every synthesis is."""
    with TemporaryDirectory() as directory:
        app = new_app(directory)
        stack = add_customer_stack(app)
        check_every_synthesis(app)
        template: dict[str, object] = app.synth().get_stack_by_name(stack.stack_name).template
        return template


def main(output: str) -> None:
    """Write it, indented, to that file."""
    path = Path(output)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(customer_template(), indent=2) + "\n")
    sys.stdout.write(f"{path}: {path.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main(sys.argv[1])
