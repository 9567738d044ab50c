"""What the AWS methods' function loads when it starts: nothing of the methods that deliver outside, and no engine."""

import os
import subprocess
import sys

import pytest

STARTED = """
import sys
import runtime.processor.lambda_handler as host
host.processor()
print(*sys.modules, sep="\\n")
"""
ELSEWHERE = ("confluent_kafka", "vector_vrl", "runtime.deliveries.kafka", "runtime.deliveries.webhook",
             "runtime.deliveries.elasticsearch", "runtime.endpoints.client", "runtime.endpoints.egress",
             "runtime.programs.worker", "botocore")  # fmt: skip
ENVIRONMENT = {
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "a",
    "AWS_SECRET_ACCESS_KEY": "b",
    "TENANT_CONFIG_TABLE": "configs",
    "CENTRAL_BUCKET": "central",
    "CENTRAL_LOG_DISTRIBUTION_ROLE_ARN": "arn:aws:iam::111111111111:role/logrouter/CentralLogDistributionRole",
}


def loaded(placement):
    """Return the modules of a process that has begun as the function does."""
    environment = {"PATH": os.environ["PATH"], **ENVIRONMENT, "LOGROUTER_PLACEMENT": placement}
    done = subprocess.run([sys.executable, "-c", STARTED], env=environment, capture_output=True, text=True, check=True)
    return {module for module in done.stdout.split() if module.startswith(ELSEWHERE)}


def test_it_loads_nothing_of_the_methods_that_deliver_outside():
    """Each method for customers' addresses would make every cold start of the AWS methods' function longer."""
    assert loaded("inside") == set()


@pytest.mark.parametrize("module", ["runtime.deliveries.webhook.delivery", "runtime.endpoints.client"])
def test_the_outside_loads_them(module):
    """The test above could not fail."""
    assert module in loaded("outside")
