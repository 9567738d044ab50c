"""Serves the console on loopback until it is interrupted."""

import socket
from collections.abc import Callable
from typing import Final

import uvicorn

from cli.console.application import create_application
from cli.console.asking import Questions
from cli.console.guard import ConsoleAccess
from cli.console.rendering import segment

LOOPBACK: Final = "127.0.0.1"


def serve(questions: Questions, *, port: int, tenant_id: str | None, opened: Callable[[str], object]) -> None:
    """Serve it, after ``opened`` was called with the link.

    :param port: 0: any that is free. :raises OSError: it is in use.
    """
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen()  # so that the link works from the moment it is printed
        first = f"/tenants/{segment(tenant_id)}" if tenant_id else "/"
        access = ConsoleAccess(listener.getsockname()[1], first)
        application = create_application(questions, access, tenant_id)
        config = uvicorn.Config(
            application,
            log_level="critical",  # what goes wrong is said on the page; a question under way at Ctrl-C isn't an error
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        opened(access.link)
        uvicorn.Server(config).run(sockets=[listener])
