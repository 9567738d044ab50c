"""Ingestion: the clusters that may write to the bucket, and the queue of new objects."""

from aws_cdk import Environment
from constructs import Construct

from constructs_lib.alerting import AlertQueue
from constructs_lib.queues import ObjectQueue
from constructs_lib.writer_role import WriterRole
from stacks.regional_stack import RegionalStack
from stacks.stages import StageConfig
from stacks.storage_stack import StorageStack


class CollectionStack(RegionalStack):
    """One Region's object queue and, with alerts, its alert queue; and a writer role for each of its clusters."""

    def __init__(
        self, scope: Construct, construct_id: str, *, env: Environment, stage: StageConfig, storage: StorageStack
    ) -> None:
        super().__init__(scope, construct_id, env=env, stage=stage, purpose="writer roles and object queue")
        self.object_queue = ObjectQueue(
            self,
            "ObjectQueue",
            topic=storage.notifications.topic,
            visibility_timeout=stage.visibility_timeout,
            removal_policy=stage.removal_policy,
        )
        self.alert_queue = AlertQueue(self, "AlertQueue", removal_policy=stage.removal_policy) if stage.alerts else None
        self._bucket_name = storage.central_bucket.bucket.bucket_name
        self.writer_roles = {
            cluster.cluster_id: WriterRole(
                self,
                f"Writer-{cluster.cluster_id}",
                bucket=storage.central_bucket,
                cluster_id=cluster.cluster_id,
                identity=cluster.identity,
                alert_queue=self.alert_queue,
            )
            for cluster in stage.clusters
            if cluster.region == self.region
        }
        self._write_outputs()

    def _write_outputs(self) -> None:
        self.output("ObjectQueueUrl", self.object_queue.queue.queue_url, "The queue of notifications about new objects")
        self.output(
            "ObjectDlqUrl",
            self.object_queue.dead_letter_queue.queue_url,
            "Notifications that could not be processed; empty when all is well",
        )
        self.output(
            "UndeliveredNotificationsUrl",
            self.object_queue.undelivered_notifications.queue_url,
            "Notifications that SNS could not deliver; empty when all is well",
        )
        if self.alert_queue is not None:
            queue, dead_letters = self.alert_queue.queue, self.alert_queue.dead_letter_queue
            self.output("AlertQueueUrl", queue.queue_url, "The queue of marked lines' copies, for alerts")
            self.output("AlertDlqUrl", dead_letters.queue_url, "Copies that could not be evaluated")
        for number, (cluster_id, writer) in enumerate(sorted(self.writer_roles.items()), start=1):
            self.output(f"WriterRoleArn{number}", writer.role.role_arn, f"cluster {cluster_id}")
            # What `make agent-settings` writes into an overlay.
            settings = {
                "CENTRAL_BUCKET": self._bucket_name,
                "AWS_REGION": self.region,
                "AWS_ROLE_ARN": writer.role.role_arn,
                "CLUSTER_ID": cluster_id,
            }
            if self.alert_queue is not None:
                settings["ALERT_QUEUE_URL"] = self.alert_queue.queue.queue_url
            self.output(
                f"AgentSettings{number}",
                self.to_json_string(settings),
                f"what `make agent-settings` writes into an overlay of cluster {cluster_id}",
            )
