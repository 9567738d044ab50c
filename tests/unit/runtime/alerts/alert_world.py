"""The alert function on moto: its tables, a customer's topic, the queue's events, and a clock that a test moves."""

import json
import time

from moto.events.models import events_backends
from moto.sns.models import sns_backends

from runtime.alerts.assembly import AlertSettings, make_workers
from runtime.alerts.states import AlertStates
from runtime.delivery_config.attribute_values import plain_item, typed
from runtime.delivery_state.table import StateTable
from runtime.time_budget import TimeBudget
from tests.unit.runtime.api.gateway import RULES, TENANTS, make_rules_table, make_tenants_table
from tests.unit.runtime.aws_world import CENTRAL_ROLE, CUSTOMER_ACCOUNT, CUSTOMER_ROLE, REGION, MotoClients

STATES = "alert-states"
ROLE_ID = "AROAEXAMPLECLUSTER1"
TOPIC = f"arn:aws:sns:{REGION}:{CUSTOMER_ACCOUNT}:alerts"
BUS = f"arn:aws:events:{REGION}:{CUSTOMER_ACCOUNT}:event-bus/alerts"
NOTICE = {"method": "sns", "log_distribution_role_arn": CUSTOMER_ROLE, "topic_arn": TOPIC}
BUS_NOTICE = {"method": "eventbridge", "log_distribution_role_arn": CUSTOMER_ROLE, "event_bus_arn": BUS}
BUDGET = 300.0


def make_states_table(clients):
    """Make the table of states with its index, as the storage stack does."""
    schema = [{"AttributeName": "tenant_id", "KeyType": "HASH"}, {"AttributeName": "alert", "KeyType": "RANGE"}]
    by_work = [{"AttributeName": "work", "KeyType": "HASH"}, {"AttributeName": "due_at", "KeyType": "RANGE"}]
    kinds = {"tenant_id": "S", "alert": "S", "work": "S", "due_at": "N"}
    clients.client("dynamodb").create_table(
        TableName=STATES,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=schema,
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind} for name, kind in kinds.items()],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-work",
                "KeySchema": by_work,
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["join_key"]},
            }
        ],
    )


class AlertWorld:
    """Tables, topic and bus are there; ``clients`` are the function's."""

    def __init__(self, clients):
        self.clients, self.plain = clients, MotoClients()
        self.topics = sns_backends[CUSTOMER_ACCOUNT][REGION]
        self.topics.create_topic("alerts")
        there = self.plain.client("dynamodb").list_tables()["TableNames"]
        for name, make in ((STATES, make_states_table), (RULES, make_rules_table), (TENANTS, make_tenants_table)):
            if name not in there:
                make(self.plain)
        buses = events_backends[CUSTOMER_ACCOUNT][REGION]
        self.events = []
        buses.put_events = lambda events: self._put(buses, events)
        if "alerts" not in buses.event_buses:
            buses.create_event_bus("alerts")
        self.now = time.time()
        self.restart()

    def _put(self, buses, events):
        """Keep what comes upon the bus: moto gives it to nobody without a rule."""
        self.events += [json.loads(event["Detail"]) for event in events]
        return type(buses).put_events(buses, events)

    def restart(self):
        """Let a new process work: nothing is remembered."""
        settings = AlertSettings(
            aws_region=REGION,
            alert_states_table=STATES,
            alert_rules_table=RULES,
            tenants_table=TENANTS,
            central_log_distribution_role_arn=CENTRAL_ROLE,
            clusters_by_role_id=json.dumps({ROLE_ID: "c1"}),
        )
        self.workers = make_workers(settings, self.clients, lambda: self.now)

    def put_rule(self, **fields):
        """Write a rule as the API does."""
        rule = {"tenant_id": "acme-corp", "name": "errors", "level": "error", "notify": NOTICE} | fields
        item = {name: typed(value) for name, value in rule.items()}
        self.plain.client("dynamodb").put_item(TableName=RULES, Item=item)

    def put_record(self, **fields):
        """Write the tenant's record."""
        item = {"tenant_id": "acme-corp", "version": 1} | fields
        written = {name: typed(value) for name, value in item.items()}
        self.plain.client("dynamodb").put_item(TableName=TENANTS, Item=written)

    def message(self, number=1, *, sender=ROLE_ID, **fields):
        """Return a queue's record of a copy."""
        line = {
            "id": f"{number:016x}",
            "tenant_id": "acme-corp",
            "cluster_id": "c1",
            "application": "etcd",
            "pod_name": "etcd-0",
            "timestamp": "2026-11-30T10:00:00.5Z",
            "message": f"E1130 it failed for the {number}th time",
            "level": "error",
        } | fields
        attributes = {"SenderId": f"{sender}:agent"}
        return {"messageId": f"m{number}", "body": json.dumps(line), "attributes": attributes}

    def take(self, *records, seconds=BUDGET):
        """Let the function take a batch; return the ids that come again."""
        return self.workers.batches.process(records, TimeBudget.of_seconds(seconds))

    def sweep(self, after=0.0):
        """Let time pass, and the sweep come."""
        self.now += after
        return self.workers.sweep.run(TimeBudget.of_seconds(BUDGET))

    def received(self):
        """Return what the topic's subscribers got, and then what came upon the bus."""
        sent = [json.loads(message) for _, message, *_ in self.topics.topics[TOPIC].sent_notifications]
        return sent + self.events

    def items(self):
        """Return the states' items."""
        return [plain_item(item) for item in self.plain.client("dynamodb").scan(TableName=STATES)["Items"]]

    def states(self):
        """Return the table of states as another host has it."""
        return AlertStates(StateTable(self.clients, STATES), lambda: self.now)
