"""One structured line that is a metric too, once CloudWatch reads it (CloudWatch user guide, embedded metric format).

Each line is one ``write``: deliveries end concurrently, and a library that keeps one set of metrics a process would mix
their lines (decision 9).
"""

import json
import logging
import sys
from collections.abc import Callable, Mapping
from functools import lru_cache

from runtime import scheduling
from runtime.logs import without_message
from runtime.metrics.catalogue import NAMESPACE, Dimension, DimensionSet, Metric

type Directive = dict[str, object]
logger = logging.getLogger("logrouter.metrics")


class MetricLines:
    """Writes lines to standard output, one ``write`` a line. Shared by all threads.

    :param clock: epoch seconds.
    """

    def __init__(
        self,
        namespace: str = NAMESPACE,
        *,
        clock: Callable[[], float] = scheduling.now,
        write: Callable[[str], object] | None = None,
    ) -> None:
        self._namespace = namespace
        self._clock = clock
        self._write = write
        self._unwritten = 0

    def write(
        self, values: Mapping[Metric, float], dimensions: Mapping[Dimension, str], properties: Mapping[str, object]
    ) -> None:
        """Write metrics of the catalogue under those of their sets that ``dimensions`` has values for.

        Never raises for a stream that can't be written: the next line that can says how many are missing before it.

        :param properties: whatever else the line says; never any of a tenant's content.
        """
        unwritten = self._unwritten
        line = {
            "_aws": {
                "Timestamp": int(self._clock() * 1000),
                "CloudWatchMetrics": _directives(self._namespace, tuple(values), frozenset(dimensions)),
            },
            **properties,
            **({"unwritten_lines": unwritten} if unwritten else {}),
            **{dimension.value: value for dimension, value in dimensions.items()},
            **{metric.name: value for metric, value in values.items()},
        }
        text = json.dumps(line, separators=(",", ":"), default=str) + "\n"  # ASCII: no key can forge a line
        try:
            # Looked up late: a host, or a test, may have put another stream there.
            (self._write or sys.stdout.write)(text)
        except (
            OSError,
            ValueError,
        ) as error:  # full, gone, closed: its subject has happened all the same
            self._unwritten += 1
            logger.warning("a metric line can't be written", extra=without_message(error))
        else:
            self._unwritten -= unwritten


@lru_cache(maxsize=256)
def _directives(namespace: str, metrics: tuple[Metric, ...], given: frozenset[Dimension]) -> list[Directive]:
    """Make one directive for the metrics that share their sets. The same few come again with every line."""
    shared: dict[tuple[DimensionSet, ...], list[Metric]] = {}
    for metric in metrics:
        sets = tuple(each for each in metric.sets if given.issuperset(each))
        if sets:
            shared.setdefault(sets, []).append(metric)
    return [
        {
            "Namespace": namespace,
            "Dimensions": [[dimension.value for dimension in each] for each in sets],
            "Metrics": [{"Name": metric.name, "Unit": metric.unit.value} for metric in members],
        }
        for sets, members in shared.items()
    ]
