# Sourced by tests that boot, after image.sh.
#
#   run_vm DIR OPTIONS...    "tdnode run" of the devnet image in DIR (a folder of artefacts) as an instance
#                            of this test's own, on free ports: $RPC_PORT and $SSH_PORT
#   no_process_left          checks that nothing of the instance still runs
#   console                  the console of the last run

export XDG_STATE_HOME=$WORK/state

RPC_PORT=$(free_port)
SSH_PORT=$(free_port)

run_vm() {
	vm_artifacts=$1
	shift
	"$TDNODE" run devnet --artifacts "$vm_artifacts" --rpc-port "$RPC_PORT" --ssh-port "$SSH_PORT" "$@"
}

no_process_left() {
	check 'no process is left' [ -z "$(pgrep -f "$XDG_STATE_HOME")" ]
}

console() {
	cat "$XDG_STATE_HOME"/tdnode/*/console.log
}
