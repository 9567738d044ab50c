"""Pieces of ready-made programs that know the lines of a control plane: their level, and the audit log's fields."""

from typing import Final

LEVEL_OF_A_LINE: Final = r"""text = string!(.message)
named = ""
level = -1
if match(text, r'^[IWEF]\d{4} \d\d:\d\d:\d\d') {
  named = slice!(text, 0, 1)
} else if starts_with(text, "{") {
  line = object(parse_json(text) ?? null) ?? {}
  named = downcase(string(line.level) ?? string(line.severity) ?? "")
  if named == "" && is_string(line.err) { named = "error" }
  if named == "" && is_integer(line.v) { named = if int!(line.v) > 3 { "debug" } else { "info" } }
} else {
  found = parse_regex(text, r'(?i)\blevel="?(?P<level>[a-z]+)') ?? {}
  named = downcase(string(found.level) ?? "")
}
if match(named, r'^(trace|debug)$') { level = 0 }
if match(named, r'^(I|info|information|notice)$') { level = 1 }
if match(named, r'^(W|warn|warning)$') { level = 2 }
if match(named, r'^(E|err|error)$') { level = 3 }
if match(named, r'^(F|fatal|panic|dpanic|critical|crit|emerg|alert)$') { level = 4 }
"""
"""Sets ``level``: 0 debug, 1 info, 2 warning, 3 error, 4 fatal; -1 where the line doesn't say.

Known are klog's text and its JSON (``err`` marks an error, ``v`` is the verbosity), zap's JSON, and ``level=``.
"""

AUDIT_SHAPE: Final = r"""event = object(parse_json(.message) ?? null) ?? {}
if event.kind == "Event" && starts_with(string(event.apiVersion) ?? "", "audit.k8s.io/") {
  verb = string(event.verb) ?? ""
  activity = 99
  if verb == "create" { activity = 1 }
  if includes(["get", "list", "watch"], verb) { activity = 2 }
  if includes(["update", "patch"], verb) { activity = 3 }
  if includes(["delete", "deletecollection"], verb) { activity = 4 }
  code = int(event.responseStatus.code) ?? 0
  status = 0
  if code > 0 && code < 400 { status = 1 }
  if code >= 400 { status = 2 }
  status_code = null
  if code > 0 { status_code = to_string(code) }
  severity = 1
  if code == 401 || code == 403 { severity = 3 }
  received = parse_timestamp(event.requestReceivedTimestamp, "%+") ?? timestamp!(.timestamp)
  .message = compact({
    "class_uid": 6003, "class_name": "API Activity", "category_uid": 6, "activity_id": activity,
    "type_uid": 600300 + activity, "time": to_unix_timestamp(received, unit: "milliseconds"),
    "severity_id": severity, "status_id": status, "status_code": status_code,
    "message": event.responseStatus.message,
    "metadata": {"uid": event.auditID, "product": {"name": "Kubernetes"}, "log_level": event.level},
    "actor": {
      "user": {"name": event.user.username, "uid": event.user.uid, "groups": event.user.groups},
      "impersonated": event.impersonatedUser.username
    },
    "api": {"operation": verb, "version": event.objectRef.apiVersion, "group": {"name": event.objectRef.apiGroup}},
    "http_request": {"url": {"path": event.requestURI}, "user_agent": event.userAgent},
    "src_endpoint": {"ip": event.sourceIPs[0]},
    "resources": [{
      "type": event.objectRef.resource, "name": event.objectRef.name, "namespace": event.objectRef.namespace,
      "subresource": event.objectRef.subresource
    }],
    "stage": event.stage
  })
}"""
"""OCSF 1.x, class API Activity [6003], as far as the audit log says it; ``impersonated`` and ``stage`` are ours."""
