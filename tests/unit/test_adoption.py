"""What a repository needs to be adopted: its workflow, hooks, updates, release, and the documentation's site."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import PurePosixPath

import pytest
import yaml

from tests.unit.test_project import text_of
from tests.unit.tracked import ROOT, TRACKED

GITHUB = [name for name in TRACKED if name.startswith(".github/")]


def recipe(target, *variables):
    """Return the commands that make would run for a target, one a line, without those it depends on."""
    arguments = ["make", "--no-print-directory", "--dry-run", "--always-make", target, *variables]
    environment = {
        name: text for name, text in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "PYTEST_ARGS"))
    }
    printed = subprocess.run(arguments, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout
    return printed.splitlines()


def unspoken(command):
    """Return a command without the one that says every ten seconds that it goes on."""
    words = shlex.split(command)
    return shlex.join(words[3:]) if words[1].endswith("spoken_run.py") else command


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built as `make docs` does."""
    folder = tmp_path_factory.mktemp("site")
    (command,) = [line for line in recipe("docs") if "mkdocs" in line]
    words = [sys.executable if word.endswith("python") else word for word in shlex.split(command)]
    done = subprocess.run([*words, "--site-dir", folder], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "--strict" in words
    return folder


def test_the_site_has_every_page_and_finds_it(site):
    """A page would be unknown to the site's readers, or its search would not find it."""
    pages = {name.removeprefix("docs/") for name in TRACKED if re.fullmatch(r"docs/.*\.md", name)}
    built = {page.replace("README.md", "index.md").replace(".md", ".html") for page in pages}
    assert {page for page in built if not (site / page).is_file()} == set()
    index = json.loads((site / "search" / "search_index.json").read_text())
    assert built <= {entry["location"].partition("#")[0] or "index.html" for entry in index["docs"]} | {
        "decisions/index.html"
    }


def test_the_start_page_has_four_ways_in(site):
    """A reader would have to know the pages' names to begin."""
    start = (site / "index.html").read_text()
    for way in ("evaluate", "deploy", "onboard", "operate"):
        assert f"<strong>{way}</strong>" in start
    for tab in ("Evaluate", "Deploy", "Onboard", "Operate"):
        assert re.search(rf">\s*{tab}\s*<", start)


def test_the_site_asks_nobody_else(site):
    """Readers would load fonts or scripts of a third party, which learns who reads what."""
    start = (site / "index.html").read_text()
    assert re.findall(r'<(?:link|script|img)[^>]*(?:href|src)="((?:https?:)?//[^"]*)"', start) == []


def test_hooks_and_lint_are_the_same():
    """A commit would pass its hooks and fail in CI, or the other way round."""
    hooks = yaml.safe_load(text_of(".pre-commit-config.yaml"))["repos"][0]["hooks"]
    commands = [line for line in recipe("lint") if "uv" not in line]
    assert [hook["entry"] for hook in hooks] == [unspoken(command) for command in commands[-4:]]
    subprocess.run([sys.executable, "-m", "pre_commit", "validate-config"], cwd=ROOT, check=True)


def test_a_part_of_the_suite_runs_without_the_coverage_of_the_whole():
    """`make test PYTEST_ARGS=tests/unit/cli` would fail: a part covers less than the whole has to."""
    (part,) = [line for line in recipe("test", "PYTEST_ARGS=tests/unit/cli") if "pytest" in line]
    assert part.endswith("pytest -n 2 tests/unit/cli")
    (whole,) = [line for line in recipe("test") if "pytest" in line]
    assert "--cov" in whole.split()


def test_the_workflow_runs_what_developers_run():
    """CI would test something else than `make test`, or on another Python."""
    workflow = yaml.safe_load(text_of(".github/workflows/test.yml"))
    steps = workflow["jobs"]["test"]["steps"]
    assert "make test" in [step.get("run") for step in steps]
    assert {"python-version-file": ".python-version"} in [step.get("with") for step in steps]
    assert workflow["permissions"] == {"contents": "read"}


def test_updates_reach_every_folder_with_pins():
    """A folder's pins would grow old: nobody would be told of a fixed weakness."""
    updates = yaml.safe_load(text_of(".github/dependabot.yml"))["updates"]
    covered = {folder.strip("/") or "." for update in updates for folder in update.get("directories", [])}
    pinned = {str(PurePosixPath(name).parent) for name in TRACKED if re.search(r"requirements[\w-]*\.in$", name)}
    assert pinned == covered
    assert {update["package-ecosystem"] for update in updates} == {"pip", "npm", "docker", "github-actions"}


@pytest.mark.parametrize("name", [name for name in GITHUB if name.endswith(".yml")])
def test_forms_and_workflows_are_yaml_with_unique_ids(name):
    """A form that can't be read isn't shown: issues would come without what is asked for."""
    document = yaml.safe_load(text_of(name))
    ids = [field["id"] for field in document.get("body", ()) if "id" in field]
    assert len(ids) == len(set(ids))
    if "ISSUE_TEMPLATE" in name and not name.endswith("config.yml"):
        assert document["name"]
        assert document["description"]


def test_owned_paths_exist():
    """A path that is gone has no reviewer: its successor would be merged without one."""
    paths = re.findall(r"^/(\S+)", text_of(".github/CODEOWNERS"), re.MULTILINE)
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_changelog_has_the_version():
    """A release would have no entry that says what it changes."""
    version = re.search(r'^version = "(.+)"$', text_of("pyproject.toml"), re.MULTILINE)[1]
    released = re.findall(r"^## \[(\d\S*)\] - \d{4}-\d\d-\d\d$", text_of("CHANGELOG.md"), re.MULTILINE)
    assert released[0] == version


def test_the_version_stands_in_one_place():
    """A release would change one version and forget another."""
    version = re.search(r'^version = "(.+)"$', text_of("pyproject.toml"), re.MULTILINE)[1]
    code = [name for name in TRACKED if name.endswith((".py", "Makefile", "Dockerfile")) and "tests/" not in name]
    assert [name for name in code if f'"{version}"' in text_of(name)] == []
