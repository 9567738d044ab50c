"""DynamoDB's conditions and updates, compiled once: as much of their grammar as the runtime writes."""

import re
from decimal import Decimal
from functools import cache

_TOKENS = re.compile(r"[:#]?\w+|<=|>=|<>|[=<>(),]")
_COMPARISONS = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def plain(value):
    """Return what compares as the attribute's value does: its type, and the value."""
    ((kind, content),) = value.items()
    return kind, Decimal(content) if kind == "N" else content


class Scope:
    """What an expression is evaluated on: an item, and the request's names and values."""

    def __init__(self, item, request):
        self.item = item
        self._names = request.get("ExpressionAttributeNames") or {}
        self._values = request.get("ExpressionAttributeValues") or {}

    def name(self, token):
        """Return the attribute's name."""
        return self._names[token] if token.startswith("#") else token

    def value(self, token):
        """Return the typed value of a placeholder or an attribute; ``None`` where there is no such attribute."""
        return self._values[token] if token.startswith(":") else self.item.get(self.name(token))


class _Parser:
    def __init__(self, text):
        self._tokens = _TOKENS.findall(text)

    def peek(self):
        return self._tokens[0].upper() if self._tokens else ""

    def take(self, expected=None):
        token = self._tokens.pop(0)
        assert expected is None or token.upper() == expected, (token, expected)
        return token

    def either(self):
        parts = [self.both()]
        while self.peek() == "OR":
            self.take()
            parts.append(self.both())
        return lambda scope: any(part(scope) for part in parts)

    def both(self):
        parts = [self.negated()]
        while self.peek() == "AND":
            self.take()
            parts.append(self.negated())
        return lambda scope: all(part(scope) for part in parts)

    def negated(self):
        if self.peek() == "NOT":
            self.take()
            part = self.negated()
            return lambda scope: not part(scope)
        if self.peek() == "(":
            self.take()
            part = self.either()
            self.take(")")
            return part
        return self._function() if self._tokens[0] in _FUNCTIONS else self._comparison()

    def _function(self):
        function, given = _FUNCTIONS[self.take()], self._arguments()
        return lambda scope: function(*(scope.value(token) for token in given))

    def _arguments(self):
        self.take("(")
        given = [self.take()]
        while self.take() == ",":
            given.append(self.take())
        return given

    def _operand(self):
        token = self.take()
        if token != "size":
            return lambda scope: (found := scope.value(token)) and plain(found)
        (sized,) = self._arguments()
        return lambda scope: (found := scope.value(sized)) and ("N", len(plain(found)[1]))

    def _comparison(self):
        left, operator = self._operand(), self.take().upper()
        if operator == "BETWEEN":
            low, _, high = self._operand(), self.take("AND"), self._operand()
            return lambda scope: _holds("<=", low(scope), left(scope)) and _holds("<=", left(scope), high(scope))
        right = self._operand()
        return lambda scope: _holds(operator, left(scope), right(scope))


def _holds(operator, left, right):
    if not left or not right:
        return operator == "<>"
    return left[0] == right[0] and _COMPARISONS[operator](left[1], right[1])


def _begins_with(value, prefix):
    return value is not None and plain(value)[1].startswith(plain(prefix)[1])


_FUNCTIONS = {
    "attribute_exists": lambda value: value is not None,
    "attribute_not_exists": lambda value: value is None,
    "begins_with": _begins_with,
    "contains": lambda value, part: value is not None and plain(part)[1] in plain(value)[1],
}


@cache
def condition(text):
    """Return a function of a scope that says whether a condition holds."""
    return _Parser(text).either() if text else lambda _: True


@cache
def update(text):
    """Return a function of a scope that changes its item."""
    steps = []
    for keyword, body in re.findall(r"(SET|REMOVE|ADD|DELETE)\s+(.*?)(?=\s+(?:SET|REMOVE|ADD|DELETE)\s|$)", text):
        for part in re.split(r",\s*(?![^(]*\))", body):
            name, _, rest = (each.strip() for each in part.strip().partition("=" if keyword == "SET" else " "))
            steps.append((_STEPS[keyword], name, rest))

    def change(scope):
        before = Scope(dict(scope.item), {})
        before._names, before._values = scope._names, scope._values
        for step, name, rest in steps:
            step(scope, before, scope.name(name), rest)

    return change


def _set(scope, before, name, rest):
    default = re.fullmatch(r"if_not_exists\((\S+),\s*(\S+)\)", rest)
    given = [before.value(token) for token in (default.groups() if default else (rest,))]
    scope.item[name] = next(value for value in given if value is not None)


def _remove(scope, before, name, rest):
    scope.item.pop(name, None)


def _add(scope, before, name, rest):
    ((kind, content),) = before.value(rest).items()
    old = scope.item.get(name, {kind: "0" if kind == "N" else []})[kind]
    scope.item[name] = {kind: str(Decimal(old) + Decimal(content)) if kind == "N" else sorted({*old, *content})}


def _delete(scope, before, name, rest):
    ((kind, content),) = before.value(rest).items()
    left = sorted(set(scope.item.get(name, {kind: []})[kind]) - set(content))
    scope.item.pop(name, None)
    if left:
        scope.item[name] = {kind: left}


_STEPS = {"SET": _set, "REMOVE": _remove, "ADD": _add, "DELETE": _delete}
