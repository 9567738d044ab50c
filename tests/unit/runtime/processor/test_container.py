"""The Dockerfile: linted, and its steps run here, since no engine that could build it is at hand."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
DOCKERFILE = ROOT / "runtime" / "processor" / "Dockerfile"
IGNORED = DOCKERFILE.with_name("Dockerfile.dockerignore")
HADOLINT = Path(sys.executable).with_name("hadolint")
PINNED = re.compile(r"[\w./-]+:\d+\.\d+[\w.-]*")


def instructions() -> Iterator[tuple[str, str, str]]:
    """Yield (stage, instruction, arguments), continuation lines joined, comments left out."""
    text = re.sub(r"^#.*\n", "", DOCKERFILE.read_text(), flags=re.MULTILINE)
    stage = ""
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        if not line:
            continue
        name, _, arguments = line.partition(" ")
        if name == "FROM":
            stage = arguments.rpartition(" AS ")[2]
        yield stage, name, arguments


INSTRUCTIONS = list(instructions())
STAGES = [stage for stage, name, _ in INSTRUCTIONS if name == "FROM"]


def of(stage: str, *names: str) -> list[tuple[str, str]]:
    return [(name, arguments) for its, name, arguments in INSTRUCTIONS if its == stage and name in names]


def test_hadolint_finds_nothing():
    """Broken: a known mistake of Dockerfiles, that a reviewer would have to see."""
    if not HADOLINT.exists():
        pytest.skip("hadolint is not installed")
    result = subprocess.run([HADOLINT, DOCKERFILE], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_base_images_are_pinned_by_tag():
    """Broken: the same commit would give another image tomorrow."""
    bases = [arguments.split()[0] for _, name, arguments in INSTRUCTIONS if name == "FROM"]
    assert all(base in STAGES or PINNED.fullmatch(base) for base in bases), bases


@pytest.mark.parametrize("stage", ["poller", "lambda"])
def test_what_runs_is_no_root(stage: str):
    """Broken: Kubernetes refuses the pod (runAsNonRoot), or runs it as root."""
    assert of(stage, "USER") == [("USER", "10001:10001")]


@pytest.mark.parametrize(("stage", "base"), [("with-vector", "poller"), ("lambda-with-vector", "lambda")])
def test_vector_is_a_layer_on_the_same_image(stage: str, base: str):
    """Broken: the two engines would run different processors, or the engine would not find its program."""
    assert of(stage, "FROM")[0][1].split()[0] == base
    assert of(stage, "COPY") == [("COPY", "--from=vector /usr/local/bin/vector /usr/local/bin/vector")]
    assert of(stage, "ENV") == [("ENV", "VECTOR_BINARY=/usr/local/bin/vector")]


def test_the_function_s_handler_is_the_one_there_is():
    """Broken: Lambda could not import its handler."""
    ((_, command),) = of("lambda", "CMD")
    (handler,) = json.loads(command)
    module, _, function = handler.rpartition(".")
    path = ROOT / Path(*module.split(".")).with_suffix(".py")
    assert f"def {function}(" in path.read_text()


def test_what_is_copied_is_let_through_to_the_build():
    """Broken: the build stops at a COPY of a file that the context doesn't have."""
    origins = [arguments.split()[0] for stage in STAGES for _, arguments in of(stage, "COPY")]
    copied = {origin for origin in origins if not origin.startswith("--")}
    allowed = {line[1:] for line in IGNORED.read_text().splitlines() if line.startswith("!")}
    assert {path.split("/")[0] for path in copied} == allowed
    assert all((ROOT / path).exists() for path in copied)


@pytest.fixture(scope="module")
def image(tmp_path_factory) -> Path:
    """The stages up to ``build``, step by step in a fresh folder: their COPYs, their RUNs with /opt moved there."""
    root = tmp_path_factory.mktemp("image")
    source, opt = root / "src", root / "opt"
    source.mkdir()
    environment = {"PATH": f"{Path(sys.base_prefix) / 'bin'}:/usr/bin:/bin", "HOME": str(root)}
    environment |= {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_"))}
    for name, arguments in [*of("wheel", "COPY", "RUN"), *of("build", "COPY", "RUN")]:
        if name == "COPY":
            if not arguments.startswith("--from=wheel"):  # one machine is all stages here
                origin, destination = arguments.split()
                _copy(ROOT / origin, source / destination)
            continue
        command = arguments.replace("/opt/", f"{shlex.quote(str(opt))}/")
        result = subprocess.run(
            ["sh", "-ec", command], cwd=source, env=environment, capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stdout + result.stderr
    shutil.copytree(opt / "logrouter", opt / "outside", symlinks=True)
    shutil.copy(ROOT / "runtime/processor/requirements-outside.txt", source / "runtime/processor")
    ((_, command),) = of("outside-build", "RUN")
    in_copy = command.replace("/opt/logrouter", "/opt/outside").replace("/opt/", f"{shlex.quote(str(opt))}/")
    subprocess.run(["sh", "-ec", in_copy], cwd=source, env=environment, check=True, capture_output=True)
    shutil.rmtree(source)  # what runs must not need the sources, nor what built it
    shutil.rmtree(opt / "build")
    shutil.rmtree(opt / "installer")
    shutil.rmtree(opt / "wheels")
    return opt / "logrouter"


def _copy(origin: Path, destination: Path) -> None:
    if origin.is_dir():
        ignored = shutil.ignore_patterns("__pycache__", "Dockerfile*", "kubernetes", "api")
        shutil.copytree(origin, destination, ignore=ignored, dirs_exist_ok=True)
        return
    if destination.is_dir():
        destination /= origin.name
    destination.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(origin, destination)


def run(image: Path, *arguments: str) -> str:
    result = subprocess.run(
        [image / "bin" / "python", "-I", *arguments], cwd=image, env={}, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.xdist_group("container")
def test_the_entry_point_starts_in_the_built_environment(image: Path):
    """Broken: a dependency is missing in requirements.txt, and the container ends at start."""
    ((_, command),) = of("poller", "ENTRYPOINT")
    assert "--mode" in run(image, *json.loads(command)[1:], "--help")


@pytest.mark.xdist_group("container")
def test_the_delivery_methods_are_found_there(image: Path):
    """Broken: the container would know no delivery method and park every delivery."""
    program = (
        "from importlib.metadata import entry_points\n"
        "for point in entry_points(group='logrouter.delivery_methods'): print(point.name, point.load().__name__)"
    )
    assert [line.split()[0] for line in run(image, "-c", program).splitlines()] == ["cloudwatch", "function", "s3"]


@pytest.mark.xdist_group("container")
def test_the_outside_methods_are_loaded_by_the_outside_image_alone(image: Path):
    """Broken: the outside would park every delivery, or the inside carry clients for customers' addresses."""
    program = (
        "from importlib.metadata import entry_points\n"
        "for point in entry_points(group='logrouter.outside_delivery_methods'): print(point.name, point.load())"
    )
    found = [line.split()[0] for line in run(image.with_name("outside"), "-c", program).splitlines()]
    assert found == ["elasticsearch", "kafka", "webhook"]
    library = "import importlib.util; print(importlib.util.find_spec('confluent_kafka') is None)"
    assert [run(image.with_name(name), "-c", library).strip() for name in ("logrouter", "outside")] == ["True", "False"]
    assert of("outside", "FROM", "COPY") == [
        ("FROM", "poller AS outside"),
        ("COPY", "--from=outside-build /opt/logrouter /opt/logrouter"),
    ]


@pytest.mark.xdist_group("container")
def test_vector_s_configuration_is_in_it(image: Path):
    """Broken: the Vector engine would have its program and no configuration."""
    program = (
        "from importlib import resources\n"
        "print((resources.files('vector_config') / 'cloudwatch_delivery' / 'vector.yaml').is_file())"
    )
    assert run(image, "-c", program).strip() == "True"


@pytest.mark.xdist_group("container")
def test_it_is_byte_compiled_and_has_no_installer(image: Path):
    """Broken: each start compiles anew on a read-only file system; pip would help an intruder."""
    packages = next(image.glob("lib/python3.*/site-packages"))
    sources = list((packages / "runtime").rglob("*.py"))
    assert sources
    assert all(list((path.parent / "__pycache__").glob(f"{path.stem}.*.pyc")) for path in sources)
    assert not (packages / "pip").exists()
