"""CloudWatch Logs: customers' groups and streams, and the log group of the records."""

import json
import re
from collections import defaultdict

from tests.exploration.stand_ins.calls import ServiceError, json_answer

DAY_MS = 86_400_000
OLDEST_MS, NEWEST_MS = 14 * DAY_MS, 7_200_000
_WANTED = re.compile(r"\$\.(\w+) = (\"[^\"]*\"|\d+)")


class LogGroups:
    """The service. ``groups``: streams by (account, group); a stream is a list of (message, epoch s of its arrival)."""

    def __init__(self, simulation, roles):
        self.simulation = simulation
        self.roles = roles
        self.groups = {}
        self.records = []  # (time in ms, fields, line)

    def answer(self, call):
        """Do what a call asks for."""
        if call.action == "FilterLogEvents":
            return json_answer(self._filtered(call.request))
        session = self.roles.session(call)
        if session is None or not session.is_customers:
            raise ServiceError("AccessDeniedException")
        return json_answer(getattr(self, f"_{call.action}")(session.account, call.request))

    def create(self, account, name):
        """Make a group."""
        self.groups[account, name] = defaultdict(list)

    def _group(self, account, request):
        group = self.groups.get((account, request["logGroupName"]))
        if group is None:
            raise ServiceError("ResourceNotFoundException")
        return group

    def _CreateLogGroup(self, account, request):
        if (account, request["logGroupName"]) in self.groups:
            raise ServiceError("ResourceAlreadyExistsException")
        self.create(account, request["logGroupName"])
        return {}

    def _CreateLogStream(self, account, request):
        group = self._group(account, request)
        if request["logStreamName"] in group:
            raise ServiceError("ResourceAlreadyExistsException")
        group[request["logStreamName"]] = []
        return {}

    def _PutLogEvents(self, account, request):
        group, stream, sent = self._group(account, request), request["logStreamName"], request["logEvents"]
        if stream not in group:
            raise ServiceError("ResourceNotFoundException")
        times = [event["timestamp"] for event in sent]
        if not sent or times != sorted(times) or times[-1] - times[0] > DAY_MS:
            raise ServiceError("InvalidParameterException")
        now = self.simulation.now() * 1000
        good = [now - OLDEST_MS <= at <= now + NEWEST_MS for at in times]
        group[stream] += [(event["message"], now / 1000) for event, taken in zip(sent, good, strict=True) if taken]
        rejected = {}
        if times[0] < now - OLDEST_MS:
            rejected["tooOldLogEventEndIndex"] = sum(at < now - OLDEST_MS for at in times)
        if times[-1] > now + NEWEST_MS:
            rejected["tooNewLogEventStartIndex"] = sum(at <= now + NEWEST_MS for at in times)
        return {"nextSequenceToken": "1", **({"rejectedLogEventsInfo": rejected} if rejected else {})}

    def _filtered(self, request):
        wanted = {name: json.loads(value) for name, value in _WANTED.findall(request.get("filterPattern", ""))}
        start, end = request.get("startTime", 0), request.get("endTime", 1 << 62)
        found = [
            {"timestamp": at, "message": line}
            for at, fields, line in self.records
            if start <= at <= end and all(fields.get(name) == value for name, value in wanted.items())
        ]
        return {"events": found}
