# shellcheck shell=bash
# Sourced by tests that boot, after image.sh.
#
#   run_vm DIR OPTIONS...    "tdnode run" of the devnet image (or $VM_IMAGE) in DIR (a folder of artefacts) as an instance
#                            of this test's own, on free ports: $RPC_PORT, $ATTEST_PORT and $SSH_PORT
#   shared_boot              a checked boot of the devnet image, which makes a disk: one for all tests. $SHARED_BOOT has its
#                            log ($SHARED_LOG), picture (boot.svg), what it printed (out), and is nobody's to change
#   take_shared_boot         the same, and this test goes on with its instance "data" and its disk, as $WORK/data.qcow2
#   wait_for_ssh             waits until the debug image answers SSH
#   in_vm COMMAND            runs a command in the debug image
#   reached SECONDS USER@ADDRESS:PORT...
#                            which of them users of the debug image reach, in a line, and "end". All are tried at once:
#                            what drops packets is known by nothing but the time that goes by
#   register_of BANK SEPARATOR [CONFIGURATION]
#                            register 8 after a configuration: H(H(zeros || H(configuration)) || H(separator)), by nothing of
#                            ours; the separator is 0, or 1 where it was refused
#   read_register BANK PCR   a register, as the guest of the last run read it
#   longest_configuration    a text of the most bytes that a configuration may have, which says HOSTNAME=long
#   qemu_with_scanned_card SOCKETS [SHELL-WORDS]
#                            puts a QEMU into $WORK/bin whose VM has a second network card, for tests/port_scan.py at
#                            the folder SOCKETS, and SHELL-WORDS as further options
#   no_process_left          checks that nothing of the instance still runs
#   console                  the console of the last run

export XDG_STATE_HOME=$WORK/state

RPC_PORT=$(free_port)
ATTEST_PORT=$(free_port)
SSH_PORT=$(free_port)

run_vm() {
	vm_artifacts=$1
	shift
	# Whatever else this machine does.
	"$TDNODE" run "${VM_IMAGE:-devnet}" --artifacts "$vm_artifacts" --rpc-port "$RPC_PORT" --attest-port "$ATTEST_PORT" --ssh-port "$SSH_PORT" --timeout 1800 "$@"
}

register_of() {
	python3 -c '
import hashlib, sys
h = lambda b: hashlib.new(sys.argv[1], b).digest()
value = bytes(len(h(b"")))
for part in [a.encode() for a in sys.argv[3:]] + [bytes([int(sys.argv[2]), 0, 0, 0])]:
    value = h(value + h(part))
print(value.hex())' "$@"
}

read_register() {
	console | tr -d '\r' | sed -n "s/.*tdnode-report: pcr $1 $2 //p"
}

longest_configuration() {
	printf 'HOSTNAME=long\n'
	head -c $((65536 - 14)) /dev/zero | tr '\0' '#'
}

SHARED_BOOT=$BUILD/shared-boot
# shellcheck disable=SC2034 # of those that source this
SHARED_LOG=$SHARED_BOOT/tdnode/data/eventlog.bin
shared_boot() {
	(
		build_devnet
		flock 9
		[ "$SHARED_BOOT/out" -nt "$TDNODE" ] && [ "$SHARED_BOOT/out" -nt "$IMAGE_DIR/devnet.raw" ] && exit
		rm -rf "$SHARED_BOOT" "$SHARED_BOOT.new"
		mkdir "$SHARED_BOOT.new"
		XDG_STATE_HOME=$SHARED_BOOT.new run_vm "$ARTIFACTS" --instance data --disk "$SHARED_BOOT.new/data.qcow2" \
			--disk-size 192M --check --until-rpc --timeline "$SHARED_BOOT.new/boot.svg" \
			>"$SHARED_BOOT.new/out" 2>&1 && mv "$SHARED_BOOT.new" "$SHARED_BOOT"
	) 9>"$SHARED_BOOT.lock" || {
		fail 'the boot that tests share' "$(cat "$SHARED_BOOT.new/out")"
		finish
	}
}

take_shared_boot() {
	shared_boot
	mkdir -p "$XDG_STATE_HOME"
	# shellcheck disable=SC2034 # of disk.sh
	INSTANCE=data
	cp -r --preserve=mode "$SHARED_BOOT/tdnode" "$XDG_STATE_HOME/" && cp "$SHARED_BOOT/data.qcow2" "$WORK/"
}

qemu_with_scanned_card() {
	mkdir -p "$WORK/bin"
	cat >"$WORK/bin/qemu-system-x86_64" <<-END
	#!/bin/bash
	exec $(command -v qemu-system-x86_64) "\$@" ${2-} \\
		-netdev dgram,id=scan,local.type=unix,local.path=$1/vm,remote.type=unix,remote.path=$1/scan \\
		-device virtio-net-pci,netdev=scan,mac=52:54:00:12:34:99,romfile=
	END
	chmod +x "$WORK/bin/qemu-system-x86_64"
}

no_process_left() {
	local end=$((SECONDS + 60))

	# What was killed, or whose parent was, ends a moment later.
	while [ -n "$(pgrep -f "$XDG_STATE_HOME")" ] && [ $SECONDS -lt $end ]; do sleep 0.1; done
	check 'no process is left' [ -z "$(pgrep -f "$XDG_STATE_HOME")" ]
}

console() {
	cat "$XDG_STATE_HOME"/tdnode/*/console.log
}

# To shake hands is what costs most of a short command in an emulated VM: commands share one connection, which ends with the VM.
# Not where the name of its socket would be too long: 107 bytes, 17 of which ssh appends while it makes it.
SSH_CONNECTION=$WORK/ssh
[ ${#SSH_CONNECTION} -le 90 ] || SSH_CONNECTION=none
SSH=(ssh -q -p "$SSH_PORT" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes
	-o PreferredAuthentications=none)

# The process that stays has nothing of its caller's open.
share_connection() {
	[ "$SSH_CONNECTION" != none ] || return 0
	timeout 20 "${SSH[@]}" -S "$SSH_CONNECTION" -O check root@127.0.0.1 >/dev/null 2>&1 </dev/null && return
	rm -f "$SSH_CONNECTION"
	timeout 60 "${SSH[@]}" -M -S "$SSH_CONNECTION" -f -N root@127.0.0.1 >/dev/null 2>&1 </dev/null
}

in_vm() {
	share_connection
	timeout 120 "${SSH[@]}" -S "$SSH_CONNECTION" root@127.0.0.1 "$@"
}

wait_for_ssh() {
	local end=$((SECONDS + 600))

	while ! timeout 60 "${SSH[@]}" -o ConnectTimeout=5 root@127.0.0.1 true; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.5
	done
}

reached() {
	local seconds=$1

	shift
	in_vm "for try in $*; do
		{ to=\${try#*@}
		timeout $seconds setpriv --reuid=\${try%%@*} --clear-groups bash -c \"</dev/tcp/\${to%:*}/\${to##*:}\" 2>/dev/null && echo \$try; } &
	done; wait; echo end" | sort | paste -sd' '
}
