"""Makes the network card tap0 of this network namespace, for port_scan.py: tap_bridge.py MINE ITS

Plays QEMU's "-netdev dgram" with unix addresses: each packet of the card is a datagram to ITS, and back.
"""
import fcntl, os, select, socket, struct, sys

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454ca, 2, 0x1000

card = os.open('/dev/net/tun', os.O_RDWR)
fcntl.ioctl(card, TUNSETIFF, struct.pack('16sH', b'tap0', IFF_TAP | IFF_NO_PI))
wire = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
wire.bind(sys.argv[1])
while True:
    for ready in select.select([card, wire], [], [])[0]:
        try:
            if ready is card:
                wire.sendto(os.read(card, 65536), sys.argv[2])
            else:
                os.write(card, wire.recv(65536))
        except OSError:
            pass  # nobody listens yet, or the card is not up yet
