"""Two writers, and twenty: no change is lost."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.unit.runtime.api.gateway import CONFIGS, PATCH, S3, make_app, make_client, put_item

WRITERS, ROUNDS = 20, 3
CONFIG = f"{CONFIGS}/s3"


@pytest.fixture
def writers(clients):
    """Twenty clients of one app."""
    app = make_app(clients)
    made = [make_client(app) for _ in range(WRITERS)]
    assert made[0].post(CONFIGS, json=S3).status_code == 201
    return made


def at_once(writers, act):
    """Let all writers act at the same time; return what each got."""
    with ThreadPoolExecutor(len(writers)) as threads:
        return list(threads.map(act, writers, range(len(writers))))


def test_of_twenty_writers_with_if_match_exactly_one_wins_each_round(writers):
    """Two operators' changes would overwrite each other unseen."""
    for _ in range(ROUNDS):
        etag = writers[0].get(CONFIG).headers["etag"]

        def change(writer, number, etag=etag):
            return writer.patch(CONFIG, json={"bucket_prefix": f"p{number}/"}, headers=PATCH | {"if-match": etag})

        answers = at_once(writers, change)
        statuses = [answer.status_code for answer in answers]
        assert sorted(statuses) == [200] + [412] * (WRITERS - 1)
        assert writers[0].get(CONFIG).headers["etag"] == answers[statuses.index(200)].headers["etag"]


def test_of_twenty_creators_exactly_one_wins(clients):
    """Two callers would both believe that their config is the one that is stored."""
    app = make_app(clients)
    answers = at_once(
        [make_client(app) for _ in range(WRITERS)],
        lambda writer, number: writer.post(CONFIGS, json=S3 | {"bucket_prefix": f"p{number}/"}),
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * (WRITERS - 1)


def test_patches_of_different_fields_without_if_match_all_count(writers):
    """A patch that met another one would write back what it had read before it."""
    fields = [{"enabled": False}, {"desired_logs": ["etcd"]}, {"bucket_prefix": "x/"}, {"external_id": "issued"}]
    answers = at_once(writers[: len(fields)], lambda writer, n: writer.patch(CONFIG, json=fields[n], headers=PATCH))
    assert [answer.status_code for answer in answers] == [200] * len(fields)
    stored = writers[0].get(CONFIG).json()
    assert all(stored[name] == value for each in fields for name, value in each.items())


@pytest.mark.parametrize("tag", ['"other"', 'W/"weak"', '"a", "b"'])
def test_if_match_of_something_else_is_refused(api, tag):
    """A change would be made of a config that its author never saw."""
    api.post(CONFIGS, json=S3)
    for method in ("put", "patch", "delete"):
        more = {} if method == "delete" else {"json": S3}
        assert api.request(method, CONFIG, headers={"if-match": tag}, **more).status_code == 412
    assert api.get(CONFIG).status_code == 200


def test_an_etag_never_comes_back(api):
    """A config deleted and made anew would pass for the old one."""
    first = api.post(CONFIGS, json=S3).headers["etag"]
    assert api.delete(CONFIG, headers={"if-match": first}).status_code == 204
    assert api.post(CONFIGS, json=S3).headers["etag"] != first
    assert api.delete(CONFIG, headers={"if-match": first}).status_code == 412


def test_a_change_by_hand_is_noticed(api, clients):
    """What someone put into the table would be overwritten by a writer who never saw it."""
    etag = api.post(CONFIGS, json=S3).headers["etag"]
    stored = clients.client("dynamodb").scan(TableName="configs")["Items"][0]
    put_item(clients, **stored | {"enabled": {"BOOL": False}})
    assert api.patch(CONFIG, json={}, headers=PATCH | {"if-match": etag}).status_code == 412


def test_a_read_of_what_one_has_is_304(api):
    """A console that polls would load everything each time."""
    etag = api.post(CONFIGS, json=S3).headers["etag"]
    assert api.get(CONFIG, headers={"if-none-match": f'"x", W/{etag}'}).status_code == 304
    assert api.get(CONFIG, headers={"if-none-match": '"x"'}).status_code == 200


@pytest.mark.parametrize("header", ["if-match", "if-none-match"])
@pytest.mark.parametrize("value", ["no-quotes", '"open', "*,*", '"a" "b"'])
def test_malformed_tags_are_refused(api, header, value):
    """A precondition that isn't understood would be taken for one that holds."""
    api.post(CONFIGS, json=S3)
    assert api.delete(CONFIG, headers={header: value}).status_code == 422
    assert api.get(CONFIG).status_code == 200


def test_a_lost_answer_is_not_taken_for_anothers_change(api, clients):
    """The SDK repeats a call whose answer was lost: the writer would be told 412 though its change is stored."""
    bodies = []
    events = clients.client("dynamodb").meta.events
    events.register("before-send.dynamodb", lambda request, **_: bodies.append(request.body))
    assert api.post(CONFIGS, json=S3).status_code == 201
    assert any(b"ClientRequestToken" in body for body in bodies if body)  # DynamoDB applies the calls of one token once
