"""The agent's own programs, run by Vector's VRL engine over recorded lines: what the demo sends is what they make.

The engine comes as a Python package (`vector-vrl`). It has no sources and sinks, so this module gives the programs what
the `kubernetes_logs` source would. The S3 sink writes an event's ``message`` as it is.
"""

import base64
import json
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Final

import vector_vrl
import yaml

from local.loader.recorded_logs import LogFile, Record
from local.paths import ROOT

CONFIGURATION: Final = ROOT / "vector_config" / "base" / "vector.yaml"

AS_THE_SOURCE_GIVES_IT: Final = """
.timestamp = if is_string(.timestamp) { parse_timestamp!(string!(.timestamp), format: "%+") } else { null }
.message = if is_string(.message) { decode_base64!(string!(.message)) } else { null }
"""
"""A time, and bytes that need not be UTF-8, which the engine's JSON input can't carry."""


class AgentError(Exception):
    """The engine refused a program, or a program failed on an event: neither may ever happen."""


@dataclass(frozen=True)
class Agent:
    """The agent with these ``settings``, environment variables as `vector_config/README.md` lists them."""

    settings: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def configuration(self) -> dict[str, Any]:
        """The configuration with its variables filled in, the way Vector does it."""
        filled = re.sub(r"\$\{(\w+)(?::([-?])([^}]*))?\}", self._value, CONFIGURATION.read_text())
        return dict(yaml.safe_load(filled))

    @cached_property
    def program(self) -> str:
        """The programs in the order in which they run, with what they read of the environment filled in.

        The package's engine was built without ``get_env_var``.
        """
        files = self.configuration["transforms"]["events"]["files"]
        program = "\n".join((ROOT / name).read_text() for name in files)
        return re.sub(r'get_env_var\("(\w+)"\) \?\? ("[^"]*")', self._setting, program)

    def events(self, lines: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
        """Yield the programs' output for source events, each with a line of NDJSON as ``message`` and the key's fields.

        :raises AgentError: the engine refused the program, or the program an event.
        """
        inputs = [json.dumps(line) for line in lines]
        try:
            results = vector_vrl.execute_vrl(AS_THE_SOURCE_GIVES_IT + self.program, inputs)
        except Exception as error:
            raise AgentError(f"the engine refused the program: {error}") from error
        for result in results:
            if "message" not in result:
                raise AgentError(str(result.get("error")))
            yield result

    def key_prefix(self, event: Mapping[str, Any]) -> str:
        """Render the sink's template for an event."""
        template = self.configuration["sinks"]["central_bucket"]["key_prefix"]
        return re.sub(r"\{\{ (\w+) \}\}", lambda found: str(event[found[1]]), template)

    def file_name(self, now: datetime) -> str:
        """Name an object as the sink does."""
        sink = self.configuration["sinks"]["central_bucket"]
        return f"{now:{sink['filename_time_format']}}-{uuid.uuid4()}.{sink['filename_extension']}"

    def _setting(self, found: re.Match[str]) -> str:
        name, default = found.groups()
        return json.dumps(self.settings[name]) if name in self.settings else default

    def _value(self, found: re.Match[str]) -> str:
        name, operator, default = found.groups()
        value = self.settings.get(name, "")
        return value or (default if operator == "-" else "")


def source_event(file: LogFile, record: Record) -> dict[str, Any]:
    """Return a record as the `kubernetes_logs` source does. A recorded pod has no labels: its owner is in its name."""
    return {
        "message": base64.b64encode(record.message).decode(),
        "timestamp": record.stamp,
        "stream": record.stream,
        "file": f"/var/log/pods/{file.path}",
        "source_type": "kubernetes_logs",
        "namespace": file.namespace,
        "pod_name": file.pod_name,
        "container_name": file.container,
        "node": "node-1",
        "kubernetes": {
            "pod_owner": file.owner,
            "pod_labels": {"pod-template-hash": file.owner.rpartition("-")[2]},
            "namespace_labels": {"kubernetes.io/metadata.name": file.namespace},
        },
    }
