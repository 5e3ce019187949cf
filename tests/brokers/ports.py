"""Find free ports on loopback."""

import secrets
import socket

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """Return a port that nothing listens on."""
    while True:
        # Below the range that the system gives to outgoing connections: a client that dials a stopped broker
        # again and again could otherwise be given the broker's own port, connect to itself and keep it.
        # Not `random`: pytest-randomly seeds it alike in every process.
        port = 20_000 + secrets.randbelow(12_000)
        if _is_free(port):
            return port


def accepts(port: int) -> bool:
    """Tell whether something accepts connections at ``port``."""
    with socket.socket() as client:
        client.settimeout(1.0)
        return client.connect_ex((LOOPBACK, port)) == 0


def _is_free(port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError:
            return False
        return True
