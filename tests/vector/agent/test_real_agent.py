"""The agent in a real Vector, where ``vector`` is on PATH: what the engine alone can't prove."""

import gzip
import json
import os
import re
import subprocess
import tarfile
import urllib.request
from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from benchmarks.agent_endpoints import serving
from benchmarks.agent_run import BINARY, PodFolder, agent, api_items, wait_until
from local.loader.agent import AS_THE_SOURCE_GIVES_IT, CONFIGURATION, Agent, source_event
from local.loader.recorded_logs import ARCHIVE, LogFile, read_archive
from local.paths import ROOT
from ministack_fidelity.server import free_port
from runtime.objects.key import ObjectKey
from tests.vector.agent.kinds import KINDS
from tests.vector.agent.lines import source_line

pytestmark = [pytest.mark.vector, pytest.mark.skipif(BINARY is None, reason="no vector on PATH")]
DAEMON_SET = ROOT / "vector_config" / "base" / "daemon_set.yaml"
MISHAPS = {
    "vector_component_discarded_events_total",
    "vector_component_errors_total",
    "logrouter_timestamps_refused_total",
}
SEEN = (
    'vector_component_received_events_total{component_id="pods"',
    'vector_component_sent_events_total{component_id="central_bucket"',
)
ENVIRONMENT = {
    "VECTOR_DANGEROUSLY_ALLOW_ENV_VAR_INTERPOLATION": "true",
    "CENTRAL_BUCKET": "b",
    "AWS_REGION": "us-east-1",
    "CLUSTER_ID": "c1",
    "VECTOR_SELF_NODE_NAME": "node-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def vector(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BINARY or "", *arguments],
        cwd=ROOT,
        env=os.environ | ENVIRONMENT | settings,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "settings", [{}, {"PARSED_FIELDS": "true", "SERVER_SIDE_ENCRYPTION": "aws:kms", "KMS_KEY_ID": "k"}]
)
def test_the_configuration_is_valid(settings, tmp_path):
    """Broken: Vector of this version refuses the configuration, and no agent starts."""
    arguments = ("validate", "--no-environment", "--deny-warnings", str(CONFIGURATION))
    result = vector(*arguments, DATA_DIR=str(tmp_path), **settings)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("name", ["CLUSTER_ID", "CENTRAL_BUCKET", "AWS_REGION"])
def test_without_a_needed_variable_it_does_not_start(name: str, tmp_path):
    """Broken: the agent would write under an empty name, or nowhere."""
    result = vector("validate", "--no-environment", str(CONFIGURATION), DATA_DIR=str(tmp_path), **{name: ""})
    assert result.returncode != 0


def test_vector_s_own_unit_tests(tmp_path):
    """Broken: in Vector itself a kind of line has another time or level than in the engine; from the same table."""
    path = tmp_path / "tests.yaml"
    path.write_text(yaml.safe_dump({"tests": [unit_test()]}, allow_unicode=True))
    result = vector("test", str(CONFIGURATION), str(path), DATA_DIR=str(tmp_path))
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]


def unit_test() -> dict:
    """Return one test of Vector's: each kind of line a source event, for each a condition that one event must meet."""
    inputs = [
        {
            "type": "vrl",
            "insert_at": "events",
            "source": f'. = {{"message": {vrl_string(kind.line)}, "timestamp": t\'{kind.stamp}\', "namespace": "ns", '
            f'"pod_name": "p-{number}", "container_name": "c", "kubernetes": {{"pod_labels": {{"app": "a"}}}}}}',
        }
        for number, kind in enumerate(KINDS.values())
    ]
    conditions = [
        {
            "type": "vrl",
            "source": f"line = object!(parse_json!(.message))\n"
            f'.pod_name == "ns_p-{number}" && line.message == {vrl_string(kind.line)} '
            f'&& line.timestamp_source == "{"line" if kind.time else "container runtime"}" '
            f"&& line.level == {json.dumps(kind.level)} "
            f"&& parse_timestamp!(line.timestamp, format: \"%+\") == t'{kind.time or kind.stamp}'",
        }
        for number, kind in enumerate(KINDS.values())
    ]
    return {
        "name": "every kind of line",
        "inputs": inputs,
        "outputs": [{"extract_from": "events", "conditions": conditions}],
    }


def vrl_string(text: str) -> str:
    """Write text as VRL does, which has no escape for every control character."""
    return f'decode_base16!("{text.encode().hex()}")'


def test_lines_from_stdin_reach_the_bucket_as_the_engine_s_events(tmp_path):
    """Broken: source, transforms, buffer or sink of a real Vector change, lose or misplace a kind of line."""
    settings = {"TENANT_LABEL": "example.org/tenant", "SEPARATE_CONTAINERS": "x,audit"}
    lines = [source_line(kind.line, kind.stamp) for kind in KINDS.values()]
    lines.append(
        source_line("m", container_name="audit", kubernetes={"namespace_labels": {"example.org/tenant": "acme"}})
    )
    with (
        serving({}, keep=True) as endpoints,
        agent(tmp_path, endpoints, change=from_stdin, settings=settings) as process,
    ):
        assert process.stdin is not None
        process.stdin.write("".join(json.dumps(line) + "\n" for line in lines).encode())
        process.stdin.flush()
        wait_until(lambda: endpoints.events >= len(lines), process, 60)
    ours = Agent({"CLUSTER_ID": "c1"} | settings)
    expected = Counter((ours.key_prefix(event), event["message"]) for event in ours.events(lines))
    found = Counter(
        (key.removeprefix("/central/").rpartition("/")[0] + "/", line.decode())
        for key, body in endpoints.objects.items()
        for line in gzip.decompress(body).splitlines()
    )
    assert found == expected
    assert any(key.startswith("/central/tenant_id=acme/cluster_id=c1/application=audit/") for key in endpoints.objects)


def from_stdin(configuration: dict) -> None:
    """Let source events come from stdin, one in JSON a line."""
    decoding = {"codec": "vrl", "vrl": {"source": ". = object!(parse_json!(.message))\n" + AS_THE_SOURCE_GIVES_IT}}
    configuration["sources"]["pods"] = {
        "type": "stdin",
        "host_key": "",
        "framing": {"method": "newline_delimited"},
        "decoding": decoding,
    }


class Recorded(NamedTuple):
    """A run's folder, its pods, the objects that it wrote, and its metrics at the end."""

    home: Path
    pods: list[PodFolder]
    objects: dict[str, bytes]
    metrics: str


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Run the real agent over the recorded logs."""
    home = tmp_path_factory.mktemp("agent")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(home / "archive", filter="data")
    (folder,) = (home / "archive").rglob("cri")
    folder.rename(home / "pods")
    pods = []
    for path in sorted((home / "pods").rglob("*.log")):
        file = LogFile.of(str(path))
        uid = path.parent.parent.name.split("_")[2]
        pods.append(PodFolder(file.namespace, file.pod_name, uid, file.container, file.owner))
    # The first objects are refused as a broken policy would refuse them.
    with serving(api_items(pods), keep=True, refusals=[403, 400, 503]) as endpoints:
        address = f"127.0.0.1:{free_port()}"
        with agent(home, endpoints, settings={"METRICS_ADDRESS": address}) as process:
            wait_until(lambda: endpoints.events >= 10_544, process, 60)
            wait_until(lambda: all(name in scraped(address) for name in SEEN), process, 60)
            served = scraped(address)
    return Recorded(home, pods, dict(endpoints.objects), served)


def scraped(address: str) -> str:
    """Return what Prometheus would read."""
    with urllib.request.urlopen(f"http://{address}/metrics") as answer:
        return answer.read().decode()


def test_every_record_arrives_whole_and_once(recorded):
    """Broken: the real agent loses, doubles or cuts lines, or gives one up that S3 refused at first."""
    found = defaultdict(Counter)
    for key, body in recorded.objects.items():
        origin = ObjectKey.parse(key.removeprefix("/central/"))
        for line in gzip.decompress(body).splitlines():
            found[origin.application, origin.tenant_id][json.loads(line)["message"]] += 1
    expected = defaultdict(Counter)
    records = [(file, record) for file, its_records in read_archive() for record in its_records]
    events = Agent({"CLUSTER_ID": "c1"}).events(source_event(file, record) for file, record in records)
    for event in map(json.loads, (event["message"] for event in events)):
        expected[event["application"], event["tenant_id"]][event["message"]] += 1
    assert found == expected


def test_its_events_are_those_of_the_engine(recorded):
    """Broken: what tests and demo show of the programs is not what Vector makes of them."""
    ours = Agent({"CLUSTER_ID": "c1"}).events(
        source_event(file, record) for file, its_records in read_archive() for record in its_records
    )
    real = Counter(line.decode() for body in recorded.objects.values() for line in gzip.decompress(body).splitlines())
    assert real == Counter(event["message"] for event in ours)


def test_a_restart_reads_nothing_twice(recorded):
    """Broken: checkpoints are lost with the process, and every roll-out doubles what the files still hold."""
    added = recorded.home / "pods" / recorded.pods[0].path
    with serving(api_items(recorded.pods)) as endpoints, agent(recorded.home, endpoints) as process:
        with added.open("a") as file:
            file.write("2026-11-23T14:00:00Z stdout F after the restart\n")
        wait_until(lambda: endpoints.events > 0, process, 60)
        assert endpoints.events == 1


def test_every_documented_metric_is_served(recorded):
    """Broken: an alarm watches a metric that nothing produces. What counts mishaps isn't served before there is one."""
    guide = (ROOT / "docs" / "collection.md").read_text()
    documented = re.findall(r"`((?:vector|logrouter)_\w+)(?:\{(\w+=\"\w+\")\})?`", guide)
    assert len(documented) > 8
    for name, component in documented:
        found = [line for line in recorded.metrics.splitlines() if line.startswith(name) and component in line]
        assert found or name in MISHAPS, name
    assert "vector_component_discarded_events_total" not in recorded.metrics


POD = PodFolder("acme", "api-7d9c8b6f5-x2k4q", "u", "api", "ReplicaSet/api-7d9c8b6f5")


def test_its_own_log_shows_no_line(tmp_path):
    """Broken: a customer's line stands in the provider's log; Vector prints events whose metadata it misses."""
    assert "hunter2" in own_log(tmp_path / "default", "info"), "or the setting isn't needed any more"
    (container,) = yaml.safe_load(DAEMON_SET.read_text())["spec"]["template"]["spec"]["containers"]
    (value,) = (variable["value"] for variable in container["env"] if variable["name"] == "VECTOR_LOG")
    log = own_log(tmp_path / "manifest", value)
    assert "hunter2" not in log
    assert "Vector has started" in log


def own_log(home: Path, level: str) -> str:
    """Let an agent read a line of a node that the API server doesn't know, and one that no runtime wrote."""
    path = home / "pods" / POD.path
    path.parent.mkdir(parents=True)
    path.write_text("2026-11-23T13:23:04.757533123Z stdout F hunter2\nhunter2, not a runtime's form\n")
    items = api_items([POD]) | {"nodes": []}
    with serving(items) as endpoints, agent(home, endpoints, settings={"VECTOR_LOG": level}) as process:
        wait_until(lambda: endpoints.events == 1, process, 60)
    return (home / "vector.log").read_text()
