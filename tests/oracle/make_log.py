"""Makes the event log of the boot that a prediction tells of.

make_log.py < measurement.json > eventlog.bin     of a TPM with a SHA-256 bank

The data of the events is what real firmware, stub and kernel write, as far as the explanation of logs reads
it; the text of a command line and the number of a profile are given: make_log.py TEXT PROFILE.
"""
import json
import re
import struct
import sys

TYPES = {'EV_SEPARATOR': 4, 'EV_EVENT_TAG': 6, 'EV_IPL': 13, 'EV_EFI_BOOT_SERVICES_APPLICATION': 0x80000003,
         'EV_EFI_VARIABLE_DRIVER_CONFIG': 0x80000001, 'EV_EFI_GPT_EVENT': 0x80000006, 'EV_EFI_ACTION': 0x80000007}
SHA256 = 11


def wide(text):
    return (text + '\0').encode('utf-16-le')


def tag(number, data):
    return struct.pack('<II', number, len(data)) + data


def data_of(event, text, profile):
    what = event['description']
    section = re.search(r"section '(\.[a-z]+)'", what)
    if event['type'] == 'EV_IPL':
        return wide(section.group(1)) if section else wide(text)
    if event['type'] == 'EV_EVENT_TAG':
        if what.startswith('profile'):
            return tag(0x13aed6db, wide(profile))
        if what.startswith('Linux initrd'):
            return tag(0x8f3b22ec, b'Linux initrd\0')
        return tag(0x8f3b22ed, b'LOADED_IMAGE::LoadOptions\0')
    if event['type'] == 'EV_EFI_ACTION':
        return re.search('"(.*)"', what).group(1).encode()
    return bytes(4) if event['type'] == 'EV_SEPARATOR' else bytes(32)


def main():
    text, profile = sys.argv[1:3]
    spec = b'Spec ID Event03\0' + bytes([0, 0, 0, 0, 0, 2, 0, 2]) + struct.pack('<IHHB', 1, SHA256, 32, 0)
    log = struct.pack('<II', 0, 3) + bytes(20) + struct.pack('<I', len(spec)) + spec
    for event in json.load(sys.stdin)['events']:
        data = data_of(event, text, profile)
        log += struct.pack('<IIIH', event['pcr'], TYPES[event['type']], 1, SHA256)
        log += bytes.fromhex(event['sha256']) + struct.pack('<I', len(data)) + data
    for action in (b'Exit Boot Services Invocation', b'Exit Boot Services Returned with Success'):
        # An image alone does not predict PCR 5, but a log without its end is told of.
        log += struct.pack('<IIIH', 5, TYPES['EV_EFI_ACTION'], 1, SHA256) + bytes(32)
        log += struct.pack('<I', len(action)) + action
    sys.stdout.buffer.write(log)


main()
