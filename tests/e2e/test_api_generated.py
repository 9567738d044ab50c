"""Requests generated from the OpenAPI document, through the deployed gateway and function: a smoke.

The thousands are in `tests/unit/runtime/api/test_generated_requests.py`; here what lies between client and app counts.
"""

import re
from collections import Counter
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import pytest
import requests.auth
import schemathesis
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from ministack_fidelity.identities import unique
from runtime.delivery_config.patterns import TENANT_ID_PATTERN
from tests.e2e.cloud import CENTRAL
from tests.e2e.traffic import SECONDS
from tests.unit.runtime.api.gateway import document
from tests.unit.runtime.api.test_generated_requests import INPUTS

LEAST_CASES = 200
QUICK = settings(
    max_examples=8,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


class SignsAsCentral(requests.auth.AuthBase):
    """Signs a request as it is sent, its query encoded as Signature Version 4 wants it."""

    def __init__(self, region):
        self.signer = SigV4Auth(Credentials(CENTRAL, "test"), "execute-api", region)

    def __call__(self, request):
        parts = urlsplit(request.url)
        query = urlencode(parse_qsl(parts.query, keep_blank_values=True), quote_via=quote)
        request.url = urlunsplit(parts._replace(query=query.replace("/", "%2F")))
        signed = AWSRequest(method=request.method, url=request.url, data=request.body, headers=dict(request.headers))
        self.signer.add_auth(signed)
        request.headers.update(dict(signed.headers.items()))
        return request


@pytest.fixture(scope="module")
def tenant_id(cloud):
    """The one tenant whose configs the requests may change; they are removed.

    So are tenants' records that the requests make, of any name: one that binds the demo's tenant to other accounts
    refuses what later tests deliver.
    """
    made = unique("tenant")
    table = {"TableName": cloud.outputs["TenantsTableName"]}
    records = {each["tenant_id"]["S"] for each in cloud.client("dynamodb").scan(**table)["Items"]}
    yield made
    for item in cloud.client("dynamodb").scan(**table)["Items"]:
        if item["tenant_id"]["S"] not in records:
            cloud.client("dynamodb").delete_item(**table, Key={"tenant_id": item["tenant_id"]})
    for stored in list(cloud.api().list(made)):
        cloud.api().delete(made, stored.type)


def test_generated_requests_are_answered_as_documented_through_the_gateway(cloud, tenant_id):
    """The gateway or its adapter would change what the document says, or turn a client's mistake into a 5xx."""
    schema = schemathesis.openapi.from_dict(document())
    schema.config.update(base_url=cloud.environment.api_url)
    answers, signs = Counter(), SignsAsCentral(cloud.environment.region)
    for operation in (found.ok() for found in schema.get_all_operations()):
        for mode in schemathesis.GenerationMode:

            @QUICK
            @given(case=operation.as_strategy(generation_mode=mode))
            def every_case(case):
                if re.fullmatch(TENANT_ID_PATTERN, str(case.path_parameters.get("tenant_id", ""))):
                    case.path_parameters["tenant_id"] = tenant_id
                response = case.call(auth=signs, timeout=SECONDS)
                answers[response.status_code] += 1
                case.validate_response(response, checks=CHECKS)

            if mode is schemathesis.GenerationMode.POSITIVE or INPUTS & operation.definition.raw.keys():
                every_case()
    assert answers.total() >= LEAST_CASES
