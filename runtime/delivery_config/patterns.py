"""The forms of names in delivery configs and tenants' records (contract §3, §10)."""

from runtime.text_forms import text_form

TENANT_ID_PATTERN = text_form(
    r"^[A-Za-z0-9][A-Za-z0-9\-_.]{0,127}$", "1 to 128 letters, digits or - _ . and begin with a letter or digit"
)
TYPE_PATTERN = text_form(
    r"^[a-z][a-z0-9\-]{0,31}(:[A-Za-z0-9][A-Za-z0-9\-_.]{0,63})?$",
    "a delivery method, or one with a name of letters, digits or - _ . as in s3:archive-eu",
)
REGION_PATTERN = text_form(r"^[a-z]{2,4}(-[a-z]+){1,3}-[0-9]{1,2}$", "the name of an AWS Region, as us-east-1")
# STS API reference, AssumeRole, ExternalId: 2 to 1,224 of these.
EXTERNAL_ID_PATTERN = text_form(r"^[A-Za-z0-9_+=,.@:/\-]*$", "of letters, digits or _ + = , . @ : / -")
ACCOUNT = text_form(r"^[0-9]{12}$", "an AWS account: 12 digits")
