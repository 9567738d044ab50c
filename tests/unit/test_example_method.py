"""The example of a foreign delivery method, installed outside the repository, and the list of plug-ins."""

import os
import shutil
import subprocess
import sys
from types import SimpleNamespace

import pytest

from runtime.conformance.checks import CHECKS
from runtime.deliveries.registry import DeliveryMethodsError, find_methods
from stacks.bundling import steps
from tests.unit.tracked import ROOT

EXAMPLE = ROOT / "examples" / "delivery-method"


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Return a copy of the example outside the repository, its environment, and the folder it is installed in."""
    folder = tmp_path_factory.mktemp("foreign")
    copied = shutil.copytree(EXAMPLE, folder / "source", ignore=shutil.ignore_patterns("__pycache__"))
    site = folder / "site"
    command = [
        sys.executable,
        "-m",
        "uv",
        "pip",
        "install",
        "--quiet",
        "--offline",
        "--no-deps",
        "--no-build-isolation",
    ]
    subprocess.run([*command, "--target", str(site), str(copied)], check=True, capture_output=True, text=True)
    environment = {**os.environ, "PYTHONPATH": f"{site}:{ROOT}", "COVERAGE_PROCESS_START": ""}
    return SimpleNamespace(source=copied, site=site, environment=environment)


def run(installed, *command):
    return subprocess.run(
        [sys.executable, *command],
        cwd=installed.source,
        env=installed.environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_example_passes_the_kit_outside_the_repository(installed):
    """Who follows the guide would end with a method that doesn't work."""
    told = run(installed, "-m", "runtime.conformance", "spool")
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.count(" ok ") == len(CHECKS)


def test_its_own_test_runs_by_the_plug_in_alone(installed):
    """Its author would have to copy the kit's tests."""
    told = run(installed, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "tests")
    assert f"{len(CHECKS)} passed" in told.stdout, told.stdout


def test_the_processor_finds_it_like_a_built_in_one(installed, monkeypatch):
    """It would be installed and never asked."""
    monkeypatch.syspath_prepend(str(installed.site))
    assert find_methods()["spool"].__name__ == "SpoolDelivery"


def test_one_made_for_another_seam_is_refused_with_a_sentence(installed, monkeypatch):
    """It would fail in the middle of a delivery."""
    monkeypatch.syspath_prepend(str(installed.site))
    monkeypatch.setattr(find_methods()["spool"], "seam", 1)
    with pytest.raises(DeliveryMethodsError, match=r"'spool' .* is made for seam version 1, and this is version 2"):
        find_methods()


def test_a_listed_plug_in_gets_into_the_zip_with_its_entry_points(tmp_path, installed):
    """The function would be deployed without it, and its tenants' deliveries wait for ever."""
    wheels = tmp_path / "wheels"
    command = [sys.executable, "-m", "uv", "build", "--quiet", "--offline", "--wheel", "--no-build-isolation"]
    subprocess.run([*command, "--out-dir", str(wheels), str(installed.source)], check=True, capture_output=True)
    (wheel,) = wheels.glob("*.whl")
    digest = subprocess.run(["sha256sum", str(wheel)], check=True, capture_output=True, text=True).stdout.split()[0]
    listed = tmp_path / "plug-ins.txt"
    listed.write_text(f"# ours\nlogrouter-spool @ file://{wheel} --hash=sha256:{digest}\n")
    target = tmp_path / "bundle"
    target.mkdir()
    steps.install_plug_ins(listed, target, "x86_64-manylinux_2_28")
    assert (target / "logrouter_spool" / "delivery.py").is_file()
    (info,) = target.glob("*.dist-info")
    assert "spool = logrouter_spool.delivery:SpoolDelivery" in (info / "entry_points.txt").read_text()


def test_an_empty_list_installs_nothing(tmp_path):
    """Every build would need an index, or fail for an empty list."""
    steps.install_plug_ins(ROOT / steps.PLUG_INS, tmp_path, "x86_64-manylinux_2_28")
    assert list(tmp_path.iterdir()) == []
