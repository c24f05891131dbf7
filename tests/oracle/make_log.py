"""Makes the event log of the boot that a prediction tells of.

make_log.py TEXT PROFILE < measurement.json > eventlog.bin        of a TPM with a SHA-256 bank
make_log.py TEXT PROFILE tdx < measurement.json > eventlog.bin    of a TDX module

The data of the events is what real firmware, stub and kernel write, as far as the explanation of logs reads
it; the text of a command line and the number of a profile are given.
"""
import json
import re
import struct
import sys

TYPES = {'EV_SEPARATOR': 4, 'EV_EVENT_TAG': 6, 'EV_IPL': 13, 'EV_EFI_BOOT_SERVICES_APPLICATION': 0x80000003,
         'EV_EFI_VARIABLE_DRIVER_CONFIG': 0x80000001, 'EV_EFI_GPT_EVENT': 0x80000006, 'EV_EFI_ACTION': 0x80000007}
# Algorithm, size of its digests, name in the prediction.
TPM, TDX = (11, 32, 'sha256'), (12, 48, 'sha384')
EXIT = (b'Exit Boot Services Invocation', b'Exit Boot Services Returned with Success')


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


def register_of(event, bank):
    """A number as logs have it: a PCR, or 1 to 4 for RTMR0 to 3. None if the event goes elsewhere."""
    if bank is TPM:
        return event.get('pcr')
    return event['rtmr'] + 1 if 'rtmr' in event else None


def main():
    text, profile = sys.argv[1:3]
    bank = TDX if sys.argv[3:] == ['tdx'] else TPM
    algorithm, size, name = bank
    spec = b'Spec ID Event03\0' + bytes([0, 0, 0, 0, 0, 2, 0, 2]) + struct.pack('<IHHB', 1, algorithm, size, 0)
    log = struct.pack('<II', bank is TDX, 3) + bytes(20) + struct.pack('<I', len(spec)) + spec
    events = json.load(sys.stdin)['events']
    for event in events:
        data = data_of(event, text, profile)
        if register_of(event, bank) is None:
            continue
        log += struct.pack('<IIIH', register_of(event, bank), TYPES[event['type']], 1, algorithm)
        log += bytes.fromhex(event[name]) + struct.pack('<I', len(data)) + data
    # An image alone does not predict PCR 5, but a log without its end is told of.
    for action in () if any(EXIT[0].decode() in event['description'] for event in events) else EXIT:
        log += struct.pack('<IIIH', 2 if bank is TDX else 5, TYPES['EV_EFI_ACTION'], 1, algorithm) + bytes(size)
        log += struct.pack('<I', len(action)) + action
    sys.stdout.buffer.write(log)


main()
