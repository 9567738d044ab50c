"""What the agent tells CloudWatch: the catalogue's metrics, summed over a node's components, of this cluster alone."""

import os
import re
import struct
import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import yaml

from benchmarks.agent_run import BINARY
from local.paths import ROOT
from local.waiting import wait_until
from runtime.metrics.catalogue import AGENT_NAMESPACE, PUBLISHED_BY_THE_AGENT

FOLDER = ROOT / "vector_config"
TEXT = (FOLDER / "alarms" / "vector.yaml").read_text()
CONFIG = yaml.safe_load(TEXT)
AROUND = """
data_dir: {home}
sources:
  vector: {{type: internal_metrics, scrape_interval_secs: 1}}
  lines: {{type: stdin}}
transforms:
  fails:
    type: remap
    inputs: [lines]
    drop_on_error: true
    source: if contains!(.message, "bad") {{ .x = parse_json!(.message) }}
  chosen:
    type: filter
    inputs: [fails]
    condition: '!contains!(.message, "unwanted")'
sinks:
  central_bucket:
    type: blackhole
    inputs: [chosen]
    buffer: {{type: disk, max_size: 268435488, when_full: block}}
"""
DATUM = re.compile(
    rb"MetricName.([A-Za-z]+)jDimensions\x81\xbfdNameiClusterIdeValue.([\w-]+)\xff\xff?.*?eValue\xfb(.{8})", re.DOTALL
)


def test_the_names_are_the_catalogues():
    """Broken: an alarm waits for a metric of another name, and the cluster counts as silent for ever."""
    source = CONFIG["transforms"]["published"]["source"]
    names = dict(re.findall(r'"(\w+)": "(\w+)",', source))
    assert names == {vectors: metric.name for vectors, metric in PUBLISHED_BY_THE_AGENT.items()}
    assert f'.namespace = "{AGENT_NAMESPACE}"' in source
    routes = CONFIG["transforms"]["alarmed"]["route"]
    assert set(re.findall(r'\.name == "(\w+)"', f"{routes['counters']} {routes['gauges']}")) == set(names)


def test_it_looks_at_what_the_agent_has():
    """Broken: Vector refuses to start, or the alarms look at a component that is gone."""
    base = (FOLDER / "base" / "vector.yaml").read_text()
    assert re.search(r"^  vector:\n    type: internal_metrics", base, re.MULTILINE)
    assert re.search(r"^  central_bucket:\n    type: aws_s3", base, re.MULTILINE)
    assert set(re.findall(r'component_id == "(\w+)"', TEXT)) == {"central_bucket"}


def test_nothing_waits_for_cloudwatch():
    """Broken: a CloudWatch that can't be reached stops Prometheus' metrics, or the agent."""
    assert CONFIG["sinks"]["alarms"]["buffer"]["when_full"] == "drop_newest"


class Metrics(ThreadingHTTPServer):
    """Takes PutMetricData."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Take)
        self.bodies = []


class Take(BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.mark.vector
@pytest.mark.skipif(BINARY is None, reason="no vector on PATH")
def test_a_real_vector_publishes_what_was_sent_and_what_was_lost(tmp_path):
    """Broken: an agent drops lines and nobody is woken; or what it leaves out on purpose wakes somebody."""
    around = tmp_path / "vector.yaml"
    around.write_text(AROUND.format(home=tmp_path))
    with Metrics() as metrics:
        Thread(target=metrics.serve_forever, args=(0.05,), daemon=True).start()
        settings = {
            "VECTOR_DANGEROUSLY_ALLOW_ENV_VAR_INTERPOLATION": "true", "CLUSTER_ID": "c-1", "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "ALARM_SECONDS": "1",
            "CLOUDWATCH_ENDPOINT": f"http://127.0.0.1:{metrics.server_address[1]}",
        }  # fmt: skip
        command = [BINARY, "--config", str(around), "--config", "vector_config/alarms/vector.yaml"]
        running = subprocess.Popen(
            command, stdin=subprocess.PIPE, text=True, cwd=ROOT, env=os.environ | settings, stderr=subprocess.DEVNULL
        )
        try:
            running.stdin.write("good\n" * 30 + "bad\n" * 4 + "unwanted\n" * 5)
            running.stdin.flush()
            wait_until(
                lambda: summed(metrics.bodies).get("SentEvents") == 30 and len(summed(metrics.bodies)) == 4,
                what="the metrics",
                timeout_seconds=30,
            )
            running.terminate()  # what is left is sent on the way out
            running.communicate(timeout=30)
        finally:
            running.kill()
        metrics.shutdown()
    told = summed(metrics.bodies)
    assert told.pop("BufferBytes") >= 0
    assert told == {"SentEvents": 30, "DiscardedEvents": 4, "Errors": 4}


def summed(bodies):
    """Return the sum of each metric over the requests so far."""
    sums = {}
    for body in list(bodies):
        assert b"Namespaceo" + AGENT_NAMESPACE.encode() in body
        for name, cluster, value in DATUM.findall(body):
            assert cluster == b"c-1"
            sums[name.decode()] = sums.get(name.decode(), 0) + struct.unpack(">d", value)[0]
    return sums
