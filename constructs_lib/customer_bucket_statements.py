"""What a customer's bucket and key must allow the central role. Also printed, to merge into policies of one's own."""

from aws_cdk import aws_iam as iam

from constructs_lib.names import TENANT_TAG

CANNED_ACL = "bucket-owner-full-control"


def bucket_statements(
    *, bucket_arn: str, bucket_prefix: str, tenant_id: str, central_role_arn: str
) -> list[iam.PolicyStatement]:
    """Allow the central role, for this tenant alone, to put objects under the tenant's prefix.

    A multipart upload's ACL is given when it is begun; S3 judges its parts and its completion, which have no ACL
    header, by that one. So one statement serves both ways of copying.

    :param bucket_prefix: empty, or with its trailing slash.
    """
    objects = f"{bucket_arn}/{bucket_prefix}{tenant_id}/*"
    own_tenant = {f"aws:PrincipalTag/{TENANT_TAG}": tenant_id}
    return [
        iam.PolicyStatement(
            sid="AllowLogDelivery",
            principals=[iam.ArnPrincipal(central_role_arn)],
            actions=["s3:PutObject"],
            resources=[objects],
            conditions={"StringEquals": {"s3:x-amz-acl": CANNED_ACL, **own_tenant}},
        ),
        iam.PolicyStatement(
            sid="AllowAbortOfUnfinishedDelivery",
            principals=[iam.ArnPrincipal(central_role_arn)],
            actions=["s3:AbortMultipartUpload"],
            resources=[objects],
            conditions={"StringEquals": own_tenant},
        ),
    ]


def key_statement(*, tenant_id: str, central_role_arn: str, region: str, url_suffix: str) -> iam.PolicyStatement:
    """Allow S3, on the central role's behalf and for this tenant alone, to use the bucket's key.

    ``Decrypt``: S3 needs it to put the parts of a multipart copy together.
    """
    return iam.PolicyStatement(
        sid="AllowLogDelivery",
        principals=[iam.ArnPrincipal(central_role_arn)],
        actions=["kms:GenerateDataKey", "kms:Decrypt"],
        resources=["*"],
        conditions={
            "StringEquals": {
                "kms:ViaService": f"s3.{region}.{url_suffix}",
                f"aws:PrincipalTag/{TENANT_TAG}": tenant_id,
            }
        },
    )
