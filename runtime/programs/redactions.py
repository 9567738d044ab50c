"""What the ready-made program ``redact`` finds, one piece of VRL for each kind. Each changes the variable ``text``."""

from collections.abc import Mapping
from typing import Final

_EMAIL = r"""
text = replace(text, r'[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}', "[email]")
"""
_SECRETS = r"""
text = replace(text, r'\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*', "[token]")
text = replace(text, r'(?i)\b(bearer|basic)(\s+)[A-Za-z0-9._~+/=-]{8,}', "$1$2[token]")
text = replace(text, r'\b(?:AKIA|ASIA)[A-Z0-9]{16}\b', "[token]")
text = replace(
  text,
  r'(?i)\b([a-z0-9_-]*(?:password|passwd|secret|api[_-]?key|access[_-]?token)"?\s*[:=]\s*"?)[^\s"\x27,;&\[]{6,}',
  "$1[token]"
)
"""
_IP = r"""
text = replace(text, r'\b(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)\b', "[ip]")
text = replace_with(
  text,
  r'(?i)\b[0-9a-f]{1,4}(?::[0-9a-f]{1,4})*::[0-9a-f:]*[0-9a-f]\b|\b(?:[0-9a-f]{1,4}:){7,}[0-9a-f]{1,4}\b'
) -> |match| { if is_ipv6(match.string) { "[ip]" } else { match.string } }
text = replace(text, r'(^|[^\w:.])::1\b', "$1[ip]")
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
"""By kind. A card number has the form of the large issuers and passes ISO/IEC 7812's check digit (Luhn): logs are full
of other long numbers."""
