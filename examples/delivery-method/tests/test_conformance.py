"""The method keeps what every delivery method has to keep."""

import pytest


@pytest.mark.conformance("spool")
def test_conforms(conformance_check):
    """A tenant's events would be lost, doubled or disclosed, in the way that the check's name says."""
    conformance_check()
