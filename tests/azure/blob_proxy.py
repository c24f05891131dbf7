#!/usr/bin/env python3
"""A proxy in front of Azurite that has what Azurite lacks of Azure's blob service: README.md.

    blob_proxy.py --azurite PORT [--port PORT] [--rules JSON] [--records FILE]

Prints "port N" once it listens. Also a module: Blobs signs requests, ProxyServer is the server.
"""
import argparse
import base64
import collections
import hashlib
import hmac
import http.client
import http.server
import json
import random
import re
import socket
import struct
import sys
import threading
import time
import urllib.parse
import uuid

# The emulator's account, in Azurite's documentation.
ACCOUNT = 'devstoreaccount1'
KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='
PAGE = 512
BODY_MAX = 4 << 20
NO_POLICY = 'none'
RESET = ('reset', [], b'')


def hmac_base64(text):
    return base64.b64encode(hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()).decode()


class Blobs:
    """What the owner of the account does: by shared key, straight to Azurite."""

    def __init__(self, port):
        self.port = port
        self.policies = collections.defaultdict(dict)  # container: {id: permissions}
        self.lock = threading.Lock()

    def call(self, method, path, query, body=b'', headers=()):
        own = {'x-ms-version': '2020-10-02',
               'x-ms-date': time.strftime('%a, %d %b %Y %H:%M:%S GMT', time.gmtime()), **dict(headers)}
        canonical = ''.join(f'{k}:{v}\n' for k, v in sorted(own.items()) if k.startswith('x-ms-'))
        resource = f'/{ACCOUNT}/{ACCOUNT}/{path}' + ''.join(f'\n{k}:{v}' for k, v in sorted(query.items()))
        length = str(len(body)) if body else ''
        own['Authorization'] = f'SharedKey {ACCOUNT}:' + hmac_base64(
            f'{method}\n\n\n{length}\n\n\n\n\n\n\n\n\n{canonical}{resource}')
        own['Content-Length'] = str(len(body))
        upstream = http.client.HTTPConnection('127.0.0.1', self.port)
        upstream.request(method, f'/{ACCOUNT}/{path}?{urllib.parse.urlencode(query)}', body, own)
        answer = upstream.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()

    def make_container(self, container):
        return self.call('PUT', container, {'restype': 'container'})[0]

    def set_policies(self, container):
        ids = self.policies[container] or {NO_POLICY: 'r'}
        body = '<?xml version="1.0" encoding="utf-8"?><SignedIdentifiers>' + ''.join(
            f'<SignedIdentifier><Id>{i}</Id><AccessPolicy><Start>2020-01-01T00:00:00Z</Start>'
            f'<Expiry>2100-01-01T00:00:00Z</Expiry><Permission>{p}</Permission></AccessPolicy>'
            '</SignedIdentifier>' for i, p in ids.items()) + '</SignedIdentifiers>'
        status, _, answer = self.call('PUT', container, {'restype': 'container', 'comp': 'acl'}, body.encode())
        if status != 200:
            raise RuntimeError(f'set container acl: {status} {answer!r}')

    def grant(self, container, blob, permissions='rcw'):
        """Path and query of a SAS as managed disks have it: a stored policy, no expiry, no permissions."""
        with self.lock:
            policy = str(uuid.uuid4())
            self.policies[container][policy] = permissions
            # Azure stores five at most; those of a disk are one.
            while len(self.policies[container]) > 5:
                self.policies[container].pop(next(iter(self.policies[container])))
            self.set_policies(container)
        signed = ['', '', '', f'/blob/{ACCOUNT}/{container}/{blob}', policy, '', '', '2018-03-28', '', '', '', '', '']
        query = {'sv': '2018-03-28', 'sr': 'b', 'si': policy, 'sig': hmac_base64('\n'.join(signed))}
        return f'/{ACCOUNT}/{container}/{blob}?{urllib.parse.urlencode(query)}'

    def revoke(self, container):
        """All that was granted ends; whether anything had been."""
        with self.lock:
            had = bool(self.policies[container])
            self.policies[container].clear()
            if had:
                self.set_policies(container)
            return had


class Rules:
    """Which requests go wrong, and how: README.md."""

    def __init__(self, rules):
        self.rules = [dict(r) for r in rules]
        self.seen = collections.Counter()
        self.random = [random.Random(r.get('seed', 0)) for r in self.rules]
        self.lock = threading.Lock()

    def of(self, kind):
        """The faults of this request."""
        with self.lock:
            self.seen[kind] += 1
            self.seen['any'] += 1
            found = []
            for rule, source in zip(self.rules, self.random):
                of = rule.get('of', 'page')
                if of not in (kind, 'any') or rule.get('times', 1 << 60) <= 0:
                    continue
                hit = self.seen[of] in rule.get('at', ()) or self.seen[of] >= rule.get('from', 1 << 60)
                if 'percent' in rule:
                    hit = source.random() * 100 < rule['percent']
                if hit:
                    rule['times'] = rule.get('times', 1 << 60) - 1
                    found.append(rule)
            return found


class Report:
    def __init__(self, path):
        self.lock = threading.Lock()
        self.file = open(path, 'a', encoding='utf-8') if path else None
        self.clear()

    def clear(self):
        with self.lock:
            self.now = 0
            self.figures = {'requests': 0, 'page_writes': 0, 'page_bytes': 0, 'zero_pages': 0, 'largest': 0,
                            'parallel': 0, 'without_md5': 0, 'silent': 0, 'statuses': {}}

    def add(self, figure):
        with self.lock:
            self.figures[figure] += 1

    def enter(self):
        with self.lock:
            self.now += 1
            self.figures['parallel'] = max(self.figures['parallel'], self.now)
            return self.now

    def leave(self, record, body):
        with self.lock:
            f = self.figures
            self.now -= 1
            f['requests'] += 1
            f['statuses'][str(record['status'])] = f['statuses'].get(str(record['status']), 0) + 1
            if record['kind'] == 'page':
                f['largest'] = max(f['largest'], len(body))
                f['without_md5'] += not record['md5']
                f['zero_pages'] += sum(not any(body[i:i + PAGE]) for i in range(0, len(body), PAGE))
                if record['status'] == 201:
                    f['page_writes'] += 1
                    f['page_bytes'] += len(body)
            if self.file:
                self.file.write(json.dumps(record) + '\n')
                self.file.flush()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, format, *args):
        pass

    def upstream(self):
        if not getattr(self, 'azurite', None):
            self.azurite = http.client.HTTPConnection('127.0.0.1', self.server.blobs.port)
        return self.azurite

    def answer(self, status, headers, body):
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ('transfer-encoding', 'connection', 'content-length', 'keep-alive'):
                self.send_header(name, value)
        if self.command == 'HEAD':
            self.send_header('Content-Length', dict((n.lower(), v) for n, v in headers).get('content-length', '0'))
        else:
            self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(body)
        self.wfile.flush()

    def error(self, status, code, message, headers=()):
        body = ('<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
                f'<Error><Code>{code}</Code><Message>{message}</Message></Error>').encode()
        return (status, [('x-ms-error-code', code), ('x-ms-request-id', str(uuid.uuid4())),
                         ('Content-Type', 'application/xml'), *headers], body)

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        self.close_connection = True
        self.connection.close()

    def kind(self):
        query = urllib.parse.urlsplit(self.path).query
        comp = dict(urllib.parse.parse_qsl(query)).get('comp')
        if self.command == 'PUT':
            return comp or ('create' if self.headers.get('x-ms-blob-type') else 'put')
        return comp or self.command.lower()

    def serve(self):
        length = int(self.headers.get('Content-Length') or 0)
        body = self.rfile.read(length)
        if len(body) < length:
            # Who asked has gone.
            self.close_connection = True
            return
        if self.path.startswith('/_proxy/'):
            self.control(body)
            return
        record = {'method': self.command, 'path': urllib.parse.urlsplit(self.path).path, 'kind': self.kind(),
                  'range': self.headers.get('x-ms-range') or self.headers.get('Range'), 'bytes': len(body),
                  'md5': bool(self.headers.get('Content-MD5'))}
        record['parallel'] = self.server.report.enter()
        answer = ('broken', [], b'')
        try:
            answer = self.pass_on(record['kind'], body)
        finally:
            # Before anybody hears of it, so that who has an answer finds it in the report.
            record['status'] = answer[0]
            self.server.report.leave(record, body)
        if answer == RESET:
            self.reset()
        else:
            self.answer(*answer)

    def pass_on(self, kind, body):
        """Status, headers and body of the answer, or RESET."""
        faults = self.server.rules.of(kind)
        for fault in faults:
            what = fault['do']
            if what == 'delay':
                time.sleep(fault.get('seconds', 1))
            elif what == 'revoke':
                for container in list(self.server.blobs.policies):
                    self.server.blobs.revoke(container)
            elif what == 'damage' and body:
                at = fault.get('offset', len(body) // 2) % len(body)
                body = body[:at] + bytes([body[at] ^ 1]) + body[at + 1:]
            elif what == 'reset':
                return RESET
            elif what == 'silence':
                self.server.report.add('silent')
                time.sleep(fault.get('seconds', 3600))
                return RESET
            elif re.fullmatch('[45][0-9][0-9]', str(what)):
                retry = [('Retry-After', str(fault['retry_after']))] if 'retry_after' in fault else []
                codes = {408: 'RequestTimeout', 429: 'TooManyRequests', 500: 'InternalError', 503: 'ServerBusy',
                         404: 'BlobNotFound', 409: 'BlobArchived', 403: 'AuthorizationFailure'}
                return self.error(int(what), fault.get('code', codes.get(int(what), 'Fault')), 'As the test wants it.',
                                  retry)
        if kind == 'page' and len(body) > BODY_MAX:
            return self.error(413, 'RequestBodyTooLarge',
                              'The request body is too large and exceeds the maximum permissible limit.')
        wanted = self.headers.get('Content-MD5')
        if wanted and wanted != base64.b64encode(hashlib.md5(body).digest()).decode():
            return self.error(400, 'Md5Mismatch',
                              'The MD5 value specified in the request did not match with the MD5 value '
                              'calculated by the server.')
        headers = {n: v for n, v in self.headers.items() if n.lower() not in ('connection', 'expect')}
        try:
            self.upstream().request(self.command, self.path, body, headers)
            answer = self.upstream().getresponse()
            content = answer.read()
        except (ConnectionError, http.client.HTTPException):
            # Azurite closes what is idle.
            self.azurite = None
            self.upstream().request(self.command, self.path, body, headers)
            answer = self.upstream().getresponse()
            content = answer.read()
        if any(fault['do'] == 'reset-after' for fault in faults):
            return RESET
        return answer.status, answer.getheaders(), content

    def control(self, body):
        parts = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(parts.query))
        what = parts.path.removeprefix('/_proxy/')
        server = self.server
        text = ''
        if what == 'report':
            text = json.dumps(server.report.figures)
        elif what == 'clear':
            server.report.clear()
        elif what == 'rules':
            server.rules = Rules(json.loads(body or b'[]'))
        elif what == 'container':
            text = str(server.blobs.make_container(query['name']))
        elif what == 'grant':
            port = server.blobs.port if query.get('direct') else server.server_port
            text = f'http://127.0.0.1:{port}' + server.blobs.grant(
                query['container'], query['blob'], query.get('permissions', 'rcw'))
        elif what == 'revoke':
            text = str(server.blobs.revoke(query['container']))
        else:
            self.answer(404, [], b'')
            return
        self.answer(200, [('Content-Type', 'text/plain')], text.encode())

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = serve


class ProxyServer(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, azurite, port=0, rules=(), records=None):
        super().__init__(('127.0.0.1', port), Handler)
        self.blobs = Blobs(azurite)
        self.rules = Rules(rules)
        self.report = Report(records)

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--azurite', type=int, required=True)
    parser.add_argument('--port', type=int, default=0)
    parser.add_argument('--rules', type=json.loads, default=[])
    parser.add_argument('--records')
    options = parser.parse_args()
    server = ProxyServer(options.azurite, options.port, options.rules, options.records)
    print('port', server.server_port, flush=True)
    server.serve_forever()


if __name__ == '__main__':
    main()
