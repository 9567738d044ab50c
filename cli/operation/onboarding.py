"""What a customer does to be taken on: one link or one command, with every value of the onboarding template filled in.

The link is a quick-create link of CloudFormation's console (CloudFormation user guide, "Create quick-create links for
stacks"): ``templateURL``, ``stackName``, ``param_<name>``.
"""

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

CONSOLES: Final = {"aws": "aws.amazon.com", "aws-us-gov": "amazonaws-us-gov.com", "aws-cn": "amazonaws.cn"}
"""The console's domain in each partition (IAM user guide, console addresses)."""
TEMPLATE_FILE: Final = "customer-template.json"
_CONFIG_OUTPUT: Final = re.compile(r"\w+DeliveryConfig")


@dataclass(frozen=True, slots=True)
class Invitation:
    """What is sent to a customer. ``link``: empty where the template has no address."""

    stack_name: str
    parameters: Mapping[str, str]
    link: str
    command: str


def invite(
    tenant_id: str, central_role_arn: str, external_ids: tuple[str, ...], region: str, template_url: str | None
) -> Invitation:
    """Return the invitation of a tenant.

    :param external_ids: those that the role shall trust, the one in use first; none: the template's default.
    :param region: where the customer's stack is created.
    :param template_url: of the template in S3; ``None``: the customer gets it as a file.
    """
    parameters = {"TenantId": tenant_id, "CentralRoleArn": central_role_arn}
    if external_ids:
        parameters["ExternalId"] = ",".join(external_ids)
    stack_name = "logrouter-" + re.sub(r"[^A-Za-z0-9-]", "-", tenant_id)[:100]
    return Invitation(
        stack_name,
        parameters,
        _link(central_role_arn.split(":")[1], region, stack_name, parameters, template_url) if template_url else "",
        _command(region, stack_name, parameters, template_url),
    )


def configs_of(pasted: Any) -> list[dict[str, Any]]:
    """Return the delivery configs in a stack's outputs, however they were copied.

    :param pasted: JSON: what ``describe-stacks`` prints, its list of outputs, outputs by name, or configs themselves.
    :raises ValueError: there is none in it.
    """
    match pasted:
        case {"Stacks": [{"Outputs": list(outputs)}, *_]} | {"Outputs": list(outputs)}:
            return configs_of(outputs)
        case {"type": str()}:
            return [dict(pasted)]
        case dict():
            found = [value for name, value in pasted.items() if _CONFIG_OUTPUT.fullmatch(name)]
        case list() if all(isinstance(each, dict) and "OutputKey" in each for each in pasted):
            found = [each["OutputValue"] for each in pasted if _CONFIG_OUTPUT.fullmatch(each["OutputKey"])]
        case list() if pasted and all(isinstance(each, dict) and "type" in each for each in pasted):
            return [dict(each) for each in pasted]
        case _:
            found = []
    configs = [json.loads(each) if isinstance(each, str) else each for each in found]
    if not configs or not all(isinstance(each, dict) for each in configs):
        raise ValueError("it holds no output that ends with DeliveryConfig")
    return configs


def _link(partition: str, region: str, stack_name: str, parameters: Mapping[str, str], template_url: str) -> str:
    given = {f"param_{name}": value for name, value in parameters.items()}
    query = urlencode({"templateURL": template_url, "stackName": stack_name, **given}, quote_via=quote, safe="")
    console = CONSOLES.get(partition, CONSOLES["aws"])
    host = f"{region}.console.{console}" if partition != "aws-us-gov" else f"console.{console}"
    return f"https://{host}/cloudformation/home?region={region}#/stacks/create/review?{query}"


def _command(region: str, stack_name: str, parameters: Mapping[str, str], template_url: str | None) -> str:
    template = ["--template-url", template_url] if template_url else ["--template-body", f"file://{TEMPLATE_FILE}"]
    # A comma separates the members of a list; in the command's short form it has to be escaped.
    given = [
        f"ParameterKey={name},ParameterValue={value.replace(',', chr(92) + ',')}" for name, value in parameters.items()
    ]
    words = ["aws", "cloudformation", "create-stack", "--region", region, "--stack-name", stack_name, *template]
    return shlex.join([*words, "--capabilities", "CAPABILITY_IAM", "--parameters", *given])
