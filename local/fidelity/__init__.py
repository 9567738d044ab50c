"""What the emulator forgives or lacks, repaired: one module per gap, applied inside the emulator's own process.

Here lives only what makes it behave as AWS does; nothing here is specific to this project. Each module says what
AWS does and names what it replaces, and `apply` fails loudly when that is gone or takes other parameters.

Not repaired, so nothing seen here is proof of it: KMS key policies across services, fair queues, MemorySize,
the one-hour cap of chained role sessions, alarms (the emulator ignores their dimensions and what missing data means;
tests evaluate their definitions by themselves), SNS filters on arrays in the body (the notification is filtered by
key prefix instead).
"""

from local.fidelity import (
    bucket_owner,
    copy_object,
    cross_account_bucket,
    embedded_metrics,
    function_metrics,
    log_event_limits,
    log_filter,
    loopback_tls,
    metric_identity,
    multipart_acl,
    policy_variables,
    principal_arn,
    query_definitions,
    queue_batches,
    queue_limits,
    queue_lock,
    queue_metrics,
    resource_account,
    role_session_keys,
    running_invocations,
    session_lock,
    session_name,
)

PATCHES = (
    loopback_tls,
    policy_variables,
    principal_arn,
    resource_account,
    role_session_keys,
    cross_account_bucket,
    multipart_acl,
    bucket_owner,
    copy_object,
    log_event_limits,
    log_filter,
    queue_batches,
    queue_limits,
    queue_lock,
    queue_metrics,
    embedded_metrics,
    function_metrics,
    metric_identity,
    query_definitions,
    running_invocations,
    session_lock,
    session_name,
)


def apply_all() -> None:
    """Apply every patch. Raises ``PatchTargetMissingError`` at the first whose target has changed."""
    for patch in PATCHES:
        patch.apply()
