import importlib.util

import pytest

from stacks.bundling import steps
from stacks.bundling.packages import PROCESSOR


def write(path, text="x = 1\n"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture
def target(tmp_path):
    folder = tmp_path / "target"
    folder.mkdir()
    return folder


def test_what_cannot_be_installed_names_the_tools_own_words(tmp_path, target):
    """A missing wheel would show as a function that fails to import."""
    requirements = write(tmp_path / "requirements.txt", "./no-such-wheel.whl\n")
    with pytest.raises(steps.BundleError, match="no-such-wheel"):
        steps.install_wheels(requirements, target, "x86_64-manylinux_2_28")


def test_packages_are_cut_to_what_a_function_reads(target):
    """The zip would carry tests, type hints and programs to each cold start."""
    kept = write(target / "package" / "module.py")
    for name in ("package/tests/test_it.py", "package/module.pyi", "package-1.0.dist-info/METADATA", "bin/tool"):
        write(target / name)
    steps.cut_packages(target)
    assert [path for path in target.rglob("*") if path.is_file()] == [kept]


def test_the_sdk_keeps_the_services_in_use(target):
    """The processor couldn't make a client, or the zip would describe three hundred services."""
    data = target / "botocore" / "data"
    kept = {
        write(data / "s3" / "2006-03-01" / "service-2.json.gz"),
        write(data / "endpoints.json"),
        write(data / "partitions.json"),
        write(data / "_retry.json"),
    }
    write(data / "ec2" / "2016-11-15" / "service-2.json.gz")
    write(data / "s3" / "2006-03-01" / "examples-1.json")
    write(data / "s3" / "2006-03-01" / "waiters-2.json.gz")
    steps.cut_sdk(target, PROCESSOR.services)
    assert {path for path in data.rglob("*") if path.is_file()} == kept


def test_without_an_sdk_nothing_is_cut(target):
    """A function that brings no SDK couldn't be built."""
    steps.cut_sdk(target, PROCESSOR.services)
    assert list(target.iterdir()) == []


def test_sources_come_without_images_and_manifests(tmp_path, target):
    """The zip would change with a Kubernetes manifest, and roll out a function that hasn't changed."""
    project = tmp_path / "project"
    write(project / "runtime" / "processor" / "lambda_handler.py")
    write(project / "vector_config" / "subprocess.yaml", "sources: {}\n")
    for name in ("Dockerfile", "requirements.txt", "kubernetes/deployment.yaml", "__pycache__/x.pyc"):
        write(project / "runtime" / "processor" / name)
    steps.copy_sources(project, target, without=("api",))
    assert {str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()} == {
        "runtime/processor/lambda_handler.py",
        "vector_config/subprocess.yaml",
    }


def test_entry_points_are_found_in_the_zip(tmp_path, target):
    """No delivery method would be found: every delivery would fail."""
    write(
        tmp_path / "pyproject.toml",
        '[project]\nname = "log-router"\nversion = "1.2.3"\n[project.entry-points."g.methods"]\ns3 = "a.b:C"\n',
    )
    steps.write_metadata(tmp_path, target)
    info = target / "log_router-1.2.3.dist-info"
    assert "Name: log-router\nVersion: 1.2.3\n" in (info / "METADATA").read_text()
    assert (info / "entry_points.txt").read_text() == "[g.methods]\ns3 = a.b:C\n"


def test_byte_code_is_the_same_whenever_and_wherever_it_is_made(tmp_path):
    """Each synthesis would roll the function out again."""
    made = []
    for name in ("one", "another"):
        source = write(tmp_path / name / "module.py")
        steps.compile_sources(tmp_path / name)
        made.append(source.with_suffix(".pyc").read_bytes())
    assert made[0] == made[1]
    assert made[0][:4] == importlib.util.MAGIC_NUMBER
    assert made[0][4:8] == (1).to_bytes(4, "little"), "hash-based, unchecked"


def test_our_own_broken_source_ends_the_build(target):
    """A function that can't be imported would be deployed."""
    write(target / "runtime" / "module.py", "def broken(:\n")
    with pytest.raises(steps.BundleError, match="SyntaxError"):
        steps.compile_sources(target)
