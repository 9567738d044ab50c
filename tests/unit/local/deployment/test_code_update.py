"""What is deployed again after a change: nothing, the code of functions, or the stacks."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from local.accounts import EmbeddedAccounts
from local.deployment import code_update, deploy
from local.deployment.code_update import CodeUpdate, DeployedSources, infrastructure_digest
from local.deployment.deploy import APP_FILES, Deployment
from local.paths import IMPORTED
from stacks.bundling.runtime_asset import RuntimeAsset, asset_hash

IMPORTED_MODULE = "runtime/metrics/catalogue.py"
NAMES = {"processor": "processor-1", "outside": "outside-1", "api": "api-1"}


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout with a stack, a module that it imports, and one that it doesn't."""
    files = ["stacks/a.py", IMPORTED_MODULE, "runtime/processor/stdin.py", "runtime/plug-ins.txt", "pyproject.toml"]
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(code_update, "ROOT", tmp_path)
    monkeypatch.setattr("stacks.assemblies.PROJECT", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("stacks/a.py", True),
        ("stacks/new.py", True),
        (IMPORTED_MODULE, True),
        ("runtime/plug-ins.txt", True),
        ("pyproject.toml", True),
        ("runtime/processor/stdin.py", False),
        ("runtime/processor/new.py", False),
    ],
)
def test_templates_depend_on_what_the_stacks_import(checkout, name, changes):
    """A new alarm would not be deployed, or a changed line of code wait for a synthesis."""
    before = infrastructure_digest([IMPORTED_MODULE], ())
    (checkout / name).write_text("changed")
    assert (infrastructure_digest([IMPORTED_MODULE], ()) != before) == changes


class Cloud:
    """The emulator's services, as far as an update asks them."""

    def __init__(self):
        self.put, self.updated = [], []

    def client(self, service, account):
        assert account == "111111111111"
        return self

    def put_object(self, **put):
        self.put.append((put["Bucket"], put["Key"], put["Body"]))

    def update_function_code(self, **code):
        self.updated.append((code["FunctionName"], code["S3Bucket"], code["S3Key"]))

    def describe_stack_resource(self, StackName, LogicalResourceId):  # noqa: N803 - the service's own
        return {"StackResourceDetail": {"PhysicalResourceId": f"{StackName}/{LogicalResourceId}"}}


def function(package):
    key = f"{asset_hash(NAMES[package])}.zip"
    return {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"S3Bucket": "staging", "S3Key": key}}}


def asset(folder, name):
    """An asset that is built."""
    directory = folder / name
    directory.mkdir()
    (directory / "handler.py").write_text(name)
    return RuntimeAsset(directory=directory, zip_bytes=1)


@pytest.fixture
def home(tmp_path):
    """A deployed cloud's folder: two functions of one package, one of another, in two stacks."""
    home = tmp_path / "home"
    assembly = home / "cdk.out"
    assembly.mkdir(parents=True)
    stacks = {
        "A": {"Processor": function("processor"), "Queue": {"Type": "AWS::SQS::Queue"}},
        "B": {"Watch": function("processor"), "Api": function("api")},
    }
    for name, resources in stacks.items():
        (assembly / f"{name}.template.json").write_text(json.dumps({"Resources": resources}))
    (assembly / IMPORTED).write_text("[]")
    return home


def test_each_function_of_a_package_gets_its_code_and_no_other(home, tmp_path):
    """A function would run the code of before, or another package's."""
    cloud, new = Cloud(), asset(tmp_path, "processor-2")
    updated = CodeUpdate(cloud, home / "cdk.out").run(NAMES, {"processor": new})
    key = f"{asset_hash('processor-2')}.zip"
    assert updated == ["Processor", "Watch"]
    assert cloud.updated == [("A/Processor", "staging", key), ("B/Watch", "staging", key)]
    assert [(bucket, name) for bucket, name, _ in cloud.put] == [("staging", key)]
    assert cloud.put[0][2][:2] == b"PK"


@pytest.fixture
def deployment(home, tmp_path, monkeypatch):
    """A deployment that was recorded; ``calls`` are the whole ones since."""
    assets = {name: asset(tmp_path, directory) for name, directory in NAMES.items()}
    monkeypatch.setattr(deploy, "build_assets", lambda: assets)
    cloud = Cloud()
    accounts = SimpleNamespace(client=cloud.client)
    made = Deployment(accounts, home, lambda _: None)
    DeployedSources(infrastructure_digest([], APP_FILES), [], NAMES, NAMES).save(home)
    calls = []

    def run(self):
        calls.append(self)

    monkeypatch.setattr(Deployment, "run", run)
    return SimpleNamespace(made=made, assets=assets, cloud=cloud, calls=calls, home=home)


def test_what_has_not_changed_is_left_alone(deployment):
    """`make up` on a running cloud would deploy everything again."""
    assert "nothing has changed" in deployment.made.update()
    assert (deployment.calls, deployment.cloud.updated) == ([], [])


def test_changed_code_is_brought_in_and_noted(deployment, tmp_path):
    """A changed line would wait for a deployment of all stacks; or be brought in again each time."""
    deployment.assets["api"] = asset(tmp_path, "api-2")
    assert "1 functions" in deployment.made.update()
    assert [name for name, _, _ in deployment.cloud.updated] == ["B/Api"]
    assert "nothing has changed" in deployment.made.update()
    found = DeployedSources.load(deployment.home)
    assert (found.running["api"], found.synthesized["api"]) == ("api-2", "api-1")
    assert deployment.calls == []


def test_a_changed_stack_is_deployed(deployment):
    """A changed template would never reach the running cloud."""
    replace(DeployedSources.load(deployment.home), infrastructure="other").save(deployment.home)
    deployment.made.update()
    (deployment.home / code_update.RECORD).unlink()  # a cloud of an earlier version of this command
    deployment.made.update()
    assert len(deployment.calls) == 2


def test_after_code_without_a_deployment_the_functions_get_what_the_templates_say(deployment, tmp_path):
    """CloudFormation doesn't know of that code: where the template's is the first one's again, it changes nothing."""
    running = {**NAMES, "api": "api-2"}
    deployment.made._record(DeployedSources("", [], NAMES, running))
    assert {name for name, _, _ in deployment.cloud.updated} == {"A/Processor", "B/Watch", "B/Api"}
    deployment.cloud.updated.clear()
    deployment.made._record(DeployedSources.load(deployment.home))
    assert deployment.cloud.updated == []


def test_a_deployment_that_fails_is_made_again_as_a_whole(home, monkeypatch):
    """Half of it would be taken for all."""
    digest = infrastructure_digest([], APP_FILES)
    DeployedSources(digest, [], NAMES, NAMES).save(home)

    def fail(_):
        raise RuntimeError

    monkeypatch.setattr(deploy, "cdk_command", fail)
    with pytest.raises(RuntimeError):
        Deployment(EmbeddedAccounts("http://127.0.0.1:1", "us-east-1"), home, lambda _: None).run()
    assert DeployedSources.load(home).infrastructure != digest
