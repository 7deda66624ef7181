"""A mail server that takes everything and keeps nothing; it says its port and runs until killed."""

import asyncio

from aiosmtpd.smtp import SMTP, Envelope, Session


class Sink:
    """Takes every mail."""

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, _envelope: Envelope
    ) -> str:
        """Gone."""
        return "250 OK"


async def main() -> None:
    """Listen on a port of its own."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Sink()), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
