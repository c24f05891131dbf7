# shellcheck shell=bash
# Sourced by tests that boot, after image.sh.
#
#   run_vm DIR OPTIONS...    "tdnode run" of the devnet image (or $VM_IMAGE) in DIR (a folder of artefacts) as an instance
#                            of this test's own, on free ports: $RPC_PORT, $ATTEST_PORT and $SSH_PORT
#   wait_for_ssh             waits until the debug image answers SSH
#   in_vm COMMAND            runs a command in the debug image
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

no_process_left() {
	check 'no process is left' [ -z "$(pgrep -f "$XDG_STATE_HOME")" ]
}

console() {
	cat "$XDG_STATE_HOME"/tdnode/*/console.log
}

in_vm() {
	timeout 120 ssh -q -p "$SSH_PORT" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
		-o BatchMode=yes -o PreferredAuthentications=none root@127.0.0.1 "$@"
}
wait_for_ssh() {
	local end=$((SECONDS + 600))

	while ! timeout 20 ssh -q -p "$SSH_PORT" -o ConnectTimeout=5 -o StrictHostKeyChecking=no \
		-o UserKnownHostsFile=/dev/null -o BatchMode=yes -o PreferredAuthentications=none \
		root@127.0.0.1 true; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.5
	done
}
