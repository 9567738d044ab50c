"""The outside: customers' webhooks, the key of the passes, the secrets that requests are signed with."""

import base64
import json

from tests.exploration.stand_ins.calls import Answer, Call, json_answer

SECRET = "whsec_" + base64.b64encode(bytes(32)).decode()
CODE = base64.b64encode(bytes(32)).decode()
ADDRESS = "1.1.1.1"
"""What every customer's host resolves to: public, and never connected to."""


class Endpoints:
    """Webhooks that take everything. ``taken``: by host, (message, epoch s of its arrival)."""

    def __init__(self, simulation):
        self.simulation = simulation
        self.taken = {}

    def answer(self, call):
        """Take a request's events."""
        events = [json.loads(line)["message"] for line in call.body.splitlines()]
        at = self.simulation.now()
        self.taken.setdefault(call.request["host"], []).extend((message, at) for message in events)
        return Answer(status=202)


class PassKeys:
    """KMS, as the maker of passes sees it."""

    def answer(self, call):
        """Return a code; nobody here asks whether it is right."""
        return json_answer({"KeyId": call.request["KeyId"], "MacAlgorithm": "HMAC_SHA_256", "Mac": CODE})


class Secrets:
    """Secrets Manager: one secret for all."""

    def answer(self, call):
        """Return it."""
        name = call.request["SecretId"]
        return json_answer({"ARN": f"arn:{name}", "Name": name, "VersionId": "1", "SecretString": SECRET})


def posted(url, headers, body):
    """Return a customer's request as a call."""
    return Call("https", "POST", "", {"host": url.removeprefix("https://")}, headers, body)
