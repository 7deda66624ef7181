"""What `make run` does: make the database ready, then run web and jobs until asked to stop."""

import signal
import socket
import sys
from collections.abc import Callable

import config
from scheduler import clock, embedded
from scheduler.supervisor import Supervisor


def run(settings: config.Settings, prepare: Callable[[], str]) -> int:
    """Serve until SIGINT or SIGTERM; the exit status, 0 when it ended because it was asked to.

    `prepare` makes the database ready and returns the text to show once requests are answered.
    A ConfigurationError, from it or for a port that cannot be had, is shown and ends it.
    """
    # Until the two run, either ends this by KeyboardInterrupt: with every `finally` on the way.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    server = None
    try:
        _check_port(settings)
        server = embedded.start(settings.data_dir) if settings.embedded else None
        text = prepare()
        clock.load(settings.data_dir)
        return Supervisor().run(settings, text)
    except config.ConfigurationError as error:
        print(f"cannot start: {error}", file=sys.stderr)
        return 1
    finally:
        if server:
            server.close()


def _check_port(settings: config.Settings) -> None:
    """Try the port before anything is started: gunicorn itself would try for five seconds."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
            probe.listen()
        except OSError as error:
            raise config.ConfigurationError(
                f"PORT: cannot listen on {settings.host} port {settings.port}: {error.strerror}"
            ) from error
