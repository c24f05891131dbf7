# shellcheck shell=bash
# Sourced by tests of the persistent disk, after vm.sh.
#
#   boot NAME OPTIONS...     starts the instance NAME with the disk $WORK/NAME.qcow2 and waits until it has said
#                            whether there is a disk, and all units were started, or failed to
#   ready                    whether it said that it is ready
#   said TEXT                whether tdnode-disk said this text
#   wait_for_log NAME        waits until the firmware's log of the boot is there
#   halt                     stops the instance
#   power_cut                kills QEMU, as a power cut does
#   locked NAME TEXT OPTIONS...   checks that a boot leaves the disk as it is, says TEXT, and starts no node;
#                            the firmware's log goes to $KEEP_LOG, if it is set
#   answers                  waits for JSON-RPC
#   rpc METHOD PARAMETERS    the result
#   raw NAME                 the disk as $WORK/NAME.raw
#   digest NAME              SHA-256 of what the disk holds
#   pack NAME                $WORK/NAME.raw back into the disk
#   find_text TEXT           where the image has it first, in bytes
#   flip FILE OFFSET         inverts one bit
#
# What is waited for is asked for once a second: to start a program costs the processor that the VM has.
#
# $DISK_SIZE is the size of new disks. One processor is enough, and with one QEMU's emulation does not run
# into code that the other one is changing.

DISK_SIZE=192M
INSTANCE=
VM_ARTIFACTS=

# What the host remembers of disks would refuse what these tests do to them.
forget_disk() {
	rm -f "$XDG_STATE_HOME/tdnode/$INSTANCE/disk.json"
}

disk_console() {
	tr -d '\r' <"$XDG_STATE_HOME/tdnode/$INSTANCE/console.log" | grep -a 'tdnode-\(disk\|persistent\):'
}

said() {
	disk_console | grep -q -- "$1"
}

ready() {
	said '/persistent is ready'
}

# Whether the boot is over, as far as the disk and the console are concerned: the firmware's log was sent, too.
# A guest without that log has a target, of which systemd tells as long as the console is not full.
booted() { # CONSOLE
	grep -aqs 'powering off' "$1" ||
		{ grep -aqs '/persistent is ready\|tdnode-[a-z]*: failed: ' "$1" &&
			grep -aqs 'tdnode-eventlog: end\|Reached target tdnode.target' "$1"; }
}

boot() { # NAME OPTIONS...
	local disk=$1 end=$((SECONDS + 600)) console

	INSTANCE=${BOOT_INSTANCE:-$1}
	shift
	forget_disk
	: >"$WORK/run.log"
	rm -f "$XDG_STATE_HOME/tdnode/$INSTANCE/console.log"
	run_vm "${VM_ARTIFACTS:-$ARTIFACTS}" --instance "$INSTANCE" --detach \
		--disk "$WORK/$disk.qcow2" --disk-size "$DISK_SIZE" "$@" >"$WORK/run.log" 2>&1 || {
		fail "boot of $disk" "$(cat "$WORK/run.log")"
		return 1
	}
	console=$XDG_STATE_HOME/tdnode/$INSTANCE/console.log
	while ! booted "$console"; do
		[ $SECONDS -lt $end ] || {
			fail "boot of $disk" "tdnode-disk says nothing: $(console | tail -n 20)"
			return 1
		}
		# Its last words may have come meanwhile.
		[ -n "$(qemu_pid)" ] || booted "$console" || {
			fail "boot of $disk" "the VM ended by itself: $(console | tail -n 40)"
			return 1
		}
		sleep 1
	done
}

wait_for_log() {
	local end=$((SECONDS + 600))

	while ! "$TDNODE" log-events "$1" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 1
	done
}

halt() {
	"$TDNODE" stop "$INSTANCE" >/dev/null 2>&1
}

qemu_pid() {
	pgrep -f "qemu-system-x86_64.*$WORK" | head -n 1
}

power_cut() {
	kill -KILL "$(qemu_pid)"
	while [ -n "$(pgrep -f "$XDG_STATE_HOME")" ]; do sleep 0.1; done
}

rpc() {
	curl -sf -m 10 -H 'Content-Type: application/json' "http://127.0.0.1:$RPC_PORT" \
		-d "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"$1\",\"params\":$2}" | jq -c .result
}

answers() {
	local end=$((SECONDS + 600))

	while [ -z "$(rpc eth_blockNumber '[]')" ]; do
		[ $SECONDS -lt $end ] || return 1
		sleep 1
	done
}

raw() {
	qemu-img convert -O raw "$WORK/$1.qcow2" "$WORK/$1.raw"
}

digest() {
	raw "$1" && sha256sum <"$WORK/$1.raw"
}

pack() {
	qemu-img convert -O qcow2 "$WORK/$1.raw" "$WORK/$1.qcow2"
}

locked() { # NAME TEXT OPTIONS...
	local locked_disk=$1 text=$2 before

	shift 2
	before=$(digest "$locked_disk")
	boot "$locked_disk" "$@"
	if said "$text"; then
		ok "it says: $text"
	else
		fail "it says: $text" "$(disk_console)"
	fi
	# Nor a while after the disk's verdict.
	check 'the node does not start' sh -c \
		"! curl -s -m 2 --retry 3 --retry-delay 1 --retry-all-errors http://127.0.0.1:$RPC_PORT"
	if [ -n "${KEEP_LOG:-}" ]; then
		wait_for_log "$INSTANCE" && cp "$XDG_STATE_HOME/tdnode/$INSTANCE/eventlog.bin" "$KEEP_LOG"
	fi
	# There is nothing that would have to be closed.
	power_cut
	check 'the disk is bit-identical' [ "$(digest "$locked_disk")" = "$before" ]
}

find_text() {
	grep -abo -m1 -- "$1" "$IMAGE_DIR/devnet.raw" | head -n 1 | cut -d: -f1
}

flip() {
	local byte

	byte=$(od -An -tu1 -j "$2" -N 1 "$1")
	# shellcheck disable=SC2059 # an octal escape
	printf "$(printf '\\%03o' $((byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
