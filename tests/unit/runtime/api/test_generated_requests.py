"""Requests generated from the OpenAPI document (schemathesis): single ones, and chains that follow its links."""

from collections import Counter

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from tests.unit.runtime.api.gateway import SIGNATURE, document, empty_table, make_app, serve_tester, table_of_its_own

LEAST_CASES = 2_000
"""What the generated requests must come to; the count is printed."""
CASES = 64
"""Of each operation, twice: what the document allows, and what it doesn't."""
INPUTS = {"parameters", "requestBody"}
CHAINS, STEPS = 30, 6
QUICK = settings(
    max_examples=CASES,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
MEANT = ["2xx", "304", "403", "404", "409", "412", "422"]
"""Answers to what the form allows: no schema can say that a Region exists, or that a filter selects something (422)."""
REFUSED = ["400", "403", "404", "405", "409", "412", "413", "415", "422"]
"""Answers to what the form doesn't allow; too many names can be too many bytes (413) before they are counted."""

pytestmark = [
    pytest.mark.xdist_group("generated-requests"),  # one table, one count
    pytest.mark.no_cover,  # counting doubles their time; the API's own tests are counted
]


class Signs:
    """Signs each request; the checks take the signature off again to see that it was needed."""

    def get(self, case, context):
        return SIGNATURE

    def set(self, case, data, context):
        case.headers["Authorization"] = data


def without_servers(document):
    """Return the document for requests to the app itself: there is no gateway in front that takes its stage off."""
    return {name: part for name, part in document.items() if name != "servers"}


@pytest.fixture(scope="module")
def schema():
    """The document, and the app over a table that fills up."""
    with pytest.MonkeyPatch.context() as monkeypatch, table_of_its_own(monkeypatch) as clients:
        checks = {
            "positive_data_acceptance": {"expected-statuses": MEANT},
            "negative_data_rejection": {"expected-statuses": REFUSED},
        }
        made = schemathesis.openapi.from_dict(
            without_servers(document()), config=schemathesis.Config.from_dict({"checks": checks})
        )
        serve_tester(monkeypatch, clients)
        made.app = make_app(clients, tester="the-tester")
        made.auth()(Signs)
        made.clients = clients
        yield made


@pytest.fixture(scope="module")
def answers():
    """How often each status was answered, over all generated requests."""
    return Counter()


@pytest.mark.parametrize("mode", schemathesis.GenerationMode)
def test_every_operation_answers_as_documented(schema, answers, mode):
    """A client could get a 500, or an answer that no document speaks of; wrong input could be taken."""
    operations = [found.ok() for found in schema.get_all_operations()]
    for operation in operations:
        if mode is schemathesis.GenerationMode.NEGATIVE and not INPUTS & operation.definition.raw.keys():
            continue  # there is nothing to be wrong about

        @QUICK
        @given(case=operation.as_strategy(generation_mode=mode))
        def every_case(case):
            response = case.call()
            answers[response.status_code] += 1
            assert response.status_code < 500
            case.validate_response(response)

        every_case()


def test_chains_of_operations_answer_as_documented(schema, answers):
    """What was created could not be read, changed or deleted by its links, or be there after it was deleted."""
    machine = schema.as_state_machine()

    class Counted(machine):
        def setup(self):
            super().setup()
            empty_table(schema.clients)  # a chain is made again from its choices alone

        def after_call(self, response, case):
            answers[response.status_code] += 1
            super().after_call(response, case)

    Counted.run(settings=settings(QUICK, max_examples=CHAINS, stateful_step_count=STEPS))


def test_there_were_enough_of_them(answers, capsys):
    """The figures in the documents would be of fewer requests than they say."""
    by_status = {int(status): count for status, count in sorted(answers.items())}
    with capsys.disabled():
        print(f"\n{answers.total():,} generated requests: {by_status}")  # noqa: T201 - a figure to be seen
    assert answers.total() >= LEAST_CASES
    assert not [status for status in answers if status >= 500]
