"""The next step for each reason of a parked delivery, and who takes it."""

_NEXT_STEPS = {
    "second-hop-denied": "customer: let the role trust the central role with this ExternalId and tenant_id tag",
    "destination-denied": "customer: allow the action to the role, in the bucket's policy and in the KMS key's policy",
    "no-such-bucket": "customer: create the bucket, or correct bucket_name in the delivery config",
    "wrong-region": "customer: set target_region in the delivery config to the bucket's Region",
    "acl-refused": "customer: let the bucket accept the ACL bucket-owner-full-control",
    "customer-limit": "customer: raise the CloudWatch Logs quota that is used up",
    "log-group-refused": "customer: use a log group of the class STANDARD that accepts PutLogEvents",
    "kms-refused": "customer: enable the KMS key, and allow its use to the role",
    "config-invalid": "correct the delivery config's fields that the detail names; delivery then resumes automatically",
    "method-not-installed": "provider: install the delivery method on every host, or correct the config's type",
    "config-deleted": "create the delivery config again, or let the delivery expire with its object",
    "config-disabled": "enable the delivery config again, or let the delivery expire with its object",
    "tenant-suspended": "provider: resume the tenant (`logrouter tenant resume`); its deliveries are then handed over",
    "tenant-not-readable": "provider: correct the tenant's record; every processor must be allowed to read it",
    "account-not-allowed": "name a role or bucket of the tenant's accounts, or let the provider add the account",
    "region-not-allowed": "choose a Region that the tenant's record allows, or let the provider allow it",
    "external-id-not-issued": "leave external_id out of the delivery config, or name one that was issued to the tenant",
    "session-policy-refused": "correct the delivery config: STS rejects the session policy made from it",
    "log-group-missing": "customer: create the log group again, as it was, or let the role create it",
    "session-policy-too-long": "shorten bucket_prefix or the role's path in the delivery config",
    "program-killed": "customer: correct the program: it breaks down or takes too long; the third time ends it",
    "program-switched-off": "customer: change the program in the delivery config: it was killed three times",
    "program-refused": "customer: correct the program in the delivery config, as the detail says",
    "program-engine-missing": "provider: install the engine of programs on every host (logrouter[programs])",
    "program-worker-lost": "none: the process that runs programs was killed; it is tried again by itself",
    "destination-slow": "none: the destination takes long; it is delivered apart from its object's other deliveries",
    "destination-busy": "none: earlier deliveries there take long; it is tried again by itself",
    "first-hop-denied": "provider: the central role must trust the processor's execution role",
    "source-denied": "provider: the central role and the central bucket's key must allow reading",
    "set-aside-failed": "provider: let the processor write under set-aside/ of the central bucket",
    "own-access-denied": "provider: the processor's execution role must allow it",
}
_OTHERWISE = "none known: it is tried again by itself; if it stays, the provider looks at the reason and the detail"


def next_step(reason: str) -> str:
    """Return the next step for a reason."""
    return _NEXT_STEPS.get(reason, _OTHERWISE)
