"""A network that takes time: connections to a free port of loopback, which is printed, go on to PORT, and every byte arrives
MILLISECONDS later, in both directions.

    delay.py PORT MILLISECONDS
"""
import asyncio
import socket
import sys

PORT, SECONDS = int(sys.argv[1]), float(sys.argv[2]) / 1e3


async def late(reader, writer):
    """What arrives waits its time, but not for what came before it."""
    loop = asyncio.get_running_loop()
    on_its_way = asyncio.Queue()

    async def deliver():
        while True:
            due, data = await on_its_way.get()
            await asyncio.sleep(due - loop.time())
            if not data:
                break
            writer.write(data)
        writer.close()

    delivery = asyncio.create_task(deliver())
    while True:
        data = await reader.read(65536)
        on_its_way.put_nowait((loop.time() + SECONDS, data))
        if not data:
            break
    await delivery


async def pass_on(reader, writer):
    node = await asyncio.open_connection('127.0.0.1', PORT)
    for end in writer, node[1]:
        end.get_extra_info('socket').setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    await asyncio.gather(late(reader, node[1]), late(node[0], writer), return_exceptions=True)


async def main():
    server = await asyncio.start_server(pass_on, '127.0.0.1', 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
