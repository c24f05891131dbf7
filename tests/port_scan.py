"""Scans a VM from the other end of its network card: port_scan.py MINE ITS

MINE and ITS are the two sockets of QEMU's "-netdev dgram" with unix addresses, seen from here. Answers DHCP and
ARP, waits until TCP port 8545 is open, asks every TCP port by IPv4 and by IPv6 (link-local), and prints the open
ones: "ipv4 8545", one a line, then "end". Ports that do not answer at all are printed as "ipv4 silent N".
"""
import os, select, socket, struct, sys, time

MAC, IP4, GUEST4 = b'\x52\x55\x0a\x00\x02\x02', bytes([10, 0, 2, 2]), bytes([10, 0, 2, 15])
IP6 = bytes.fromhex('fe800000000000005055 0afffe000202'.replace(' ', ''))
WINDOW, TRIES, GIVE_UP = 32, 4, 900
SYN, RST_ACK, SYN_ACK = 0x02, 0x14, 0x12


def checksum(data):
    if len(data) % 2:
        data += b'\0'
    total = sum(struct.unpack('>%dH' % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


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

    def send(self, kind, payload):
        frame = (self.mac or b'\xff' * 6) + MAC + struct.pack('>H', kind) + payload
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

    def tcp(self, family, port):
        source, to = (IP4, GUEST4) if family == 4 else (IP6, self.address6)
        segment = struct.pack('>HHIIBBHHH', 40000, port, 1, 0, 0x50, SYN, 65535, 0, 0)
        segment = with_sum(source, to, 6, segment, 16)
        self.send(0x800 if family == 4 else 0x86dd, (ipv4 if family == 4 else ipv6)(6, to, segment))

    def take_tcp(self, family, segment):
        port, to, flags = *struct.unpack('>HH', segment[:4]), segment[13]
        if to == 40000 and flags & 0x3f in (SYN_ACK, RST_ACK):
            self.answers[family, port] = flags & 0x3f

    def take6(self, packet):
        protocol, source, payload = packet[6], packet[8:24], packet[40:]
        if source[:8] == bytes.fromhex('fe80000000000000'):
            self.address6 = source
        if protocol == 6:
            self.take_tcp(6, payload)
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
            elif kind == b'\x86\xdd':
                self.take6(packet)


def scan(guest, family):
    left = list(range(1, 65536))
    for _ in range(TRIES):
        for start in range(0, len(left), WINDOW):
            window = left[start:start + WINDOW]
            for port in window:
                guest.tcp(family, port)
            end = time.monotonic() + 2
            while time.monotonic() < end and any((family, port) not in guest.answers for port in window):
                guest.receive(0.05)
        left = [port for port in left if (family, port) not in guest.answers]
        if not left:
            break
    for port in range(1, 65536):
        if guest.answers.get((family, port)) == SYN_ACK:
            print('ipv%d %d' % (family, port))
    if left:
        print('ipv%d silent %d' % (family, len(left)))


def main():
    guest = Guest(sys.argv[1], sys.argv[2])
    end = time.monotonic() + GIVE_UP
    while guest.answers.get((4, 8545)) != SYN_ACK or not guest.address6:
        if time.monotonic() > end:
            sys.exit('port_scan: port 8545 does not open, or there is no address of IPv6')
        guest.receive(0.5)
        if guest.mac and os.path.exists(sys.argv[2]):
            guest.tcp(4, 8545)
    guest.answers.clear()
    scan(guest, 4)
    scan(guest, 6)
    print('end')


main()
