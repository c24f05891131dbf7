# shellcheck shell=bash
# Sourced by tests that boot the devpair image, after disk.sh and variant.sh.
#
#   build_pair NAME [WORD...]  the debug variant with keys of the tests' own, with tests/driver in Lodestar's place
#                              (CLIENT=lodestar: with Lodestar), and more words on its command line, into $WORK/NAME;
#                              POLICY= without the keys
#   sign_pair NAME EPOCH       signs it for this machine
#   head_number                the number of the last block, decimal; nothing if nobody answers
#   block_hash NUMBER          "null" if there is no such block
#   wait_for_block NUMBER      waits until the chain is that high
#   made_by_role ROLE          what /run says of a role: the client that is ready
#   main_pid ROLE              the process of a role's client
#   pair_up [OPTION...]        boots the instance "data" until JSON-RPC and SSH answer, with more options of 'run'
#   identities                 the key in the execution client's own database, and what the consensus client calls
#                              itself

# shellcheck disable=SC2034 # of those that source this, and of what they source
{
	VM_IMAGE=devpair
	DISK_SIZE=1G
	# The first account of development chains; its key is public.
	ACCOUNT=0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266
	ACCOUNT_KEY=0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80
	CHAIN_ID=1337
}

build_pair() {
	local folder=$WORK/$1 images=$WORK/$1.images

	shift
	rm -rf "$folder" "$images"
	cp -r "$ROOT/images" "$images"
	if [ -n "${POLICY-policy}" ]; then
		make_keys
		cp "$KEYS"/*.pem "$images/devpair/"
		printf '[Disk]\nRecoveryKey=recovery.pem\nPolicyKey=policy.pem\n' >>"$images/devpair/image.conf"
	fi
	[ $# -eq 0 ] || printf '[Kernel]\nCommandLine=%s\n' "$*" >>"$images/devpair/image.conf"
	if [ "${CLIENT:-driver}" = driver ]; then
		mkdir -p "$images/devpair/files/usr/lib/tdnode/roles" "$images/devpair/files/usr/lib/driver"
		cp "$ROOT/tests/driver/consensus.conf" "$images/devpair/files/usr/lib/tdnode/roles/"
		cp "$ROOT"/tests/driver/*.mjs "$images/devpair/files/usr/lib/driver/"
	fi
	if ! "$ROOT/scripts/build-image" "$TDNODE" devpair "$folder" --images "$images" --source "$ROOT" --debug --quiet \
		>"$WORK/build.log" 2>&1; then
		fail "tdnode build of $folder" "$(cat "$WORK/build.log")"
		finish
	fi
	rm -rf "$images" "$folder"/devpair-debug/*.vhd
}

sign_pair() {
	shared_boot
	"$TDNODE" sign devpair --debug --artifacts "$WORK/$1" --key "$KEYS/policy.key" --epoch "$2" \
		--platform-log "$SHARED_LOG"
}

block_hash() { # NUMBER
	rpc eth_getBlockByNumber "[\"$(printf '0x%x' "$1")\",false]" | jq -r .hash
}

head_number() {
	local hex

	hex=$(rpc eth_blockNumber '[]' | tr -d '"')
	[ -z "$hex" ] || echo $((hex))
}

wait_for_block() {
	local end=$((SECONDS + 900)) now

	while now=$(head_number); [ -z "$now" ] || [ "$now" -lt "$1" ]; do
		[ $SECONDS -lt $end ] || return 1
		sleep 1
	done
}

made_by_role() {
	in_vm cat "/run/$1/ready"
}

main_pid() {
	in_vm systemctl show -p MainPID --value "$1.service"
}

# shellcheck disable=SC2120 # options are optional
pair_up() {
	boot data --debug --memory 2G "$@" && answers && wait_for_ssh
}

identities() {
	in_vm 'cat /persistent/execution/devpair/config/*.l*' | python3 -c '
import re, sys
# The key and its value, in a log of LevelDB or in a table.
found = re.search(rb"client_key(?: |\x01.{7})(.{32})", sys.stdin.buffer.read(), re.S)
print(found[1].hex() if found else "")'
	in_vm cat /persistent/consensus/identity
}
