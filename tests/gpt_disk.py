"""Disks with partition tables that firmware takes, though not made as tdnode makes them.

gpt_disk.py KIND ESP DISK    writes a disk with the file system ESP as its EFI system partition

The tables are written here field by field, and PCR 5 is computed by hand, as TCG's firmware profile says
(EV_EFI_GPT_EVENT).
"""
import hashlib
import struct
import sys
import uuid
import zlib

MIB = 1 << 20
ESP_TYPE = 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b'
LINUX_TYPE = '0fc63daf-8483-4772-8e79-3d69d8477de4'


class Disk:
    """A disk with an EFI system partition and one more; `entries` may be changed before write()."""

    def __init__(self, esp, sector=512, entry_size=128):
        self.esp, self.sector, self.entry_size, self.slots = esp, sector, entry_size, 128
        self.first = MIB // sector
        self.sectors = (len(esp) + 4 * MIB) // sector
        self.array_sectors = -(-self.slots * entry_size // sector)
        self.last = self.sectors - self.array_sectors - 2
        self.alternate = self.sectors - 1
        end = self.first + len(esp) // sector
        self.entries = [[ESP_TYPE, 1, self.first, end - 1, 0], [LINUX_TYPE, 2, end, end + 7, 0]]
        self.mbr, self.size = (0, 0xee, 1), self.sectors * sector

    def array(self):
        used = b''.join(
            (uuid.UUID(kind).bytes_le + unique.to_bytes(16, 'big') + struct.pack('<QQQ', first, last, attributes)
             + 'name'.encode('utf-16le')).ljust(self.entry_size, b'\0')
            for kind, unique, first, last, attributes in self.entries)
        return used.ljust(self.slots * self.entry_size, b'\0')

    def header(self, own, other, array):
        h = struct.pack('<8sIIIIQQQQ16sQIII', b'EFI PART', 0x10000, 92, 0, 0, own, other, 2 + self.array_sectors,
                        self.last, b'\x99' * 16, array, self.slots, self.entry_size, zlib.crc32(self.array()))
        return h[:16] + struct.pack('<I', zlib.crc32(h)) + h[20:]

    def write(self, path):
        flag, kind, start = self.mbr
        with open(path, 'wb') as f:
            f.seek(446)
            f.write(struct.pack('<BBBBBBBBII', flag, 0, 2, 0, kind, 255, 255, 255, start, self.sectors - 1))
            for own, other, array in ((1, self.alternate, 2), (self.sectors - 1, 1, self.last + 1)):
                f.seek(own * self.sector)
                f.write(self.header(own, other, array))
                f.seek(array * self.sector)
                f.write(self.array())
            f.seek(self.first * self.sector)
            f.write(self.esp)
            f.truncate(self.size)

    def pcr_5(self):
        header = self.header(1, self.alternate, 2)
        used = b''.join(self.array()[i * self.entry_size:(i + 1) * self.entry_size]
                        for i in range(len(self.entries)))
        table = header + struct.pack('<Q', len(self.entries)) + used
        register = bytes(32)
        for event in (bytes(4), table, b'Exit Boot Services Invocation', b'Exit Boot Services Returned with Success'):
            register = hashlib.sha256(register + hashlib.sha256(event).digest()).digest()
        return register.hex()


def no_backup(esp):
    disk = Disk(esp)
    disk.size -= 33 * 512
    return disk


def backup_elsewhere(esp):
    disk = Disk(esp)
    disk.alternate = 999999999
    return disk


def same_guid(esp):
    disk = Disk(esp)
    disk.entries[1][1] = disk.entries[0][1] = 0
    return disk


def bootable_mbr(esp):
    disk = Disk(esp)
    disk.mbr = (0x80, 0xee, 1)
    return disk


def outside(esp):
    disk = Disk(esp)
    disk.entries.append([LINUX_TYPE, 3, disk.last + 1, disk.last + 8, 0])
    return disk


def overlap(esp):
    disk = Disk(esp)
    disk.entries += [[LINUX_TYPE, 3, disk.last - 8, disk.last, 0], [ESP_TYPE, 4, disk.last, disk.last, 0]]
    return disk


def hidden(esp):
    disk = Disk(esp)
    disk.entries.append([ESP_TYPE, 3, disk.last, disk.last, 2])
    return disk


KINDS = {
    'usual': Disk,
    'sectors-of-4096': lambda esp: Disk(esp, sector=4096),
    'entries-of-256': lambda esp: Disk(esp, entry_size=256),
    'no-backup': no_backup,
    'backup-elsewhere': backup_elsewhere,
    'same-guid': same_guid,
    'bootable-mbr': bootable_mbr,
    'outside': outside,
    'overlap': overlap,
    'hidden': hidden,
}

if __name__ == '__main__':
    with open(sys.argv[2], 'rb') as f:
        KINDS[sys.argv[1]](f.read()).write(sys.argv[3])
