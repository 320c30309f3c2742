"""Where we listen, and whether we may."""

import errno
import ipaddress
import os
import socket

from agents_app.serving.errors import CannotStart

DEMO_PASSWORD_LENGTH = 12


def written(host: str, port: int) -> str:
    """As a person writes it: brackets around an IPv6 address."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def url(host: str, port: int) -> str:
    """Where a browser on this machine finds us."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}
    return f"http://{written(everywhere.get(host, host), port)}"


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def refuse_open_demo(host: str, *, demo_sign_ins: list[str], password: str) -> None:
    """Well-known names with a short password are for this machine only."""
    if is_loopback(host) or not demo_sign_ins or len(password) >= DEMO_PASSWORD_LENGTH:
        return
    raise CannotStart(
        f"WARROOM_BIND={host} is open to others while demo sign-ins exist; set WARROOM_DEMO_PASSWORD to "
        f"{DEMO_PASSWORD_LENGTH} characters or more, or deactivate them in the admin."
    )


def refuse_taken(host: str, port: int) -> None:
    """Say that we can't listen before anything is migrated or imported."""
    listen(host, port).close()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket there, or the reason why not."""
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(where)
            listener.listen(socket.SOMAXCONN)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise CannotStart(_why(error, host, port)) from error
    return listener


def _why(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"{written(host, port)} is taken by another program; set WARROOM_BIND to another host:port."
    reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
    return f"WARROOM_BIND={written(host, port)}: can't listen there: {reason}."
