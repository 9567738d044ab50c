import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_lambda as lambda_

from constructs_lib.limits import PropertyError
from stacks.bundling import runtime_asset, steps
from stacks.bundling.packages import OUTSIDE, PROCESSOR
from stacks.bundling.runtime_asset import PROJECT, FunctionArchitecture, asset_hash, build_runtime_asset, zipped

pytestmark = pytest.mark.xdist_group("runtime-asset")  # built once, not once a worker

ELF_MACHINES = {"arm64": 183, "x86_64": 62}
"""Source: elf.h, EM_AARCH64 and EM_X86_64."""

FROM_THE_ASSET_ALONE = """
import sys
sys.path.insert(0, sys.argv[1])
import importlib, importlib.metadata, pkgutil
import runtime
for module in pkgutil.walk_packages(runtime.__path__, "runtime."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
importlib.import_module("runtime.processor.lambda_handler").handler
for method in importlib.metadata.entry_points(group="logrouter.delivery_methods"):
    method.load()
    print(method.name)
import botocore.session
for service in ("dynamodb", "logs", "s3", "sqs", "sts"):
    botocore.session.get_session().create_client(service, region_name="eu-west-1")
"""


@pytest.fixture(scope="module")
def built():
    return {architecture: build_runtime_asset(architecture) for architecture in FunctionArchitecture}


def tree(directory):
    files = sorted(path for path in directory.rglob("*") if path.is_file())
    return {str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_handler_runs_from_the_zip_alone(built):
    """The deployed function would fail to import: a module cut too much, a wheel not pinned, an entry point lost."""
    asset = built[FunctionArchitecture.of_this_machine()]
    command = [sys.executable, "-I", "-S", "-c", FROM_THE_ASSET_ALONE, str(asset.directory)]
    settings = {
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "TENANT_CONFIG_TABLE": "configs",
        "CENTRAL_BUCKET": "central",
        "CENTRAL_LOG_DISTRIBUTION_ROLE_ARN": "arn:aws:iam::111111111111:role/logrouter/CentralLogDistributionRole",
    }
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **settings}, check=False)
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.split()) == ["cloudwatch", "function", "s3"]


@pytest.mark.parametrize("architecture", FunctionArchitecture)
def test_libraries_are_made_for_the_functions_processor(built, architecture):
    """The function would fail at its first import, in production only."""
    libraries = [path for path in built[architecture].directory.rglob("*.so*") if path.is_file()]
    assert len(libraries) > 3
    for library in libraries:
        assert int.from_bytes(library.read_bytes()[18:20], "little") == ELF_MACHINES[architecture], library


def test_the_same_content_gives_the_same_bytes(built, tmp_path):
    """Each machine's synthesis would roll out the function again, and no snapshot could be trusted."""
    for name in steps.SOURCES:
        shutil.copytree(PROJECT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    here = FunctionArchitecture.of_this_machine()
    again = build_runtime_asset(here, tmp_path)
    assert again.directory.name == built[here].directory.name
    assert tree(again.directory) == tree(built[here].directory)


def test_what_was_built_is_not_built_again(built, monkeypatch):
    """Every synthesis would install the wheels anew."""
    monkeypatch.setattr(steps, "install_wheels", pytest.fail)
    here = FunctionArchitecture.of_this_machine()
    assert build_runtime_asset(here) == built[here]


def test_templates_name_an_asset_by_its_content_hash(built):
    """`make up` would not find the functions whose code has changed; or the CDK read all files of each asset again."""
    stack = Stack(App())
    asset = built[FunctionArchitecture.ARM_64]
    found = lambda_.Function(
        stack, "F", code=asset.code(), handler="a.b", runtime=lambda_.Runtime.PYTHON_3_13
    ).node.default_child.code
    assert stack.resolve(found)["s3Key"] == f"{asset_hash(asset.directory.name)}.zip"


def test_a_change_of_our_sources_installs_no_wheel(tmp_path, monkeypatch):
    """Each changed line would wait for the libraries to be installed and compiled again."""
    for name in steps.SOURCES:
        shutil.copytree(PROJECT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    here = FunctionArchitecture.of_this_machine()
    first = build_runtime_asset(here, tmp_path)
    (tmp_path / "runtime" / "errors.py").write_text("CHANGED = 1\n")
    monkeypatch.setattr(steps, "install_wheels", pytest.fail)
    second = build_runtime_asset(here, tmp_path)
    changed = {name for name, digest in tree(second.directory).items() if tree(first.directory).get(name) != digest}
    assert {name.rsplit("/", 1)[-1].partition(".")[0] for name in changed} == {"errors"}


def test_the_zip_has_every_file_of_the_asset(built):
    """A changed module would run as it was, or a library be missing: the libraries' zip is copied, not made again."""
    directory = built[FunctionArchitecture.of_this_machine()].directory
    with zipfile.ZipFile(zipped(directory)) as archive:
        packed = {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}
    assert packed == tree(directory)


def test_the_size_is_printed_beside_its_budget(built, capsys):
    """Nobody would notice how the zip grows."""
    asset = build_runtime_asset(FunctionArchitecture.ARM_64)
    assert f"zip of {asset.zip_bytes:,} bytes, budget" in capsys.readouterr().err


def test_a_zip_over_its_budget_is_refused(built):
    """Cold starts would grow slower, one dependency at a time."""
    tiny = replace(PROCESSOR, zip_budget_bytes=1000)
    with pytest.raises(PropertyError, match="must be at most 1,000 bytes"):
        build_runtime_asset(FunctionArchitecture.ARM_64, package=tiny)


def test_a_build_that_fails_leaves_nothing(tmp_path):
    """The next synthesis would take half a build for a whole one."""
    (tmp_path / "runtime" / "processor").mkdir(parents=True)
    (tmp_path / "runtime" / "processor" / "requirements.txt").write_text("./no-such-wheel.whl\n")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "logrouter"\nversion = "0.2.0"\n')
    with pytest.raises(steps.BundleError):
        build_runtime_asset(FunctionArchitecture.ARM_64, tmp_path)
    assert list((tmp_path / "build" / "assets").iterdir()) == []


@pytest.mark.parametrize(("machine", "expected"), [("aarch64", "arm64"), ("arm64", "arm64"), ("x86_64", "x86_64")])
def test_this_machine_is_recognised(monkeypatch, machine, expected):
    """The embedded cloud would load another processor's libraries."""
    monkeypatch.setattr(runtime_asset.platform, "machine", lambda: machine)
    assert FunctionArchitecture.of_this_machine() == expected


def pins(package):
    text = (PROJECT / package.requirements).read_text()
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ]+)", text, re.MULTILINE))


def test_client_libraries_of_the_outside_are_in_no_other_zip(built):
    """The AWS methods' function would grow, start slower, and carry code that connects to customers' addresses."""
    inside, outside = pins(PROCESSOR), pins(OUTSIDE)
    libraries = set(outside) - set(inside)
    assert libraries == {"confluent-kafka"}
    assert {name: outside[name] for name in inside} == inside, "the same code would meet two versions of a library"
    for asset in built.values():
        assert not [path for path in asset.directory.iterdir() if path.name.startswith("confluent")]
        assert not (asset.directory / "botocore" / "data" / "secretsmanager").exists()
