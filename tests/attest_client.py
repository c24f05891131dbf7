#!/usr/bin/env python3
"""Clients of the attestation service, written from its description alone, with OpenSSL by ctypes: Python's own ssl
module exports no keying material.

    attest_client.py PORT COMMAND [ARGUMENT]...

    tdnode FILE [log]     asks by tdnode/1, checks what the evidence is bound to, leaves it in FILE, then asks the node
    flashbots FILE [ALPN] the same by flashbots-ratls/1; prints the kind
    evidence FILE NONCE   the evidence for a file
    web REQUEST-LINE      the first line and the body of the answer
    refusal WANTED [ALPN] what the service says to a request for that kind of evidence
    tls12, no-alpn, other-alpn, bad-request, resume      what has to be refused
    silent                how long nothing may be said
    crowd COUNT AT-ONCE   so many connections, half of them hostile: how many of the others were served
"""
import ctypes
import ctypes.util
import hashlib
import json
import os
import random
import socket
import struct
import sys
import threading
import time

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ssl = ctypes.CDLL(ctypes.util.find_library('ssl') or 'libssl.so.3')
crypto = ctypes.CDLL(ctypes.util.find_library('crypto') or 'libcrypto.so.3')
for library, name, result in ((ssl, 'TLS_client_method', 'p'), (ssl, 'SSL_CTX_new', 'p'), (ssl, 'SSL_new', 'p'),
                              (ssl, 'SSL_get1_peer_certificate', 'p'), (ssl, 'SSL_get1_session', 'p'),
                              (ssl, 'SSL_CTX_ctrl', 'l'), (ssl, 'SSL_session_reused', 'i'),
                              (ssl, 'SSL_SESSION_is_resumable', 'i'), (crypto, 'i2d_X509', 'i')):
    getattr(library, name).restype = {'p': ctypes.c_void_p, 'l': ctypes.c_long, 'i': ctypes.c_int}[result]
pointer = ctypes.c_void_p
SET_MIN, SET_MAX = 123, 124  # SSL_CTRL_SET_MIN_PROTO_VERSION, _MAX_
PORT = int(sys.argv[1])


class Refused(Exception):
    pass


class Tls:
    """A connection that trusts whatever certificate there is: evidence is what counts."""

    def __init__(self, alpn, session=None, version=0x0304):
        self.socket = socket.create_connection(('127.0.0.1', PORT), 30)
        self.socket.settimeout(None)
        self.context = ssl.SSL_CTX_new(pointer(ssl.TLS_client_method()))
        for what in (SET_MIN, SET_MAX):
            ssl.SSL_CTX_ctrl(pointer(self.context), what, ctypes.c_long(version), None)
        self.ssl = ssl.SSL_new(pointer(self.context))
        ssl.SSL_set_fd(pointer(self.ssl), self.socket.fileno())
        if alpn is not None:
            names = b''.join(bytes([len(a)]) + a.encode() for a in alpn)
            ssl.SSL_set_alpn_protos(pointer(self.ssl), names, len(names))
        if session:
            ssl.SSL_set_session(pointer(self.ssl), pointer(session))
        if ssl.SSL_connect(pointer(self.ssl)) != 1:
            raise Refused('no handshake')

    def close(self):
        self.socket.close()
        ssl.SSL_free(pointer(self.ssl))
        ssl.SSL_CTX_free(pointer(self.context))

    def certificate(self):
        der = ctypes.create_string_buffer(4096)
        end = pointer(ctypes.addressof(der))
        peer = ssl.SSL_get1_peer_certificate(pointer(self.ssl))
        size = crypto.i2d_X509(pointer(peer), ctypes.byref(end))
        crypto.X509_free(pointer(peer))
        return x509.load_der_x509_certificate(der.raw[:size])

    def export(self, label, context):
        out = ctypes.create_string_buffer(32)
        if ssl.SSL_export_keying_material(pointer(self.ssl), out, ctypes.c_size_t(32), label, ctypes.c_size_t(len(label)),
                                          context, ctypes.c_size_t(len(context or b'')), int(context is not None)) != 1:
            raise Refused('no exporter')
        return out.raw

    def send(self, data):
        if ssl.SSL_write(pointer(self.ssl), data, len(data)) != len(data):
            raise Refused('cannot send')

    def some(self):
        part = ctypes.create_string_buffer(16384)
        n = ssl.SSL_read(pointer(self.ssl), part, 16384)
        return part.raw[:max(n, 0)]

    def receive(self, size):
        data = b''
        while len(data) < size:
            part = ctypes.create_string_buffer(size - len(data))
            n = ssl.SSL_read(pointer(self.ssl), part, size - len(data))
            if n <= 0:
                raise Refused(f'the end after {len(data)} bytes of {size}')
            data += part.raw[:n]
        return data

    def rest(self):
        data = b''
        while part := self.some():
            data += part
        return data


def ask_node(tls, again=3):
    """HTTP/1.1 over the same stream, on one connection."""
    for number in range(again):
        body = json.dumps({'jsonrpc': '2.0', 'id': number, 'method': 'eth_chainId', 'params': []}).encode()
        tls.send(b'POST / HTTP/1.1\r\nHost: node\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s'
                 % (len(body), body))
        answer = b''
        while b'\r\n\r\n' not in answer:
            part = tls.some()
            if not part:
                raise Refused('the node does not answer')
            answer += part
        head, _, rest = answer.partition(b'\r\n\r\n')
        size = [int(line.split(b':')[1]) for line in head.split(b'\r\n') if line.lower().startswith(b'content-length:')][0]
        while len(rest) < size:
            part = tls.some()
            if not part:
                raise Refused('the node does not answer in full')
            rest += part
        if json.loads(rest)['id'] != number:
            raise Refused('the answer to another request')


def bound_data(document):
    """The 64 bytes that TPM or TD signed: TPMS_ATTEST.extraData, or the report data of a quote of version 4."""
    import base64
    if document['kind'] == 'tpm':
        message = base64.b64decode(document['tpm']['message'])
        name = struct.unpack_from('>H', message, 6)[0]
        size = struct.unpack_from('>H', message, 8 + name)[0]
        return message[10 + name:10 + name + size]
    return base64.b64decode(document['quote'])[48 + 520:48 + 584]


def sha256(data):
    return hashlib.sha256(data).digest()


def check_binding(document, purpose, nonce, exporter, key):
    want = hashlib.sha512(b'tdnode/1 ' + purpose + b'\0' + nonce + exporter + sha256(key) +
                          sha256(document['config'].encode()) + sha256(document['claims'].encode())).digest()
    if bound_data(document) != want:
        raise Refused('the evidence is bound to something else')
    if (document['purpose'], document['nonce'], document['tls_key']) != \
            (purpose.decode(), nonce.hex(), sha256(key).hex()):
        raise Refused('the document says that it is bound to something else')


def spki(tls):
    return tls.certificate().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def request(nonce, wanted=0, log=0):
    return struct.pack('>IB32sBB', 35, 1, nonce, wanted, log)


def answer(tls):
    body = tls.receive(struct.unpack('>I', tls.receive(4))[0])
    version, status, size = struct.unpack_from('>BBI', body)
    first = body[6:6 + size]
    log = body[10 + size:]
    if version != 1 or struct.unpack_from('>I', body, 6 + size)[0] != len(log):
        raise Refused('no answer of tdnode/1')
    return status, first, log


def tdnode(file=None, log=None):
    tls = Tls(['tdnode/1'])
    nonce = os.urandom(32)
    tls.send(request(nonce, log=int(log is not None)))
    status, text, events = answer(tls)
    if status:
        raise Refused(text.decode())
    document = json.loads(text)
    check_binding(document, b'channel', nonce, tls.export(b'EXPORTER-tdnode-attestation', nonce), spki(tls))
    if file:
        open(file, 'wb').write(text)
        if log:
            open(file + '.log', 'wb').write(events)
    ask_node(tls)
    tls.close()


def compact(data):
    mode = data[0] & 3
    size = {0: 1, 1: 2, 2: 4}[mode]
    return int.from_bytes(data[:size], 'little') >> 2, data[size:]


def flashbots(file, alpn='flashbots-ratls/1+http/1.1'):
    """Facts of the protocol: frame, SCALE, SHA-256 of the key's BIT STRING, the exporter without a context."""
    tls = Tls(['flashbots-ratls/1+h2', alpn])
    frame = tls.receive(struct.unpack('>I', tls.receive(4))[0])
    size, rest = compact(frame)
    kind, rest = rest[:size].decode(), rest[size:]
    size, rest = compact(rest)
    if len(rest) != size:
        raise Refused('no SCALE of a kind and bytes')
    point = tls.certificate().public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    want = sha256(point) + tls.export(b'EXPORTER-Channel-Binding', None)
    if kind == 'azure-tdx':
        user_data = json.loads(rest)['hcl_report_base64']
        open(file + '.want', 'w').write(want.hex())
    elif kind != 'none' and rest[48 + 520:48 + 584] != want:
        raise Refused('the quote is bound to something else')
    open(file, 'wb').write(rest)
    tls.send(bytes.fromhex('00000006106e6f6e6500'))
    ask_node(tls)
    tls.close()
    print(kind)


def evidence(file, nonce):
    tls = Tls(['h2', 'http/1.1'])
    tls.send(b'GET /evidence?nonce=%s HTTP/1.1\r\nHost: x\r\n\r\n' % nonce.encode())
    head, _, body = tls.rest().partition(b'\r\n\r\n')
    if not head.startswith(b'HTTP/1.1 200 '):
        raise Refused(head.decode())
    check_binding(json.loads(body), b'evidence', bytes.fromhex(nonce), b'', spki(tls))
    open(file, 'wb').write(body)
    tls.close()


def web(line):
    tls = Tls(['http/1.1'])
    tls.send(line.encode() + b'\r\nHost: x\r\n\r\n')
    head, _, body = tls.rest().partition(b'\r\n\r\n')
    print(head.split(b'\r\n')[0].decode(), body.decode().strip(), sep=': ')
    tls.close()


def refusal(wanted, alpn='tdnode/1'):
    tls = Tls([alpn])
    tls.send(request(bytes(32), int(wanted)))
    status, text, log = answer(tls)
    if status != 1 or log or tls.some():
        raise Refused('no refusal, or something after it')
    print(text.decode())


def must_not_shake(**how):
    try:
        Tls(**how)
    except Refused:
        return
    raise Refused('it shakes hands')


def bad_request():
    for data in (b'\xff' * 39, b'GET / HTTP/1.1\r\nHost: node\r\nContent-Length: 0\r\n\r\n'):
        tls = Tls(['tdnode/1'])
        tls.send(data)
        status, text, _ = answer(tls)
        if status != 1 or tls.some():
            raise Refused('it is answered')
        tls.close()
    # A message of flashbots' that is none: nothing is passed on to the node.
    for data in (b'\xff' * 4, bytes.fromhex('00000006106e6f6e6501') + b'GET / HTTP/1.1\r\nHost: node\r\n\r\n'):
        tls = Tls(['flashbots-ratls/1'])
        tls.receive(struct.unpack('>I', tls.receive(4))[0])
        tls.send(data)
        if tls.some():
            raise Refused('it is passed on')
        tls.close()


def resume():
    """No ticket comes, and a session that is offered all the same is not taken."""
    tls = Tls(['tdnode/1'])
    nonce = os.urandom(32)
    tls.send(request(nonce))
    answer(tls)
    ask_node(tls, 1)
    session = ssl.SSL_get1_session(pointer(tls.ssl))
    if ssl.SSL_SESSION_is_resumable(pointer(session)):
        raise Refused('there is a ticket')
    again = Tls(['tdnode/1'], session=session)
    if ssl.SSL_session_reused(pointer(again.ssl)):
        raise Refused('it is resumed')


def silent():
    """Before the handshake, in it, before a request, in one."""
    starts = [lambda: socket.create_connection(('127.0.0.1', PORT))]
    def half():
        s = socket.create_connection(('127.0.0.1', PORT))
        s.send(b'\x16\x03\x01\x02\x00\x01')
        return s
    starts.append(half)
    starts.append(lambda: Tls(['tdnode/1']))
    def begun():
        tls = Tls(['http/1.1'])
        tls.send(b'GET /evidence')
        return tls
    starts.append(begun)
    longest = 0
    for start in starts:
        before = time.monotonic()
        connection = start()
        s = connection if isinstance(connection, socket.socket) else connection.socket
        s.settimeout(60)
        while s.recv(4096):
            pass
        longest = max(longest, time.monotonic() - before)
    print(f'{longest:.1f}')


def hostile(random_number):
    kind = random_number % 7
    s = socket.create_connection(('127.0.0.1', PORT), 30)
    if kind == 0:
        s.send(os.urandom(4096))
    elif kind == 1:
        time.sleep(random.random() * 5)
    elif kind == 2:
        s.send(b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03')
        time.sleep(random.random() * 5)
    s.close()
    if kind == 3:
        tls = Tls(['tdnode/1'])
        time.sleep(random.random() * 4)
        tls.close()
    if kind == 4:
        tls = Tls(['tdnode/1'])
        tls.send(request(os.urandom(32), log=1))
        tls.close()
    if kind == 5:
        tls = Tls(['http/1.1'])
        tls.send(b'GET /' + b'a' * 16000)
        tls.close()
    if kind == 6:
        tls = Tls(['flashbots-ratls/1'])
        tls.send(b'\xff' * 64)
        tls.close()


def crowd(count, at_once):
    served, why, lock, room = [0], [], threading.Lock(), threading.Semaphore(int(at_once))
    def one(number):
        with room:
            if number % 2:
                try:
                    hostile(number // 2)
                except (OSError, Refused):
                    pass
                return
            try:
                tdnode()
                with lock:
                    served[0] += 1
            except (OSError, Refused) as e:
                with lock:
                    why.append(str(e))
    threads = [threading.Thread(target=one, args=(i,)) for i in range(int(count))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(served[0], *why[:3])


COMMANDS = {
    'tdnode': tdnode,
    'flashbots': flashbots,
    'evidence': evidence,
    'web': web,
    'refusal': refusal,
    'tls12': lambda: must_not_shake(alpn=['tdnode/1'], version=0x0303),
    'no-alpn': lambda: must_not_shake(alpn=None),
    'other-alpn': lambda: must_not_shake(alpn=['h2', 'tdnode/2']),
    'bad-request': bad_request,
    'resume': resume,
    'silent': silent,
    'crowd': crowd,
}
try:
    COMMANDS[sys.argv[2]](*sys.argv[3:])
except (Refused, OSError) as e:
    sys.exit(f'attest_client: {e}')
