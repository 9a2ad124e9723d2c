#!/usr/bin/env python3
"""A provider whose list of models is short and quick: answers every GET with it, over TLS where it is given a certificate.

Prints its port, and a line with the number of answers and of connections for each line that it reads. Ends with its input.
"""

import asyncio
import ssl
import sys

BODY = b'{"object":"list","data":[{"id":"gpt-4o","object":"model"}]}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
counts = {"answers": 0, "connections": 0}


async def serve(reader, writer):
    counts["connections"] += 1
    try:
        while await reader.readuntil(b"\r\n\r\n"):
            counts["answers"] += 1
            writer.write(ANSWER)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
        pass
    finally:
        writer.close()


async def main(certificate):
    context = None
    if certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    loop = asyncio.get_running_loop()
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(counts["answers"], counts["connections"], flush=True)


asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else None))
