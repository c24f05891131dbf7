# shellcheck shell=bash
# Sourced by tests that need a built image, after check.sh.
#
#   build_devnet [--debug]   builds the devnet image into $ARTIFACTS once for all tests; sets IMAGE_DIR
#                            (its folder) and IMAGE_LOCK (the lock it was built from)
#
# The store is the user's own, so that tests do not download what is there.

ARTIFACTS=$BUILD/artifacts

build_devnet() {
	mkdir -p "$ARTIFACTS"
	if ! flock "$ARTIFACTS/lock" "$ROOT/scripts/build-image" "$TDNODE" devnet "$ARTIFACTS" \
		--images "$ROOT/images" --source "$ROOT" "$@" >"$WORK/build.log" 2>&1; then
		cat "$WORK/build.log"
		fail 'tdnode build devnet' 'failed'
		finish
	fi
	IMAGE_DIR=$ARTIFACTS/devnet
	[ $# -eq 0 ] || IMAGE_DIR=$IMAGE_DIR-debug
	IMAGE_LOCK=$ROOT/images/devnet/image.lock
	# shellcheck disable=SC2034 # of those that source this
	grep -q '^NOTE: ' "$WORK/build.log" && IMAGE_LOCK=$ARTIFACTS/devnet.fresh.lock
	return 0
}
