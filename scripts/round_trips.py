"""Asks JSON-RPC over open connections to ports of this machine, in turns, and prints the median round trip of each, in
milliseconds. The first request of a connection, which opens it, is not counted.

    round_trips.py PORT...
"""
import http.client
import statistics
import sys
import time

BODY = '{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]}'
ROUNDS, EACH = 40, 25


def connect(port):
    """A connection that has answered once; the node may still be starting."""
    for _ in range(300):
        c = http.client.HTTPConnection('127.0.0.1', port, timeout=120)
        try:
            ask(c)
            return c
        except OSError:
            c.close()
            time.sleep(1)
    sys.exit(f'port {port}: no answer')


def ask(c):
    start = time.monotonic()
    c.request('POST', '/', BODY, {'Content-Type': 'application/json'})
    answer = c.getresponse()
    assert answer.status == 200 and b'"result"' in answer.read()
    return time.monotonic() - start


ways = [connect(int(port)) for port in sys.argv[1:]]
times = [[] for _ in ways]
for _ in range(ROUNDS):
    for of_way, c in zip(times, ways):
        of_way += [ask(c) for _ in range(EACH)]
print(*[f'{statistics.median(of_way) * 1e3:.3f}' for of_way in times])
