#!/usr/bin/env python3
"""Signs a transfer of an Ethereum development chain, with nothing but Python.

eth_transaction.py KEY CHAIN-ID NONCE GAS-PRICE TO VALUE    prints the raw transaction (numbers decimal)
eth_transaction.py address KEY                              prints the key's address
"""
import secrets
import sys

P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)
MASK = 2**64 - 1
TRANSFER_GAS = 21000


def rotate(x, n):
    return ((x << n) | (x >> (64 - n))) & MASK if n else x


def permute(a):
    """Keccak-f[1600] on 5 x 5 lanes, FIPS 202 section 3.3."""
    lfsr = 1
    for _ in range(24):
        c = [a[x][0] ^ a[x][1] ^ a[x][2] ^ a[x][3] ^ a[x][4] for x in range(5)]
        d = [c[(x + 4) % 5] ^ rotate(c[(x + 1) % 5], 1) for x in range(5)]
        a = [[a[x][y] ^ d[x] for y in range(5)] for x in range(5)]
        x, y, lane = 1, 0, a[1][0]
        for t in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            lane, a[x][y] = a[x][y], rotate(lane, (t + 1) * (t + 2) // 2 % 64)
        a = [[a[x][y] ^ (~a[(x + 1) % 5][y] & a[(x + 2) % 5][y]) for y in range(5)] for x in range(5)]
        for j in range(7):
            if lfsr & 1:
                a[0][0] ^= 1 << (2**j - 1)
            lfsr = (lfsr << 1) ^ (0x171 if lfsr & 0x80 else 0)
    return a


def keccak256(data):
    rate = 136
    data = data + b"\x01" + bytes(-(len(data) + 2) % rate) + b"\x80" if (len(data) + 1) % rate else data + b"\x81"
    a = [[0] * 5 for _ in range(5)]
    for start in range(0, len(data), rate):
        for i in range(rate // 8):
            a[i % 5][i // 5] ^= int.from_bytes(data[start + 8 * i : start + 8 * i + 8], "little")
        a = permute(a)
    return b"".join(a[i % 5][i // 5].to_bytes(8, "little") for i in range(4))


def add(p, q):
    if p is None or q is None:
        return p or q
    if p[0] == q[0]:
        if (p[1] + q[1]) % P == 0:
            return None
        slope = 3 * p[0] * p[0] * pow(2 * p[1], -1, P) % P
    else:
        slope = (q[1] - p[1]) * pow(q[0] - p[0], -1, P) % P
    x = (slope * slope - p[0] - q[0]) % P
    return x, (slope * (p[0] - x) - p[1]) % P


def multiply(k, p):
    result = None
    while k:
        if k & 1:
            result = add(result, p)
        p = add(p, p)
        k >>= 1
    return result


def sign(key, digest):
    while True:
        k = secrets.randbelow(N - 1) + 1
        x, y = multiply(k, G)
        r = x % N
        s = pow(k, -1, N) * (int.from_bytes(digest, "big") + r * key) % N
        if r and s and x < N:
            # Of the two values that are valid, Ethereum takes the lower one.
            return (r, N - s, 1 - y % 2) if s > N // 2 else (r, s, y % 2)


def number(n):
    return n.to_bytes((n.bit_length() + 7) // 8, "big")


def rlp(item):
    if isinstance(item, int):
        item = number(item)
    if isinstance(item, bytes):
        body, offset = item, 0x80
        if len(body) == 1 and body[0] < 0x80:
            return body
    else:
        body, offset = b"".join(rlp(i) for i in item), 0xC0
    if len(body) < 56:
        return bytes([offset + len(body)]) + body
    length = number(len(body))
    return bytes([offset + 55 + len(length)]) + length + body


def address(key):
    x, y = multiply(key, G)
    return keccak256(x.to_bytes(32, "big") + y.to_bytes(32, "big"))[12:]


def main():
    if sys.argv[1] == "address":
        print("0x" + address(int(sys.argv[2], 16)).hex())
        return
    key, to = int(sys.argv[1], 16), bytes.fromhex(sys.argv[5].removeprefix("0x"))
    chain, nonce, price, value = (int(sys.argv[i]) for i in (2, 3, 4, 6))
    fields = [nonce, price, TRANSFER_GAS, to, value, b""]
    # EIP-155: what is signed names the chain.
    r, s, parity = sign(key, keccak256(rlp(fields + [chain, 0, 0])))
    print("0x" + rlp(fields + [chain * 2 + 35 + parity, r, s]).hex())


main()
