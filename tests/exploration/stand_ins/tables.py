"""DynamoDB: conditions, transactions that hold or don't, queries of a table and of its indexes."""

from tests.exploration.stand_ins.calls import ServiceError, json_answer
from tests.exploration.stand_ins.expressions import Scope, condition, plain, update

FAILED = "ConditionalCheckFailed"


INDEX_SECONDS = 0.5
"""How long an index lags behind its table."""


class Table:
    """Items by key. ``indexes``: partition and sort attribute by name."""

    def __init__(self, simulation, name, sort_key, indexes=None):
        self._simulation = simulation
        self._indexed = {}
        self._unindexed = []
        self.name = name
        self.keys = {None: ("tenant_id", sort_key), **(indexes or {})}
        self.items = {}
        self.changes = 0
        self.listeners = []

    def key_of(self, item):
        """Return an item's key as it is held."""
        return tuple(item[name]["S"] for name in self.keys[None])

    def put(self, item):
        """Write an item, and tell whoever reads the stream."""
        self.change(self.key_of(item), item)

    def change(self, key, item):
        """Write or (``None``) remove an item."""
        self.changes += 1
        self._unindexed.append((self._simulation.elapsed, key, item))
        if item is None:
            self.items.pop(key, None)
        else:
            self.items[key] = item
        for listener in self.listeners:
            listener(key)

    def query(self, request):
        """Return the items that a query finds, in order."""
        index = request.get("IndexName")
        items = self._of_index() if index else self.items
        wanted = condition(request["KeyConditionExpression"])
        partition, sort = self.keys[index]
        found = [item for item in items.values() if partition in item and sort in item and wanted(Scope(item, request))]
        found.sort(key=lambda item: (plain(item[sort]), self.key_of(item)))
        return found

    def _of_index(self):
        while self._unindexed and self._unindexed[0][0] <= self._simulation.elapsed - INDEX_SECONDS:
            _, key, item = self._unindexed.pop(0)
            if item is None:
                self._indexed.pop(key, None)
            else:
                self._indexed[key] = item
        return self._indexed


class Tables:
    """The service."""

    def __init__(self, tables):
        self.tables = {table.name: table for table in tables}

    def answer(self, call):
        """Do what a call asks for."""
        return json_answer(getattr(self, f"_{call.action}")(call.request))

    def _table(self, request):
        try:
            return self.tables[request["TableName"]]
        except KeyError:
            raise ServiceError("ResourceNotFoundException") from None

    def _GetItem(self, request):
        table = self._table(request)
        item = table.items.get(table.key_of(request["Key"]))
        return {"Item": item} if item else {}

    def _Query(self, request):
        table = self._table(request)
        found = table.query(request)
        start = request.get("ExclusiveStartKey")
        if start:
            keys = [table.key_of(item) for item in found]
            found = found[keys.index(table.key_of(start)) + 1 :]
        limit = request.get("Limit", len(found))
        page, last = found[:limit], {}
        if len(found) > limit:
            names = {*table.keys[None], *table.keys[request.get("IndexName")]}
            last = {"LastEvaluatedKey": {name: page[-1][name] for name in sorted(names)}}
        items = {} if request.get("Select") == "COUNT" else {"Items": page}
        return {**items, "Count": len(page), "ScannedCount": len(page), **last}

    def _PutItem(self, request):
        return self._alone({"Put": request})

    def _UpdateItem(self, request):
        return self._alone({"Update": request})

    def _DeleteItem(self, request):
        return self._alone({"Delete": request})

    def _alone(self, write):
        change = self._prepared(write)
        if change is None:
            raise ServiceError("ConditionalCheckFailedException", message="The conditional request failed")
        change()
        return {}

    def _TransactWriteItems(self, request):
        changes = [self._prepared(write) for write in request["TransactItems"]]
        if None in changes:
            reasons = [{"Code": "None" if change else FAILED} for change in changes]
            raise ServiceError("TransactionCanceledException", CancellationReasons=reasons)
        for change in changes:
            change()
        return {}

    def _prepared(self, write):
        """Return what makes the write; ``None`` where its condition doesn't hold."""
        ((kind, request),) = write.items()
        table = self._table(request)
        key = table.key_of(request["Item"] if kind == "Put" else request["Key"])
        old = table.items.get(key)
        if not condition(request.get("ConditionExpression"))(Scope(old or {}, request)):
            return None
        if kind == "Delete":
            return lambda: table.change(key, None)
        new = dict(request["Item"]) if kind == "Put" else dict(old or request["Key"])
        if kind == "Update":
            update(request["UpdateExpression"])(Scope(new, request))
        return lambda: table.change(key, new)
