"""The Terraform module and its template fit together, and the template is what the construct makes."""

import json
import re
from pathlib import Path

from constructs_lib.delivery_config_resource import RESOURCE_TYPE

FOLDER = Path(__file__).parents[2] / "examples" / "terraform"
MODULE = (FOLDER / "main.tf").read_text()
TEMPLATE = json.loads((FOLDER / "delivery_config.template.json").read_text())


def test_the_module_gives_each_parameter_and_reads_each_output():
    """`terraform apply` would fail: a parameter without a value, or one that the template doesn't have."""
    (block,) = re.findall(r"parameters = \{\n(.*?)\n  \}", MODULE, re.DOTALL)
    assert sorted(re.findall(r"^ +(\w+) +=", block, re.MULTILINE)) == sorted(TEMPLATE["Parameters"])
    assert re.findall(r'stack\.outputs\["(\w+)"\]', MODULE) == list(TEMPLATE["Outputs"])
    assert (FOLDER / re.findall(r'file\("\$\{path\.module\}/([^"]+)"\)', MODULE)[0]).is_file()


def test_the_modules_blocks_are_closed_and_its_variables_are_declared():
    """Terraform would refuse the module when it is first used."""
    code = re.sub(r"#.*", "", MODULE)
    assert all(code.count(first) == code.count(last) for first, last in ("{}", "()", "[]"))
    assert set(re.findall(r"\bvar\.(\w+)", code)) == set(re.findall(r'^variable "(\w+)"', code, re.MULTILINE))


def test_the_template_has_the_constructs_resource():
    """The function would be asked with properties that it doesn't know."""
    (resource,) = TEMPLATE["Resources"].values()
    assert resource["Type"] == RESOURCE_TYPE
    assert set(resource["Properties"]) == {"ServiceToken", "TenantId", "Config"}
