"""Leaves a driver for firmware to start, as any system that runs in a VM may: the variables Driver0000 and
DriverOrder (UEFI 2.10, 3.1.3), and a file of the ESP.

usage: efi_driver.py variables VARS.fd DISK.raw PATH	adds the variables, for \\PATH on the disk's first partition
       efi_driver.py driver PROGRAM.efi OUT.efi		makes a driver of an application
"""
import struct
import sys
import uuid

GLOBAL = uuid.UUID('8be4df61-93ca-11d2-aa0d-00e098032b8c').bytes_le


def add(store, at, name, data):
    """A record of an authenticated variable store (MdeModulePkg/Include/Guid/VariableFormat.h of EDK2)."""
    text = (name + '\0').encode('utf-16le')
    record = struct.pack('<HBBIQ16sIII16s', 0x55aa, 0x3f, 0, 7, 0, bytes(16), 0, len(text), len(data), GLOBAL)
    record += text + data
    store[at:at + len(record)] = record
    return at + (len(record) + 3 & ~3)


def end_of_records(store):
    at = struct.unpack_from('<H', store, 0x30)[0] + 28  # behind the headers of volume and store
    while struct.unpack_from('<H', store, at)[0] == 0x55aa:
        name, data = struct.unpack_from('<II', store, at + 36)
        at = at + 60 + name + data + 3 & ~3
    return at


def device_path(disk, path):
    with open(disk, 'rb') as f:
        f.seek(1024)
        entry = f.read(128)
    first, last = struct.unpack_from('<QQ', entry, 32)
    text = ('\\' + path + '\0').encode('utf-16le')
    return (struct.pack('<BBHIQQ16sBB', 4, 1, 42, 1, first, last - first + 1, entry[16:32], 2, 2) +
            struct.pack('<BBH', 4, 4, 4 + len(text)) + text + b'\x7f\xff\x04\0')


def variables(file, disk, path):
    store = bytearray(open(file, 'rb').read())
    where = device_path(disk, path)
    option = struct.pack('<IH', 1, len(where)) + 'driver\0'.encode('utf-16le') + where
    at = add(store, end_of_records(store), 'Driver0000', option)
    add(store, at, 'DriverOrder', struct.pack('<H', 0))
    open(file, 'wb').write(store)


def driver(program, out):
    pe = bytearray(open(program, 'rb').read())
    struct.pack_into('<H', pe, struct.unpack_from('<I', pe, 0x3c)[0] + 24 + 68, 11)  # Subsystem: boot services driver
    open(out, 'wb').write(pe)


{'variables': variables, 'driver': driver}[sys.argv[1]](*sys.argv[2:])
