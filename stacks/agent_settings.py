"""An overlay's settings from the stacks' outputs: ``python -m stacks.agent_settings OUTPUTS CLUSTER OVERLAY``."""

import json
import sys
from pathlib import Path


def agent_settings(outputs: dict[str, dict[str, str]], cluster_id: str) -> dict[str, str]:
    """Return one cluster's settings.

    :param outputs: what ``cdk deploy --outputs-file`` writes: outputs by stack and name.
    :raises LookupError: no stack, or more than one, has settings for this cluster.
    """
    every = [
        json.loads(value)
        for stack in outputs.values()
        for name, value in stack.items()
        if name.startswith("AgentSettings")
    ]
    found = [settings for settings in every if settings["CLUSTER_ID"] == cluster_id]
    if len(found) != 1:
        known = ", ".join(sorted(settings["CLUSTER_ID"] for settings in every)) or "none"
        raise LookupError(f"{len(found)} clusters are named {cluster_id!r}; the outputs have: {known}")
    return dict(found[0])


def main() -> None:
    """Write ``OVERLAY/settings.env``."""
    outputs, cluster_id, overlay = sys.argv[1:]
    try:
        settings = agent_settings(json.loads(Path(outputs).read_text()), cluster_id)
    except LookupError as error:
        sys.exit(str(error))
    path = Path(overlay) / "settings.env"
    path.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
