"""gunicorn's worker, but for its end: whoever is connected by then is still answered."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from gunicorn.workers.gthread import ThreadWorker

# Longer than the looks and the closing take, and than a thread has waited for its turn by then.
UNDISTURBED_SECONDS = 1.0
UNTIL_THEN_SECONDS = 0.02


class StoppingWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Threads that take in every connection there is before they stop listening.

    Closing the port resets the connections that nobody has accepted yet, with the requests
    they have brought. The last worker to close finds them all, as the workers share one queue.
    """

    def set_accept_enabled(self, enabled: bool) -> None:
        """Listen, or not; when asked to stop, not any more."""
        super().set_accept_enabled(enabled)
        if not self.alive:
            with _undisturbed():
                for listener in self.sockets:
                    # Asked of the kernel: to accept in vain would let the other threads run
                    # before the port is closed, and somebody else connect.
                    while listener.get_backlog() > 0:
                        self.accept(listener)
                    listener.close()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """No other thread runs in the midst of it, but where it waits itself.

    Between the last look and the closing of the port another thread's turn, some milliseconds
    where the machine is busy, would let more connections come.
    """
    usual = sys.getswitchinterval()
    sys.setswitchinterval(UNDISTURBED_SECONDS)
    # Who has asked for its turn already, by the usual interval, gets it now.
    time.sleep(UNTIL_THEN_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)
