"""The agent in a real Vector, where ``vector`` is on PATH: what the engine alone can't prove."""

import gzip
import json
import os
import subprocess
import tarfile
from collections import Counter, defaultdict

import pytest
import yaml

from benchmarks.agent_endpoints import serving
from benchmarks.agent_run import BINARY, PodFolder, agent, api_items, wait_until
from local.loader.agent import CONFIGURATION, Agent, source_event
from local.loader.recorded_logs import ARCHIVE, LogFile, read_archive
from local.paths import ROOT
from runtime.objects.key import ObjectKey
from tests.vector.agent.lines import KINDS

pytestmark = [pytest.mark.vector, pytest.mark.skipif(BINARY is None, reason="no vector on PATH")]
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
    """Broken: in Vector itself a kind of line has another time than in the engine. Written from the same table."""
    tests = [
        unit_test(name, kind.line, kind.stamp, kind.time) for name, kind in list(KINDS.items())[::9]
    ]  # each compiles it all
    path = tmp_path / "tests.yaml"
    path.write_text(yaml.safe_dump({"tests": tests}, allow_unicode=True))
    result = vector("test", str(CONFIGURATION), str(path), DATA_DIR=str(tmp_path))
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]


def unit_test(name: str, line: str, stamp: str, time: str | None) -> dict:
    """Give one test as Vector takes it: a source event in, conditions on what comes out."""
    source = "line" if time else "container runtime"
    return {
        "name": name,
        "inputs": [
            {
                "type": "vrl",
                "insert_at": "installation",
                "source": f'. = {{"message": {vrl_string(line)}, "timestamp": t\'{stamp}\', "namespace": "ns", '
                '"pod_name": "p", "container_name": "c", "kubernetes": {"pod_labels": {"app": "a"}}}',
            }
        ],
        "outputs": [
            {
                "extract_from": "events",
                "conditions": [
                    {
                        "type": "vrl",
                        "source": f"assert_eq!(.message, {vrl_string(line)})\n"
                        f'assert_eq!(.timestamp_source, "{source}")\n'
                        f"assert_eq!(to_string!(.timestamp), to_string(t'{(time or stamp)}'))",
                    }
                ],
            }
        ],
    }


def vrl_string(text: str) -> str:
    """Write text as VRL does, which has no escape for every control character."""
    return f'decode_base16!("{text.encode().hex()}")'


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Run the real agent over the recorded logs; give the folder, its pods and the objects that it wrote."""
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
        with agent(home, endpoints) as process:
            wait_until(lambda: endpoints.events >= 10_544, process, 60)
        return home, pods, dict(endpoints.objects)


def test_every_record_arrives_whole_and_once(recorded):
    """Broken: the real agent loses, doubles or cuts lines, or gives one up that S3 refused at first."""
    _, _, objects = recorded
    found = defaultdict(Counter)
    for key, body in objects.items():
        place = ObjectKey.parse(key.removeprefix("/central/"))
        for line in gzip.decompress(body).splitlines():
            found[place.application, place.tenant_id][json.loads(line)["message"]] += 1
    expected = defaultdict(Counter)
    records = [(file, record) for file, its_records in read_archive() for record in its_records]
    events = Agent({"CLUSTER_ID": "c1"}).events(source_event(file, record) for file, record in records)
    for event in map(json.loads, (event["message"] for event in events)):
        expected[event["application"], event["tenant_id"]][event["message"]] += 1
    assert found == expected


def test_its_events_are_those_of_the_engine(recorded):
    """Broken: what tests and demo show of the programs is not what Vector makes of them."""
    _, _, objects = recorded
    ours = Agent({"CLUSTER_ID": "c1"}).events(
        source_event(file, record) for file, its_records in read_archive() for record in its_records
    )
    real = Counter(line.decode() for body in objects.values() for line in gzip.decompress(body).splitlines())
    assert real == Counter(event["message"] for event in ours)


def test_a_restart_reads_nothing_twice(recorded):
    """Broken: checkpoints are lost with the process, and every roll-out doubles what the files still hold."""
    home, pods, _ = recorded
    added = home / "pods" / pods[0].path
    with serving(api_items(pods)) as endpoints, agent(home, endpoints) as process:
        with added.open("a") as file:
            file.write("2026-11-23T14:00:00Z stdout F after the restart\n")
        wait_until(lambda: endpoints.events > 0, process, 60)
        assert endpoints.events == 1
