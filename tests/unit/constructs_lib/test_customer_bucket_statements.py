from constructs_lib.customer_bucket_statements import bucket_statements, key_statement

CENTRAL = "arn:aws:iam::111111111111:role/logrouter/CentralLogDistributionRole"
OWN_TENANT = {"aws:PrincipalTag/tenant_id": "acme-corp"}


def statements():
    made = bucket_statements(
        bucket_arn="arn:aws:s3:::acme-logs", bucket_prefix="logs/", tenant_id="acme-corp", central_role_arn=CENTRAL
    )
    return [statement.to_statement_json() for statement in made]


def test_puts_need_acl_tenant_and_prefix():
    """Another tenant's logs, or objects the customer doesn't own, could land in the bucket."""
    put, _ = statements()
    assert put == {
        "Sid": "AllowLogDelivery",
        "Effect": "Allow",
        "Principal": {"AWS": CENTRAL},
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::acme-logs/logs/acme-corp/*",
        "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control", **OWN_TENANT}},
    }


def test_aborting_needs_the_tenant_but_no_acl():
    """An abort carries no ACL: with that condition, cut copies of large objects would stay and be paid for."""
    _, abort = statements()
    assert abort["Action"] == "s3:AbortMultipartUpload"
    assert abort["Resource"] == "arn:aws:s3:::acme-logs/logs/acme-corp/*"
    assert abort["Condition"] == {"StringEquals": OWN_TENANT}


def test_nothing_may_be_read_or_deleted():
    """A provider's role that can read a customer's bucket is more than anyone agreed to."""
    assert {s["Action"] for s in statements()} == {"s3:PutObject", "s3:AbortMultipartUpload"}


def test_the_key_is_used_through_s3_for_the_own_tenant():
    """The central role could use the customer's key for anything, or for another tenant's delivery."""
    statement = key_statement(
        tenant_id="acme-corp", central_role_arn=CENTRAL, region="us-east-1", url_suffix="amazonaws.com"
    ).to_statement_json()
    assert statement["Action"] == ["kms:GenerateDataKey", "kms:Decrypt"]
    assert statement["Condition"] == {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com", **OWN_TENANT}}
