#!/usr/bin/env python3
"""Stands between QEMU and swtpm as a host that uses the machine's TPM: extends a register when firmware has
started the TPM, before anything is measured.

tpm_proxy.py LISTEN SWTPM REGISTER TEXT     control sockets; extends by SHA-256 and SHA-384 of TEXT
"""
import array
import hashlib
import os
import socket
import struct
import sys
import threading

STARTUP = 0x144
EXTEND = 0x182
# Of a command or response: TPMs take a few KiB.
MESSAGE_MAX = 65536


def extend_command(register, text):
    """TPM2_PCR_Extend with the empty password (TPM 2.0 Library, part 3, 22.2)."""
    session = struct.pack('>IHBH', 0x40000009, 0, 0, 0)
    digests = struct.pack('>I', 2)
    digests += struct.pack('>H', 0x000b) + hashlib.sha256(text).digest()
    digests += struct.pack('>H', 0x000c) + hashlib.sha384(text).digest()
    body = struct.pack('>I', register) + struct.pack('>I', len(session)) + session + digests
    return struct.pack('>HII', 0x8002, 10 + len(body), EXTEND) + body


def read_message(s):
    head = s.recv(6, socket.MSG_WAITALL)
    if len(head) < 6:
        return None
    size = struct.unpack('>HI', head)[1]
    return head + (s.recv(size - 6, socket.MSG_WAITALL) if 6 < size <= MESSAGE_MAX else b'')


def pass_commands(machine, tpm, command):
    while True:
        message = read_message(machine)
        if message is None:
            break
        tpm.sendall(message)
        answer = read_message(tpm)
        if answer is None:
            break
        if struct.unpack('>I', message[6:10])[0] == STARTUP and answer[6:10] == bytes(4):
            tpm.sendall(command)
            print('extended: %s' % read_message(tpm)[6:10].hex(), flush=True)
        machine.sendall(answer)
    machine.close()
    tpm.close()


def pass_answers(control, machine):
    try:
        while data := control.recv(MESSAGE_MAX):
            machine.sendall(data)
    except OSError:
        pass  # The machine has ended.


def pass_control(machine, path, command):
    """Forwards both ways; in the place of the machine's data channel the TPM gets one of ours."""
    control = None
    while True:
        data, ancillary, _, _ = machine.recvmsg(MESSAGE_MAX, socket.CMSG_SPACE(4))
        if not data:
            break
        # Whoever only looks whether somebody listens is not for swtpm, which serves one at a time.
        if not control:
            control = socket.socket(socket.AF_UNIX)
            control.connect(path)
            threading.Thread(target=pass_answers, args=(control, machine), daemon=True).start()
        given = []
        for _, _, fds in ancillary:
            mine, theirs = socket.socketpair()
            theirs_of_machine = socket.socket(fileno=struct.unpack('i', fds[:4])[0])
            threading.Thread(target=pass_commands, args=(theirs_of_machine, mine, command), daemon=True).start()
            given.append((socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [theirs.fileno()])))
        control.sendmsg([data], given)
    if control:
        # Closed alone, it would stay open for the thread that reads from it.
        control.shutdown(socket.SHUT_RDWR)
        control.close()


def main():
    listen, path, register, text = sys.argv[1:]
    server = socket.socket(socket.AF_UNIX)
    server.bind(listen + '.new')
    os.chmod(listen + '.new', 0o600)
    server.listen()
    # There as soon as somebody listens.
    os.rename(listen + '.new', listen)
    while True:
        machine, _ = server.accept()
        threading.Thread(target=pass_control, args=(machine, path, extend_command(int(register), text.encode())),
                         daemon=True).start()


main()
