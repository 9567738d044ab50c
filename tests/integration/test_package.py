"""The wheel, installed alone in new environments, as another project would install it."""

import json
import os
import shutil
import subprocess
import sys
import zipfile

import pytest

from stacks.bundling import runtime_asset
from stacks.bundling.distribution import PROJECT
from stacks.bundling.packages import PROCESSOR
from stacks.bundling.runtime_asset import FunctionArchitecture
from tests.unit.test_project import TRACKED

pytestmark = pytest.mark.xdist_group("package")  # built and installed once

PACKAGES = ("cli", "constructs_lib", "runtime", "stacks", "vector_config")

CLIENT = """
import json, sys
from botocore.credentials import Credentials
from cli.client import Client
from cli.signing import Signer
signer = Signer("http://127.0.0.1:9/v1", "eu-west-1", Credentials("key", "secret"))
print(type(Client(signer)).__name__, {"fastapi", "starlette", "aws_cdk", "boto3"} & {*sys.modules})
"""

COMPOSED = """
import json
from aws_cdk import Environment, RemovalPolicy, Stack
from constructs_lib.tables import DeliveryConfigTable
from stacks.bundling.runtime_asset import FunctionArchitecture, build_runtime_asset
from stacks.application import CDK_JSON, add_customer_stack, new_app
app = new_app()
stack = Stack(app, "Composed", env=Environment(account="111111111111", region="eu-west-1"))
DeliveryConfigTable(stack, "Configs", removal_policy=RemovalPolicy.DESTROY, deletion_protection=False)
add_customer_stack(app)
assembly = app.synth()
asset = build_runtime_asset(FunctionArchitecture.of_this_machine()).directory
print(json.dumps({
    "resources": {each.stack_name: len(each.template["Resources"]) for each in assembly.stacks},
    "flags": json.loads(CDK_JSON.read_text()),
    "asset": str(asset),
}))
"""


def run(*command, cwd=PROJECT):
    """Return what a command prints; nothing of this checkout is on its path."""
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    done = subprocess.run(map(str, command), cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def uv(*arguments):
    """Run the pinned uv, for whatever environment the arguments name."""
    return run(sys.executable, "-m", "uv", *arguments)


def build(source, folder):
    """Return the wheel of a project, built by the pinned backend."""
    uv("build", "--quiet", "--wheel", "--no-build-isolation", "--python", sys.executable, "--out-dir", folder, source)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of this project."""
    return build(PROJECT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def install(wheel, tmp_path_factory):
    """Return a function that installs the wheel in a new environment, and returns the environment's programs.

    Dependencies have their pinned versions.
    """

    def install(extra=""):
        environment = tmp_path_factory.mktemp("environment")
        uv("venv", "--quiet", "--clear", "--python", sys.executable, environment)
        pins = ["--constraint", PROJECT / "requirements-dev.txt"]
        uv("pip", "install", "--quiet", "--python", environment, *pins, f"logrouter{extra} @ {wheel.as_uri()}")
        return environment / "bin"

    return install


@pytest.fixture(scope="module")
def alone(install):
    """The wheel without an extra."""
    return install()


@pytest.fixture(scope="module")
def with_cdk(install):
    """The wheel with what its constructs need."""
    return install("[cdk]")


def test_every_tracked_file_of_a_package_is_in_the_wheel(wheel):
    """A program of the agent, a price list or a type marker would be missing where the package is installed."""
    with zipfile.ZipFile(wheel) as archive:
        packed = {*archive.namelist()}
    assert {name for name in TRACKED if name.startswith(tuple(f"{each}/" for each in PACKAGES))} <= packed
    assert {f"{each}/py.typed" for each in PACKAGES} <= packed
    assert "stacks/cdk.json" in packed


def test_the_command_runs(alone, tmp_path):
    """A user who installs the package would get a command that ends in an import error."""
    assert "Operate the log pipeline" in run(alone / "logrouter", "--help", cwd=tmp_path)
    run(alone / "python", "-c", "from cli.lazy_group import COMMANDS, load; [*map(load, COMMANDS)]", cwd=tmp_path)
    assert (
        f'version = "{run(alone / "logrouter", "--version", cwd=tmp_path).strip()}"'
        in (PROJECT / "pyproject.toml").read_text().splitlines()
    )


def test_the_client_needs_no_extra(alone, tmp_path):
    """A script with the typed client would have to install the API's framework."""
    assert run(alone / "python", "-c", CLIENT, cwd=tmp_path) == "Client set()\n"


def test_another_app_composes_the_constructs(with_cdk, tmp_path):
    """An app with stacks of its own could not use the constructs, or would deploy other code than a checkout does."""
    made = json.loads(run(with_cdk / "python", "-c", COMPOSED, cwd=tmp_path))
    assert made["resources"]["Composed"] == 1
    assert made["resources"]["LogRouterCustomer"] > 1
    assert made["flags"] == json.loads((PROJECT / "cdk.json").read_text())
    architecture = FunctionArchitecture.of_this_machine()
    ours = f"processor-{architecture}-{runtime_asset._content_hash(PROJECT, architecture, PROCESSOR)}"
    assert made["asset"] == str(tmp_path / "build" / "assets" / ours)


def test_the_example_of_a_composed_app_synthesizes_outside_the_repository(with_cdk, tmp_path):
    """Who copies the example would have an app that doesn't start, or findings of its checks to acknowledge."""
    source = shutil.copytree(PROJECT / "examples" / "composed-app", tmp_path / "source")
    pins = ["--constraint", PROJECT / "requirements-dev.txt"]
    uv("pip", "install", "--quiet", "--python", with_cdk.parent, *pins, build(source, tmp_path / "wheels"), "pytest")
    assert "2 passed" in run(with_cdk / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests", cwd=source)
