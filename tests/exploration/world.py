"""What the schedule's tenants have and write, and what of it has come where."""

import gzip
import json
import zlib
from collections import Counter, defaultdict
from datetime import UTC, datetime

from runtime.delivery_config.attribute_values import typed
from runtime.delivery_config.change_reader import CONFIG_CHANGES, noted_in
from tests.exploration.cloud import CENTRAL
from tests.exploration.hosts import notification
from tests.exploration.simulation import START
from tests.exploration.stand_ins.buckets import Bucket

BATCH_HOURS = 30  # apart, so that each is a batch of its own: one spans 24 hours at most
OLD_HOURS = 14 * 24 + 2
AGAIN = "again "  # what the lines of a key's second version begin with, where it is another one
LESS_OLD_HOURS = 14 * 24 - 10  # in one batch with those that are too old


def host_of(tenant):
    """Return the host of a tenant's webhook."""
    return f"{tenant}.example.com"


class World:
    """Tenants with their destinations, and the objects that are written.

    ``owed``: for each (tenant, type) the messages, or for S3 the objects' contents, by the object they are of.
    """

    def __init__(self, schedule, simulation, cloud):
        self.schedule = schedule
        self.simulation = simulation
        self.cloud = cloud
        self.owed = defaultdict(dict)
        self.written_at = {}  # by key, seconds since the start
        self.written_last_at = {}
        for number, (tenant, types) in enumerate(schedule.tenants.items()):
            self._prepare(tenant, str(222_222_222_220 + number), types)

    def _prepare(self, tenant, account, types):
        role = f"arn:aws:iam::{account}:role/{tenant}"
        self.cloud.roles.trusted[role] = tenant
        self.configs = getattr(self, "configs", {})
        for type_ in types:
            item = {"tenant_id": tenant, "type": type_}
            if type_ == "s3":
                item["bucket_name"] = f"{tenant}-logs"
                self.cloud.buckets.buckets[f"{tenant}-logs"] = Bucket(f"{tenant}-logs", tenant=tenant)
            elif type_ == "webhook":
                item |= {"url": f"https://{host_of(tenant)}/in", "verified_host": host_of(tenant)}
                item["signing_secret"] = [f"logrouter/{tenant}/signing"]
            else:
                item |= {"log_distribution_role_arn": role, "log_group_name": f"/{tenant}/{type_.replace(':', '-')}"}
                if type_ == "cloudwatch":
                    self.cloud.logs.create(account, item["log_group_name"])
            self.configs[tenant, type_] = {name: typed(value) for name, value in item.items()}
            self.cloud.configs.items[tenant, type_] = self.configs[tenant, type_]

    # what happens

    def write(self, number):
        """Let the agent write an object, and S3 tell of it."""
        written = self.schedule.objects[number]
        name = datetime.fromtimestamp(self.simulation.now(), UTC).strftime("%Y%m%d-%H%M%S")
        key = (
            f"tenant_id={written.tenant}/cluster_id=c-1/application=etcd/pod_name=etcd-{number % 2}/"
            f"{name}-{number}.json.gz"
        )
        self._put(key, number, "")
        if written.again:
            self.simulation.sleep(self.simulation.random.uniform(0, 20))
            self._put(key, number, AGAIN if written.again == "other" else "")

    def _put(self, key, number, mark):
        """Write a version. ``mark``: what its lines begin with."""
        written = self.schedule.objects[number]
        lines = list(self._lines(number, written, mark))
        text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
        body = text.encode() if written.corrupt else gzip.compress(text.encode(), 1, mtime=0)
        version = self.cloud.buckets.write(self.cloud.central, key, body)
        self.written_at.setdefault(key, self.simulation.elapsed)
        self.written_last_at[key] = self.simulation.elapsed
        for type_ in self.schedule.tenants[written.tenant]:
            owed = [] if written.corrupt else [line["message"] for line in lines]
            self.owed[written.tenant, type_].setdefault(key, []).extend([version.body] if type_ == "s3" else owed)
        if written.notified:
            self.cloud.objects.send(notification(CENTRAL, key, version, version.id))

    def _lines(self, number, written, mark):
        count = 0
        batches = written.batches
        groups = [(BATCH_HOURS * (len(batches) - index) - 29, size) for index, size in enumerate(batches)]
        if written.old:
            groups = [(OLD_HOURS, written.old), (LESS_OLD_HOURS, 2), *groups]
        for hours, size in groups:
            for _ in range(size):
                at = START + written.at - hours * 3600 + count
                stamp = datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")
                yield {"timestamp": stamp, "message": f"{mark}{written.tenant} {number} {count}"}
                count += 1

    def _note(self, tenant):
        """Note that a tenant's configs change, as the API does before it writes one."""
        noted = {**noted_in(self.cloud.parked.items.get(tuple(key["S"] for key in CONFIG_CHANGES.values())))}
        noted[tenant] = self.simulation.now()
        self.cloud.parked.put(
            {**CONFIG_CHANGES, "changed": {"M": {name: {"N": str(at)} for name, at in noted.items()}}}
        )

    def change(self, change):
        """Change a delivery config."""
        self._note(change.tenant)
        item = dict(self.configs[change.tenant, change.type])
        if change.what == "disabled":
            item["enabled"] = {"BOOL": False}
        elif change.what == "invalid":
            item["enabled"] = {"S": "perhaps"}
        elif change.what == "moved" and change.type == "s3":
            item["bucket_prefix"] = {"S": "moved/"}
        elif change.what == "moved":
            item["log_group_name"] = {"S": item["log_group_name"]["S"] + "-moved"}
        self.cloud.configs.change((change.tenant, change.type), None if change.what == "deleted" else item)

    def change_back(self, change):
        """Write the config as it was."""
        self._note(change.tenant)
        self.cloud.configs.put(self.configs[change.tenant, change.type])

    # what has come of it

    def places(self, tenant, type_):
        """Return the arrivals at each place of a destination: (message or an object's content, epoch s)."""
        if type_ == "s3":
            bucket = self.cloud.buckets.buckets[f"{tenant}-logs"]
            return [[(version.body, version.at) for versions in bucket.objects.values() for version in versions]]
        if type_ == "webhook":
            return [self.cloud.endpoints.taken.get(host_of(tenant), [])]
        name = self.configs[tenant, type_]["log_group_name"]["S"]
        return [
            [event for events in streams.values() for event in events]
            for (_, group), streams in self.cloud.logs.groups.items()
            if group in (name, f"{name}-moved")
        ] or [[]]

    def arrived(self, tenant, type_):
        """Return the arrivals at all of them."""
        return [each for place in self.places(tenant, type_) for each in place]

    def doubled(self):
        """Count what arrived in one log group, or at one endpoint, more than once."""
        groups = [[event for events in each.values() for event in events] for each in self.cloud.logs.groups.values()]
        counts = [Counter(message for message, _ in each) for each in (*groups, *self.cloud.endpoints.taken.values())]
        return sum(count - 1 for each in counts for count in each.values())

    def set_aside(self):
        """Return the messages that are set aside, by (tenant, type)."""
        found = defaultdict(set)
        for key, versions in self.cloud.central.objects.items():
            if key.startswith("set-aside/"):
                for line in zlib.decompress(versions[-1].body, wbits=31).splitlines():
                    event = json.loads(line)
                    found[key.split("/")[1].removeprefix("tenant_id="), event["delivery"]].add(event["message"])
        return found

    def missing(self):
        """Return what hasn't arrived and isn't set aside, by (tenant, type) and key.

        A version of an object has to be whole in one place: where its config named another log group meanwhile, in
        either.
        """
        aside = self.set_aside()
        found = {}
        for destination, objects in self.owed.items():
            places = [{what for what, _ in place} | aside[destination] for place in self.places(*destination)]
            for key, owed in objects.items():
                for version in _versions(owed):
                    lacking = [[what for what in version if what not in there] for there in places]
                    if all(lacking):
                        found[destination, key] = min(lacking, key=len)
        return found


def _versions(owed):
    """Return what is owed of a key, apart for what its writer wrote first and what it wrote there later."""
    again = [what for what in owed if isinstance(what, str) and what.startswith(AGAIN)]
    return [[what for what in owed if what not in again], again] if again else [owed]
