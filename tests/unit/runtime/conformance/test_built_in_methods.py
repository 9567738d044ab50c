"""Each built-in method keeps what the conformance kit asks of any."""

import pytest


@pytest.mark.conformance("cloudwatch")
@pytest.mark.conformance("s3")
@pytest.mark.conformance("elasticsearch")
@pytest.mark.conformance("kafka")
@pytest.mark.conformance("function")
@pytest.mark.conformance("webhook")
def test_a_built_in_method_conforms(conformance_check):
    """A tenant's events would be lost, doubled or told, in the way that the check's name says."""
    conformance_check()
