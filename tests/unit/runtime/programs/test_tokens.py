"""The tokens of a program: what is code, what is text, and where it stands."""

from runtime.programs.tokens import calls, place, statements, unbalanced


def called(source):
    """Return the names that a program calls."""
    return [token.text for token in calls(source)]


def test_a_call_is_found_however_it_is_written():
    """A program could hide a refused function behind a blank or an exclamation mark."""
    assert called("now()\n.a = now ( )\nb = uuid_v4 !()\n.c = parse_json!(.m)") == [
        "now",
        "now",
        "uuid_v4",
        "parse_json",
    ]


def test_texts_comments_and_paths_are_no_calls():
    """A line about the word now() in a text would have a harmless program refused."""
    assert called(".a = \"now()\" # now()\n.b = r'now()'\n.c = s'it\\'s now()'\n.now (1)\n.d.log(1)") == []


def test_what_does_not_end_is_found_where_it_begins():
    """A tenant would be sent to the end of the program for a quote that is missing at its beginning."""
    for source, begins in (('.a = 1\n.b = "x', 12), (".a = [1, {", 9), (".a = 1)", 6), (".a = (1]", 7)):
        token = unbalanced(source)
        assert token is not None
        assert token.start == begins
    assert unbalanced('.a = {"b": [1, (2)]} # }') is None


def test_statements_are_found_in_blocks_and_not_in_lists():
    """An error would be reported in the middle of an expression, or only for the whole block."""
    source = ".a = 1; .b = 2\nif true {\n  .e = 4\n  .f = [\n5]\n}"
    assert [(source[each.start : each.stop], each.depth) for each in statements(source)] == [
        (".a = 1", 0),
        (".b = 2", 0),
        ("if true {\n  .e = 4\n  .f = [\n5]\n}", 0),
        (".e = 4", 1),
        (".f = [\n5]", 1),
    ]


def test_a_place_counts_from_one():
    """An editor would jump to the line above."""
    assert place("a\nbc", 0) == (1, 1)
    assert place("a\nbc", 3) == (2, 2)
