"""The servers' jars: fetched by Maven once into ``build/destinations/``, which Git ignores."""

import fcntl
import hashlib
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from local.paths import BUILD

FOLDER = BUILD / "destinations"
SOURCES = Path(__file__).parent
COPY_JARS = "org.apache.maven.plugins:maven-dependency-plugin:3.11.0:copy-dependencies"
LEAST_JAVA = 17
FETCH_SECONDS = 240


class ArtifactsMissingError(RuntimeError):
    """The servers can't be had here; the message says why."""


@dataclass(frozen=True, slots=True)
class Artifacts:
    """Where a server's code lies. ``classpath``: for ``java -cp``."""

    java: str
    classpath: str


@cache
def artifacts(server: str) -> Artifacts:
    """Return a server's jars (``kafka-server`` or ``opensearch-server``), fetched by the first process that asks.

    :raises ArtifactsMissingError: there is no Java or Maven, or Maven couldn't get the jars.
    """
    java, maven = _tools()
    FOLDER.mkdir(parents=True, exist_ok=True)
    done = FOLDER / f"fetched-{_digest()}"
    with (FOLDER / "lock").open("wb") as lock:  # several workers of one run ask at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            _fetch(maven)
            _compile(java)
            done.touch()
    return Artifacts(java, f"{FOLDER / 'classes'}:{FOLDER / server}/*")


def _tools() -> tuple[str, str]:
    java, maven = shutil.which("java"), shutil.which("mvn")
    if not java or not maven or not shutil.which("javac"):
        raise ArtifactsMissingError("a JDK (java, javac) and Maven (mvn) are needed on PATH")
    printed = subprocess.run([java, "-version"], check=False, capture_output=True, text=True, timeout=60).stderr
    version = re.search(r'version "(\d+)', printed)
    if not version or int(version[1]) < LEAST_JAVA:
        raise ArtifactsMissingError(f"Java {LEAST_JAVA} or newer is needed, this is: {printed.strip()[:100]}")
    return java, maven


def _digest() -> str:
    """16 hex digits over what is fetched and compiled: after a change it is fetched again."""
    files = sorted([*SOURCES.rglob("pom.xml"), *SOURCES.rglob("*.java")])
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:16]


def _fetch(maven: str) -> None:
    for folder in FOLDER.glob("*-server"):
        shutil.rmtree(folder)
    output = f"-DoutputDirectory={FOLDER}/${{project.artifactId}}"
    _run([maven, "-q", "-B", "-f", str(SOURCES / "pom.xml"), COPY_JARS, "-DincludeScope=runtime", output])


def _compile(java: str) -> None:
    sources = [str(file) for file in SOURCES.rglob("*.java")]
    javac = str(Path(java).with_name("javac")) if Path(java).with_name("javac").exists() else "javac"
    _run([javac, "-cp", f"{FOLDER}/opensearch-server/*", "-d", str(FOLDER / "classes"), *sources])


def _run(command: list[str]) -> None:
    try:
        result = subprocess.run(
            command, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=FETCH_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise ArtifactsMissingError(f"{command[0]} didn't end within {FETCH_SECONDS} s") from error
    if result.returncode != 0:
        tail = "\n".join((result.stdout + result.stderr).splitlines()[-15:])
        raise ArtifactsMissingError(f"{command[0]} ended with status {result.returncode}:\n{tail}")
