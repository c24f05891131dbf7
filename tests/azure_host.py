"""Azure's metadata service and wire server, for one machine: azure_host.py METADATA WIRE-SERVER FOLDER

Listens on port 80 of both addresses. What they answer is in FOLDER: one word a line in "metadata" and "wire", for
one request after the other, the last for all that follow: good, slow (a byte at a time), endless, silent (nothing,
for ever), garbage, or a status. "user-data" is the text that the machine is given. Of each request "log" gets a
line: SERVICE METHOD PATH WORD; of each report, as a parser of XML reads it, one more: health STATE SUBSTATUS
DESCRIPTION.
"""
import base64, os, socketserver, sys, threading, time
import xml.etree.ElementTree as ElementTree

METADATA = '/metadata/instance/compute/userData?api-version=2021-01-01&format=text'
NAMES = {'GoalStateIncarnation': '7', 'ContainerId': 'c6d5526c-5ac2-4200-b6e2-56f2b70c5ab2',
         'InstanceId': 'b61f93d0-e1ed-40b2-b067-22c243233448.node'}
GOAL_STATE = '''\ufeff<?xml version="1.0" encoding="utf-8"?>
<GoalState xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="goalstate10.xsd">
  <Version>2012-11-30</Version>
  <Incarnation>%(GoalStateIncarnation)s</Incarnation>
  <Machine><ExpectedState>Started</ExpectedState><LBProbePorts><Port>16001</Port></LBProbePorts></Machine>
  <Container>
    <ContainerId>%(ContainerId)s</ContainerId>
    <RoleInstanceList>
      <RoleInstance>
        <InstanceId>%(InstanceId)s</InstanceId>
        <State>Started</State>
        <Configuration>
          <SharedConfig>http://168.63.129.16:80/machine/a/b?comp=config&amp;type=sharedConfig&amp;incarnation=7</SharedConfig>
        </Configuration>
      </RoleInstance>
    </RoleInstanceList>
  </Container>
</GoalState>
''' % NAMES

folder = sys.argv[3]
lock = threading.Lock()
asked = {'metadata': 0, 'wire': 0}


def next_word(service, line):
    with lock, open(os.path.join(folder, 'log'), 'a') as log:
        words = open(os.path.join(folder, service)).read().split()
        word = words[min(asked[service], len(words) - 1)]
        asked[service] += 1
        print(service, line, word, file=log)
    return word


def log_health(body):
    health = ElementTree.fromstring(body)
    if any(health.findtext('.//' + name) != value for name, value in NAMES.items()):
        return False
    texts = [health.findtext('.//' + name, '') for name in ('State', 'SubStatus', 'Description')]
    with lock, open(os.path.join(folder, 'log'), 'a') as log:
        print('health', *texts, file=log)
    return True


class Connection(socketserver.StreamRequestHandler):
    def good(self, method, path, headers, body):
        if self.server.service == 'metadata':
            text = open(os.path.join(folder, 'user-data'), 'rb').read()
            return base64.b64encode(text) if (method, path) == ('GET', METADATA) and headers.get('metadata') == 'true' else None
        if headers.get('x-ms-version') != '2012-11-30':
            return None
        if (method, path) == ('GET', '/machine/?comp=goalstate'):
            return GOAL_STATE.encode()
        return b'' if (method, path) == ('POST', '/machine?comp=health') and log_health(body) else None

    def handle(self):
        line = self.rfile.readline().decode().split()
        if len(line) != 3:
            return  # somebody who only looks whether it can be reached
        headers = {}
        while (header := self.rfile.readline().decode().strip()):
            name, _, value = header.partition(':')
            headers[name.lower()] = value.strip()
        body = self.rfile.read(int(headers.get('content-length', 0)))
        word = next_word(self.server.service, ' '.join(line[:2]))
        try:
            self.answer(word, line[0], line[1], headers, body)
        except OSError:
            pass  # it has heard enough

    def answer(self, word, method, path, headers, body):
        if word == 'silent':
            time.sleep(86400)
        elif word == 'garbage':
            self.wfile.write(b'SSH-2.0-nobody\r\n\r\n' + os.urandom(4096))
        elif word == 'endless':
            self.wfile.write(b'HTTP/1.1 200 OK\r\n\r\n')
            while True:
                self.wfile.write(b'A' * 1000)
                time.sleep(0.2)
        elif word.isdigit():
            self.wfile.write(b'HTTP/1.1 %s No\r\nContent-Length: 2\r\n\r\nno' % word.encode())
        else:
            content = self.good(method, path, headers, body)
            if content is None:
                self.wfile.write(b'HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n')
                return
            answer = b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s' % (len(content), content)
            for i in range(0, len(answer), 1 if word == 'slow' else len(answer)):
                self.wfile.write(answer[i:i + (1 if word == 'slow' else len(answer))])
                self.wfile.flush()
                time.sleep(0.01 if word == 'slow' else 0)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


servers = []
for service, address in zip(('metadata', 'wire'), sys.argv[1:3]):
    servers.append(Server((address, 80), Connection))
    servers[-1].service = service
for server in servers:
    threading.Thread(target=server.serve_forever).start()
