"""gunicorn's worker, but for its end: whoever is connected by then is still answered."""

from gunicorn.workers.gthread import ThreadWorker


class StoppingWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Threads that take in every connection there is before they stop listening.

    Closing the port resets the connections that nobody has accepted yet, with the requests
    they have brought. The last worker to close finds them all, as the workers share one queue.
    """

    def set_accept_enabled(self, enabled: bool) -> None:
        """Listen, or not; when asked to stop, not any more."""
        super().set_accept_enabled(enabled)
        if not self.alive:
            for listener in self.sockets:
                # Asked of the kernel: to accept in vain would let the other threads run before
                # the port is closed, and somebody else connect.
                while listener.get_backlog() > 0:
                    self.accept(listener)
                listener.close()
