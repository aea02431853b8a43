"""Ports for servers of tests."""

import contextlib
import pathlib
import random
import socket


def free_port():
    """A port without a listener, and that the kernel gives to no connection while a server is away from it."""
    first = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        port = random.randrange(first // 2, first)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
