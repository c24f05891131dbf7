#!/usr/bin/env python3
"""A source of checkpoints, of a test's own: HTTPS on a port of loopback that it prints.

beacon_source.py CERTIFICATE KEY NETWORK EPOCH:ROOT...     the n-th question for what is finalised gets the n-th
                                                          answer, later ones the last; "slow" never answers
"""
import http.server
import json
import ssl
import sys
import time


class Source(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        if self.path.endswith('/eth/v1/beacon/genesis'):
            data = {'genesis_time': '1', 'genesis_validators_root': self.server.network}
        elif self.path.endswith('/eth/v1/beacon/states/head/finality_checkpoints'):
            answers = self.server.answers
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
            if answer == 'slow':
                time.sleep(60)
            epoch, root = answer.split(':')
            data = {'finalized': {'epoch': epoch, 'root': root}, 'current_justified': {}}
        else:
            self.send_error(404)
            return
        body = json.dumps({'data': data}).encode()
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        pass  # Clients that refuse the certificate, or do not wait.


def main():
    certificate, key, network, *answers = sys.argv[1:]
    server = Server(('127.0.0.1', 0), Source)
    server.network, server.answers = network, answers
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    print(server.server_port, flush=True)
    server.serve_forever()


main()
