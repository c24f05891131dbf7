# shellcheck shell=bash
# Sourced by tests of keys that are handed over, after vm.sh, in $WORK: an image that takes itself for a confidential VM. There is
# no such machine here, so this image, and no other, has tests/unlock in place of sources: it asks a service of the
# test's own for quotes.
#
#   td_image KIND         builds it (enum confidential) into $WORK/artifacts, from $WORK/source/images if they are there, and
#                         starts the service; sets WORLD, a folder with policies and collateral
#   unlock PORT POLICY KEY [OPTION...]
#   says NAME STATUS TEXT PORT POLICY KEY [OPTION...]
#   wait_for NUMBER TEXT  until the console has said so often
#   wait_for_service, answers
#                         until the service of attestation answers, until the node does

started=()
# shellcheck disable=SC2317,SC2329 # by the trap
stop_started() {
	[ ${#started[@]} -eq 0 ] || kill "${started[@]}" 2>/dev/null
	wait
}
trap stop_started EXIT

td_image() {
	local port

	build_devnet
	port=$(free_port)
	WORLD=$WORK/world
	mkdir -p "$WORLD" source
	[ -e source/images ] || cp -r "$ROOT/images" source/
	cp -r "$ROOT/guest" "$ROOT/src" source/
	sed "s/^#define KIND .*/#define KIND $1/" "$ROOT/tests/unlock/confidential.c" >source/src/base/confidential.c
	sed "s/^#define QUOTE_PORT .*/#define QUOTE_PORT $port/" "$ROOT/tests/unlock/tdx.c" >source/guest/attest/tdx.c
	# what makes it one with a TDX module: a folder that is there
	sed -i 's#"/sys/kernel/config/tsm/report/tdnode"#"/usr"#' source/guest/attest/machine.c
	printf '\n[Connect]\nUser=tdnode-attest\nAddress=10.0.2.2\nTcp=%s\n' "$port" \
		>>source/images/attest/files/usr/lib/tdnode/firewall.d/attest.conf
	check 'an image of such a machine' "$TDNODE" build devnet --images source/images --source source \
		--lock "$IMAGE_LOCK" --artifacts artifacts --quiet
	check 'no source of the project has the stand-in' [ -z "$(grep -rl 'the stand-in' "$ROOT/src" "$ROOT/guest")" ]
	"$BUILD/oracle_quote_server" "$port" "$WORLD" >quote.log 2>&1 &
	started+=($!)
	while ! grep -q ready quote.log && kill -0 "${started[0]}"; do sleep 0.1; done
}
unlock() { # PORT POLICY KEY [OPTION...]
	timeout 300 "$TDNODE" unlock "127.0.0.1:$1" --policy "$WORLD/$2.json" --key "$3.key" \
		--collateral "$WORLD/collateral.json" "${@:4}" >unlock.out 2>unlock.err
}
says() { # NAME STATUS TEXT PORT POLICY KEY [OPTION...]
	local status

	unlock "${@:4}"
	status=$?
	check "$1: exit status $2, '$3'" [ "$status" = "$2" -a -n "$(cat unlock.out unlock.err | grep -F -- "$3")" ]
	[ "$status" = "$2" ] || cat unlock.out unlock.err
}
wait_for() { # NUMBER TEXT: that the console has said so often
	local end=$((SECONDS + 900))

	while [ "$(console 2>/dev/null | grep -cF -- "$2")" -lt "$1" ]; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.5
	done
}
wait_for_service() {
	local end=$((SECONDS + 900))

	until timeout 60 "$TDNODE" attest "127.0.0.1:$ATTEST_PORT" --policy "$WORLD/policy.json" \
		--collateral "$WORLD/collateral.json" >attest.out 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 1
	done
}
answers() {
	local end=$((SECONDS + 900))

	until curl -s -m 20 -H 'Content-Type: application/json' \
		-d '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}' "http://127.0.0.1:$RPC_PORT" | grep -q result; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 1
	done
}
