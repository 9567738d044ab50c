"""The agent's configuration, as far as it can be checked without Vector: each of ``FACTS`` is a promise."""

import re

import pytest
import vector_vrl
import yaml

from local.loader.agent import CONFIGURATION, Agent
from local.paths import ROOT

TEXT = CONFIGURATION.read_text()
CONFIG = Agent({"CLUSTER_ID": "c1", "CENTRAL_BUCKET": "b", "AWS_REGION": "r"}).configuration
README = (ROOT / "vector_config" / "README.md").read_text()
FACTS = [  # a value, and what is lost where it is another
    ("sources.pods.extra_namespace_label_selector", "hypershift.openshift.io/hosted-control-plane=true"),
    ("sources.pods.extra_label_selector", "app.kubernetes.io/name!=logrouter-agent"),  # pitfall 21: its own logs
    ("sources.pods.auto_partial_merge", True),
    ("sources.pods.use_apiserver_cache", True),
    ("sources.pods.rotate_wait_secs", 86_400),
    ("transforms.events.reroute_dropped", True),
    ("sinks.central_bucket.inputs", ["events", "failed"]),
    ("sinks.central_bucket.filename_append_uuid", True),
    ("sinks.central_bucket.filename_time_format", "%Y%m%d-%H%M%S"),
    ("sinks.central_bucket.filename_extension", "json.gz"),
    ("sinks.central_bucket.compression", "gzip"),
    ("sinks.central_bucket.framing.method", "newline_delimited"),
    ("sinks.central_bucket.encoding", {"codec": "text"}),  # the programs have made the line
    ("sinks.central_bucket.batch", {"max_bytes": 67_108_864, "timeout_secs": 300}),
    ("sinks.central_bucket.buffer", {"type": "disk", "max_size": 10_737_418_240, "when_full": "block"}),
    ("sinks.central_bucket.acknowledgements.enabled", True),
    ("sinks.central_bucket.retry_strategy", {"type": "all"}),  # pitfalls 3 and 8: a 403 is retried like a 503
    ("sinks.central_bucket.request.concurrency", "adaptive"),
    ("sinks.central_bucket.healthcheck.enabled", False),
    ("sinks.metrics.address", "127.0.0.1:9598"),
    ("api.address", "127.0.0.1:8686"),  # pitfall 37
    ("timezone", "UTC"),
]


def value_at(path: str) -> object:
    value: object = CONFIG
    for name in path.split("."):
        assert isinstance(value, dict)
        value = value[name]
    return value


@pytest.mark.parametrize(("path", "expected"), FACTS)
def test_fact(path: str, expected: object):
    """Broken: see the comment beside that setting in the configuration; each stands for a loss or a leak."""
    assert value_at(path) == expected


def test_retries_have_no_end():
    """Broken: an outage longer than the tries would drop what a 10 GB buffer has room for (pitfall 8)."""
    assert "retry_attempts" not in CONFIG["sinks"]["central_bucket"]["request"], "Vector's default is without an end"


def test_the_key_is_the_contract_s():
    """Broken: the processor refuses every object, or a cluster writes where its role may not."""
    assert CONFIG["sinks"]["central_bucket"]["key_prefix"] == (
        "tenant_id={{ tenant_id }}/cluster_id=c1/application={{ application }}/pod_name={{ pod_name }}/"
    )


def test_the_readme_lists_every_variable_with_its_default():
    """Broken: an operator can't know what to set, or what happens without."""
    used = set(re.findall(r"\$\{(\w+)", TEXT))
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+?) \|", README, re.MULTILINE))
    assert used <= rows.keys()
    for name, operator, default in re.findall(r"\$\{(\w+)(:[-?])([^}]*)\}", TEXT):
        if operator == ":-" and default != "null":
            assert f"`{default}`" in rows[name], name


def test_every_metric_of_the_agent_s_own_has_a_source():
    """Broken: a documented metric that nothing produces (pitfall 37)."""
    inputs = CONFIG["sinks"]["metrics"]["inputs"]
    names = {
        f"{metric['namespace']}_{metric['name']}"
        for transform in CONFIG["transforms"].values()
        if transform["type"] == "log_to_metric"
        for metric in transform["metrics"]
    }
    assert names == {
        "logrouter_events_stamped_by_container_runtime_total",
        "logrouter_timestamps_refused_total",
        "logrouter_events_with_invalid_utf8_total",
        "logrouter_events_without_tenant_label_total",
    }
    assert set(inputs) == {"vector", *(n for n, t in CONFIG["transforms"].items() if t["type"] == "log_to_metric")}
    guide = (ROOT / "docs" / "collection.md").read_text()
    assert all(f"`{name}`" in guide for name in names)


@pytest.mark.parametrize("parsed", ["false", "true"])
def test_the_programs_compile(parsed: str):
    """Broken: Vector refuses to start."""
    program = Agent({"CLUSTER_ID": "c1", "PARSED_FIELDS": parsed}).program
    result = vector_vrl.validate_vrl(program)
    assert result.success, result.error


def test_a_failed_event_is_written_under_a_tenant_that_nobody_can_be():
    """Broken: an event on which a program failed is dropped, or reaches a customer unenriched."""
    source = CONFIG["transforms"]["failed"]["source"]
    assert CONFIG["transforms"]["failed"]["inputs"] == ["events.dropped"]
    (event,) = vector_vrl.execute_vrl(source, ['{"message": "m", "pod_name": "p", "tenant_id": "acme"}'])
    assert event.pop("message") == '{"message":"m","pod_name":"p","tenant_id":"acme"}'
    assert event == dict.fromkeys(["application", "pod_name", "tenant_id"], "_failed")


def test_the_configuration_is_plain_yaml():
    """Broken: a tool that reads it without Vector's filling in of variables could not."""
    assert yaml.safe_load(TEXT)["sinks"].keys() == {"central_bucket", "metrics"}
