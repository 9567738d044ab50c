"""One Vector process: started, waited for, posted to, stopped. It knows nothing of batches or of tenants."""

import contextlib
import http.client
import os
import secrets
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from threading import Event, Thread
from typing import Self

from runtime.deliveries.cloudwatch.vector.log import LogTail
from runtime.time_budget import TimeBudget

START_SECONDS = 15.0  # it was seen to take about one; a cold, slow Lambda gets ten times that
POLL_SECONDS = 0.02
STOP_SECONDS = 5.0
HOST = "127.0.0.1"
# What Vector may inherit: how to reach the network and to trust it. Never the processor's own credentials or settings.
INHERITED = ("PATH", "TMPDIR", "LANG", "TZ", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")


class VectorStartError(Exception):
    """The process doesn't serve: it is missing, has ended, or took too long. The message says which."""


class VectorConnectionError(Exception):
    """A request got no answer: the process ended or took too long. Whether the events arrived is unknown."""


class VectorProcess:
    """A Vector that listens on a loopback port for one delivery. A context manager: at its end the process is gone.

    :param binary: name or path of the program. :param variables: environment for the configuration's own variables
        and the credentials; address, path and data directory are added here.
    """

    def __init__(self, binary: str, variables: Mapping[str, str], hidden: tuple[str, ...] = ()) -> None:
        self._binary = binary
        self._variables = dict(variables)
        self._path = f"/{secrets.token_hex(16)}"
        self._port = 0
        self._log = LogTail((*hidden, self._path))
        self._cleanup = contextlib.ExitStack()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def log(self) -> LogTail:
        """Vector's log lines."""
        return self._log

    @property
    def running(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def start(self, budget: TimeBudget) -> None:
        """Start the program and wait until it answers, ``START_SECONDS`` at most and never past the budget.

        :raises VectorStartError: it doesn't serve; no process is left behind.
        """
        try:
            self._spawn()
            self._await_readiness(budget)
        except BaseException:
            self.stop()
            raise
        self._log.mark_serving()

    def post(self, body: bytes, seconds: float) -> int:
        """Send one request and return its status.

        :raises VectorConnectionError: no answer within ``seconds``, or the connection broke.
        """
        connection = http.client.HTTPConnection(HOST, self._port, timeout=max(seconds, 0.001))
        try:
            connection.request("POST", self._path, body, {"Content-Type": "application/x-ndjson"})
            with connection.getresponse() as response:
                response.read()
                return response.status
        except (OSError, http.client.HTTPException) as error:
            raise VectorConnectionError(f"{type(error).__name__} while posting to Vector") from error
        finally:
            connection.close()

    def stop(self) -> None:
        """End the process at once and wait for its end; harmless when it never started.

        Killed, not asked: what it acknowledged is in CloudWatch, and what it didn't must not be sent behind the back
        of a caller that is about to send it again.
        """
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait(STOP_SECONDS)
        self._cleanup.close()

    def _spawn(self) -> None:
        self._port = _free_port()
        data_directory = self._cleanup.enter_context(tempfile.TemporaryDirectory(prefix="vector-"))
        configuration = self._cleanup.enter_context(
            resources.as_file(resources.files("vector_config") / "cloudwatch_delivery" / "vector.yaml")
        )
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the operator's own setting, and no shell
                [self._binary, "--config-yaml", str(configuration), "--threads", "1", "--log-format", "json"],
                env=self._environment(data_directory),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,  # where it logs; a panic goes to the other
                stderr=subprocess.STDOUT,
                cwd=data_directory,
                start_new_session=True,  # a Ctrl-C is ours to handle: Vector must not stop in the middle of a batch
            )
        except OSError as error:
            raise VectorStartError(_how_to_get(self._binary, error)) from error
        stream = self._process.stdout
        assert stream is not None
        reader = Thread(target=self._log.read, args=(stream,), name="vector-log", daemon=True)
        reader.start()
        self._cleanup.callback(stream.close)
        self._cleanup.callback(reader.join, STOP_SECONDS)

    def _environment(self, data_directory: str) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
        return (
            inherited
            | self._variables
            | {
                "HOME": data_directory,  # no profile file of the processor's user
                "VECTOR_DANGEROUSLY_ALLOW_ENV_VAR_INTERPOLATION": "true",  # off by default since 0.57
                "VECTOR_COLOR": "never",
                "VECTOR_INTERNAL_LOG_RATE_LIMIT": "1",  # seconds; at its default of 10 the second failure has no reason
                "LOGROUTER_DATA_DIR": data_directory,
                "LOGROUTER_ADDRESS": f"{HOST}:{self._port}",
                "LOGROUTER_PATH": self._path,
            }
        )

    def _await_readiness(self, budget: TimeBudget) -> None:
        seconds = min(START_SECONDS, budget.remaining())
        deadline = time.monotonic() + seconds
        pause = Event()
        while self.running:
            if time.monotonic() >= deadline:
                raise VectorStartError(f"Vector did not serve within {seconds:.0f} s: {self._log.text()}")
            with contextlib.suppress(VectorConnectionError):
                status = self.post(b"", deadline - time.monotonic())
                if status == http.client.OK:
                    return
                # Somebody else listens there (the port was free a moment ago): Vector will say so and end.
            pause.wait(POLL_SECONDS)
        raise VectorStartError(f"Vector ended while starting, status {self._exit_status()}: {self._log.text()}")

    def _exit_status(self) -> int | None:
        if self._process is None:
            return None
        status = self._process.wait(STOP_SECONDS)
        self._cleanup.close()  # reads its last lines
        return status


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _how_to_get(binary: str, error: OSError) -> str:
    return (
        f"cannot run '{Path(binary).name}' ({error.strerror}): CLOUDWATCH_ENGINE=vector needs Vector 0.57 or newer. "
        "Container: build the target `with-vector` of runtime/processor/Dockerfile. Lambda: give the processor a layer "
        "with bin/vector and set VECTOR_BINARY=/opt/bin/vector. Elsewhere: a package from vector.dev/download, on PATH "
        "or named by VECTOR_BINARY. Or set CLOUDWATCH_ENGINE=native"
    )
