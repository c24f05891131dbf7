"""Scans a VM from the other end of its network card: port_scan.py MINE ITS [NETWORK [WAIT [FAMILIES [PROTOCOL]]]]

MINE and ITS are the two sockets of QEMU's "-netdev dgram" with unix addresses, seen from here. Answers DHCP and
ARP (as 10.0.NETWORK.2, 2 if not given), waits until the TCP ports WAIT (8545,8745 if not given) are open, and asks every port
of TCP and UDP (or of PROTOCOL alone) by IPv4 and by IPv6 (link-local; FAMILIES: 4, 6 or 46). Prints one line for each port that answers,
"ipv4 tcp 8545 open", or "closed" where the firewall lets in what nobody listens to, then "end". Ports that are
silent are not printed. That they were asked is seen by a ping behind every few hundred of them: the card keeps the
order, and what was sent before a ping that is answered has arrived.
"""
import os, select, socket, struct, sys, time

NETWORK = int(sys.argv[3]) if len(sys.argv) > 3 else 2
WAIT = [int(port) for port in (sys.argv[4] if len(sys.argv) > 4 else '8545,8745').split(',')]
MAC, IP4, GUEST4 = b'\x52\x55\x0a\x00\x02\x02', bytes([10, 0, NETWORK, 2]), bytes([10, 0, NETWORK, 15])
IP6 = bytes.fromhex('fe800000000000005055 0afffe000202'.replace(' ', ''))
FAMILIES = [int(family) for family in (sys.argv[5] if len(sys.argv) > 5 else '46')]
PROTOCOLS = sys.argv[6:7] or ['tcp', 'udp']
BLOCK, TRIES, GIVE_UP = 512, 10, 900
# A kernel does not answer twice in half a second for one pair of ports: others than those of the waiting, and of
# another scan.
ASKING, WAITING = 40000 + os.getpid() % 10000, 50000 + os.getpid() % 10000
SYN, RST_ACK, SYN_ACK = 0x02, 0x14, 0x12


def ones_sum(data):
    if len(data) % 2:
        data += b'\0'
    return sum(struct.unpack('>%dH' % (len(data) // 2), data))


def folded(total):
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def checksum(data):
    return folded(ones_sum(data))


def ipv4(protocol, to, payload, source=IP4):
    head = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0, source, to)
    return head[:10] + struct.pack('>H', checksum(head)) + head[12:] + payload


def ipv6(protocol, to, payload, hops=64):
    return struct.pack('>IHBB', 6 << 28, len(payload), protocol, hops) + IP6 + to + payload


def pseudo(source, to, protocol, payload):
    return source + to + struct.pack('>IBBBB', len(payload), 0, 0, 0, protocol) if len(to) == 16 else \
        source + to + struct.pack('>BBH', 0, protocol, len(payload))


def with_sum(source, to, protocol, payload, at):
    value = checksum(pseudo(source, to, protocol, payload) + payload)
    return payload[:at] + struct.pack('>H', value) + payload[at + 2:]


class Guest:
    def __init__(self, mine, its):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(mine)
        self.its = its
        self.mac = self.address6 = None
        self.answers = {}
        self.up = set()
        self.pings, self.pong = 0, None

    def frame(self, kind, payload):
        return (self.mac or b'\xff' * 6) + MAC + struct.pack('>H', kind) + payload

    def send(self, kind, payload):
        self.send_frame(self.frame(kind, payload))

    def send_frame(self, frame):
        try:
            self.socket.sendto(frame, self.its)
        except OSError:
            time.sleep(0.05)

    def dhcp(self, request):
        kind = None
        options = request[240:]
        while options and options[0] != 255:
            if options[0] == 53:
                kind = options[2]
            options = options[2 + options[1]:] if options[0] else options[1:]
        if kind not in (1, 3):
            return
        reply = b'\x02' + request[1:12] + bytes(4) + GUEST4 + IP4 + request[24:236] + request[236:240]
        reply += bytes([53, 1, 2 if kind == 1 else 5, 54, 4]) + IP4 + b'\x33\x04\0\1\x51\x80\x01\x04\xff\xff\xff\0\xff'
        udp = struct.pack('>HHHH', 67, 68, 8 + len(reply), 0) + reply
        self.send(0x800, ipv4(17, GUEST4, udp))

    def ask_mac(self):
        self.send(0x806, struct.pack('>HHBBH', 1, 0x800, 6, 4, 1) + MAC + IP4 + bytes(6) + GUEST4)

    def frames(self, family, protocol, ports, mine=ASKING):
        """Frames that ask ports: all the same but for the port, at 2, and the checksum."""
        source, to = (IP4, GUEST4) if family == 4 else (IP6, self.address6)
        number, at = (6, 16) if protocol == 'tcp' else (17, 6)
        payload = struct.pack('>HHIIBBHHH', mine, 0, 1, 0, 0x50, SYN, 65535, 0, 0) if protocol == 'tcp' else \
            struct.pack('>HHHH', mine, 0, 12, 0) + b'scan'
        total = ones_sum(pseudo(source, to, number, payload) + payload)
        frame = self.frame(0x800 if family == 4 else 0x86dd, (ipv4 if family == 4 else ipv6)(number, to, payload))
        begin = len(frame) - len(payload)
        head, middle, tail = frame[:begin + 2], frame[begin + 4:begin + at], frame[begin + at + 2:]
        # A sum of zero would say that there is none.
        return [head + struct.pack('>H', port) + middle + struct.pack('>H', folded(total + port) or 0xffff) + tail
                for port in ports]

    def ping(self, family):
        self.pings = (self.pings + 1) % 65536
        echo = struct.pack('>BBHHH', 8 if family == 4 else 128, 0, 0, 0, self.pings)
        if family == 4:
            self.send(0x800, ipv4(1, GUEST4, echo[:2] + struct.pack('>H', checksum(echo)) + echo[4:]))
        else:
            self.send(0x86dd, ipv6(58, self.address6, with_sum(IP6, self.address6, 58, echo, 2)))

    def take_pong(self, echo):
        self.pong = struct.unpack('>H', echo[6:8])[0]

    def take_tcp(self, family, segment):
        port, to, flags = *struct.unpack('>HH', segment[:4]), segment[13]
        if to == WAITING and flags & 0x3f == SYN_ACK:
            self.up.add(port)
        if to == ASKING and flags & 0x3f in (SYN_ACK, RST_ACK):
            self.answers[family, 'tcp', port] = 'open' if flags & 0x3f == SYN_ACK else 'closed'

    def take_unreachable(self, family, datagram):
        """Of an ICMP error: the datagram that nobody wanted."""
        source, port = struct.unpack('>HH', datagram[:4])
        if source == ASKING:
            self.answers[family, 'udp', port] = 'closed'

    def take6(self, packet):
        protocol, source, payload = packet[6], packet[8:24], packet[40:]
        if source[:8] == bytes.fromhex('fe80000000000000'):
            self.address6 = source
        if protocol == 6:
            self.take_tcp(6, payload)
        elif protocol == 58 and payload[0] == 129:
            self.take_pong(payload)
        elif protocol == 58 and payload[0] == 1 and payload[8 + 6] == 17:
            self.take_unreachable(6, payload[8 + 40:])
        elif protocol == 58 and payload[0] == 135 and payload[8:24] == IP6:
            answer = b'\x88\0\0\0\x60\0\0\0' + IP6 + b'\x02\x01' + MAC
            self.send(0x86dd, ipv6(58, source, with_sum(IP6, source, 58, answer, 2), 255))

    def receive(self, seconds):
        while select.select([self.socket], [], [], seconds)[0]:
            seconds = 0
            frame = self.socket.recv(65536)
            kind, packet = frame[12:14], frame[14:]
            self.mac = frame[6:12]
            if kind == b'\x08\x06' and packet[24:28] == IP4 and packet[7] == 1:
                self.send(0x806, packet[:6] + b'\0\2' + MAC + IP4 + packet[8:18])
            elif kind == b'\x08\0' and packet[9] == 17 and packet[22:24] == b'\0\x43':
                self.dhcp(packet[28:])
            elif kind == b'\x08\0' and packet[9] == 6:
                self.take_tcp(4, packet[20:])
            elif kind == b'\x08\0' and packet[9] == 1 and packet[20] == 0:
                self.take_pong(packet[20:])
            elif kind == b'\x08\0' and packet[9] == 1 and packet[20:22] == b'\3\3' and packet[28 + 9] == 17:
                self.take_unreachable(4, packet[28 + 20:])
            elif kind == b'\x86\xdd':
                self.take6(packet)


def ask_block(guest, family, protocol, ports):
    frames = guest.frames(family, protocol, ports)
    for _ in range(TRIES):
        for frame in frames:
            guest.send_frame(frame)
        guest.ping(family)
        end = time.monotonic() + 5
        while time.monotonic() < end:
            guest.receive(0.05)
            if guest.pong == guest.pings:
                return
        print('port_scan: no answer to ping %d: asked again' % guest.pings, file=sys.stderr)
    sys.exit('port_scan: the VM does not answer pings')


def scan(guest, family, protocol):
    for start in range(1, 65536, BLOCK):
        ask_block(guest, family, protocol, range(start, min(start + BLOCK, 65536)))
    for port in range(1, 65536):
        if (family, protocol, port) in guest.answers:
            print('ipv%d %s %d %s' % (family, protocol, port, guest.answers[family, protocol, port]))


def main():
    guest = Guest(sys.argv[1], sys.argv[2])
    end = time.monotonic() + GIVE_UP
    while not guest.up.issuperset(WAIT) or (6 in FAMILIES and not guest.address6):
        if time.monotonic() > end:
            sys.exit('port_scan: of the ports %s only %s open, or there is no address of IPv6' % (WAIT, guest.up))
        guest.receive(0.5)
        if not os.path.exists(sys.argv[2]):
            continue
        if not guest.mac:
            guest.ask_mac()
        else:
            for port in WAIT:
                if port not in guest.up:
                    guest.send_frame(guest.frames(4, 'tcp', [port], WAITING)[0])
    for family in FAMILIES:
        for protocol in PROTOCOLS:
            scan(guest, family, protocol)
    print('end')


main()
