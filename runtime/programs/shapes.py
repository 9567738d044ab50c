"""Pieces of ready-made programs: what is redacted, a line's level, the audit log's fields."""

from collections.abc import Mapping
from typing import Final

_EMAIL = r"""
if contains(text, "@") {
  text = replace(text, r'[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}', "[email]")
}
"""
_SECRETS = r"""
if contains(text, "eyJ") {
  text = replace(text, r'\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*', "[token]")
}
if contains(text, "AKIA") || contains(text, "ASIA") {
  text = replace(text, r'\b(?:AKIA|ASIA)[A-Z0-9]{16}\b', "[token]")
}
text = replace(text, r'(?i)\b(bearer|basic)(\s+)[A-Za-z0-9._~+/=-]{8,}', "$1$2[token]")
text = replace(
  text,
  r'(?i)\b([a-z0-9_-]*(?:password|passwd|secret|api[_-]?key|access[_-]?token)"?\s*[:=]\s*"?)[^\s"\x27,;&\[]{6,}',
  "$1[token]"
)
"""
_IP = r"""
text = replace(text, r'\b(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)\b', "[ip]")
if contains(text, "::") {
  text = replace_with(text, r'(?i)\b[0-9a-f]{1,4}(?::[0-9a-f]{1,4})*::[0-9a-f:]*[0-9a-f]\b') -> |match| {
    if is_ipv6(match.string) { "[ip]" } else { match.string }
  }
  text = replace(text, r'(^|[^\w:.])::1\b', "$1[ip]")
}
if match(text, r':[0-9A-Fa-f]{1,4}:[0-9A-Fa-f]{1,4}:[0-9A-Fa-f]{1,4}:') {
  text = replace_with(text, r'(?i)\b(?:[0-9a-f]{1,4}:){7,}[0-9a-f]{1,4}\b') -> |match| {
    if is_ipv6(match.string) { "[ip]" } else { match.string }
  }
}
"""
_CARD = r"""
text = replace_with(
  text,
  r'(^|[^\w.-])(?:(?:4\d{3}|5[1-5]\d\d|2[2-7]\d\d|6011|65\d\d)(?:[ -]?\d{4}){3}|3[47]\d\d[ -]?\d{6}[ -]?\d{5})\b'
) -> |match| {
  digits = chunks!(replace(match.string, r'\D', ""), 1)
  sum = 0
  for_each(digits) -> |index, digit| {
    value = to_int!(digit)
    if mod(length(digits) - index, 2) == 0 { value = value * 2 }
    if value > 9 { value = value - 9 }
    sum = sum + value
  }
  if mod(sum, 10) == 0 { replace(match.string, r'\d[\d -]*', "[card]") } else { match.string }
}
"""

REDACTIONS: Final[Mapping[str, str]] = {"email": _EMAIL, "token": _SECRETS, "ip": _IP, "card": _CARD}
"""By kind; each changes the variable ``text``. A card number has the form of the large issuers and passes ISO/IEC
7812's check digit (Luhn): logs are full of other long numbers."""

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
