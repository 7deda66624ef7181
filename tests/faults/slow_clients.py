"""`python -m tests.faults.slow_clients PORT`: clients who take their time, until it is killed.

A hundred that send a byte now and then (of a head, of a body) or read one, and a hundred that
send 10 MB. It counts on standard output what it is answered: a status a line.
"""

import asyncio
import os
import sys

CLIENTS = 100
BIG = 10_000_000
PAUSE = 0.1
BETWEEN_BIG = 2

HEAD = b"Host: clinic.example\r\nAuthorization: Bearer none\r\nContent-Type: application/json\r\n"
POST = b"POST /v1/patients HTTP/1.1\r\n" + HEAD
SLOW_HEAD = b"GET /v1/clinic HTTP/1.1\r\n" + HEAD + b"Cookie: " + b"a" * 4_000
SLOW_BODY = POST + b"Content-Length: 200000\r\n\r\n"
READ = b"GET /openapi.json HTTP/1.1\r\n" + HEAD + b"\r\n"

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def send_slowly(streams: Streams, first: bytes, rest: bytes) -> None:
    reader, writer = streams
    writer.write(first)
    for byte in rest:
        await asyncio.sleep(PAUSE)
        writer.write(bytes([byte]))
        await writer.drain()
        if reader.at_eof():
            return


async def slow_head(streams: Streams) -> None:
    await send_slowly(streams, b"", SLOW_HEAD)


async def slow_body(streams: Streams) -> None:
    await send_slowly(streams, SLOW_BODY, b" " * 100_000)


async def slow_reader(streams: Streams) -> None:
    reader, writer = streams
    writer.write(READ)
    while await reader.read(100):
        await asyncio.sleep(PAUSE)


async def big_body(streams: Streams) -> None:
    reader, writer = streams
    writer.write(POST + b"Content-Length: %d\r\n\r\n" % BIG)
    for _ in range(BIG // 100_000):
        writer.write(b" " * 100_000)
        await writer.drain()
    print((await reader.readline()).split()[1].decode(), flush=True)
    await asyncio.sleep(BETWEEN_BIG)


SLOW = (slow_head, slow_body, slow_reader)


async def again_and_again(port: int, number: int) -> None:
    """One client: when its connection ends it makes another."""
    act = SLOW[number % len(SLOW)] if number < CLIENTS else big_body
    while True:
        try:
            streams = await asyncio.open_connection("127.0.0.1", port, limit=1000)
            try:
                await act(streams)
            finally:
                streams[1].close()
        except (OSError, IndexError):
            await asyncio.sleep(PAUSE)


async def everybody(port: int) -> None:
    await asyncio.gather(*(again_and_again(port, number) for number in range(2 * CLIENTS)))


if __name__ == "__main__":
    # They are other machines: they do not take the server's time.
    os.nice(10)
    asyncio.run(everybody(int(sys.argv[1])))
