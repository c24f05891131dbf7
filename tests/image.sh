# shellcheck shell=bash
# Sourced by tests that need a built image, after check.sh.
#
#   build_devnet [--debug]   builds the devnet image into $ARTIFACTS once for all tests; sets IMAGE_DIR
#                            (its folder) and IMAGE_LOCK (the lock it was built from)
#   build_image NAME [--debug]
#                            the same for another image
#   copy_store [--link] STORE AREA...
#                            of the user's store: without what another build is making just now; with --link by hard
#                            links, which nobody may write into
#   forget_all_but_programs STORE
#                            leaves downloads, and the programs of tdnode's own, which are the same for every image
#                            (oracle/reproduce)
#   unpack_root DIR            the root of the image in $IMAGE_DIR as the folder DIR
#
# The store is the user's own, so that tests do not download what is there.

ARTIFACTS=$BUILD/artifacts

build_devnet() {
	build_image devnet "$@"
}

build_image() {
	local image=$1

	shift
	mkdir -p "$ARTIFACTS"
	if ! flock "$ARTIFACTS/lock" "$ROOT/scripts/build-image" "$TDNODE" "$image" "$ARTIFACTS" \
		--images "$ROOT/images" --source "$ROOT" "$@" >"$WORK/build.log" 2>&1; then
		cat "$WORK/build.log"
		fail "tdnode build $image" failed
		finish
	fi
	IMAGE_DIR=$ARTIFACTS/$image
	[ $# -eq 0 ] || IMAGE_DIR=$IMAGE_DIR-debug
	IMAGE_LOCK=$ROOT/images/$image/image.lock
	# shellcheck disable=SC2034 # of those that source this
	grep -q '^NOTE: ' "$WORK/build.log" && IMAGE_LOCK=$ARTIFACTS/$image.fresh.lock
	return 0
}

copy_store() { # [--link] STORE AREA...
	local user=${XDG_CACHE_HOME:-$HOME/.cache}/tdnode copy='cp -rt "$0" "$@"' store area

	if [ "$1" = --link ]; then
		# Another file system has no links to this one.
		copy='cp -alt "$0" "$@" 2>/dev/null || cp -rft "$0" "$@"'
		shift
	fi
	store=$1
	for area in "${@:2}"; do
		[ -e "$user/$area" ] || continue
		mkdir -p "$store/$area"
		find "$user/$area" -mindepth 1 -maxdepth 1 ! -name '.*' -print0 | xargs -0 -r sh -c "$copy" "$store/$area"
	done
}

forget_all_but_programs() { # STORE
	rm -rf "$1/unpacked"
	find "$1/steps" -mindepth 1 -maxdepth 1 ! -name 'guest-*' ! -name 'object-*' -exec rm -rf {} +
}

unpack_root() { # DIR
	local raw start

	raw=$(echo "$IMAGE_DIR"/*.raw)
	start=$(sfdisk --json "$raw" | jq '.partitiontable.partitions[1].start')
	tail -c +$((start * 512 + 1)) "$raw" | head -c "$(jq .root_size "$IMAGE_DIR/manifest.json")" >"$1.erofs"
	fsck.erofs --extract="$1" --preserve-perms --no-preserve-owner "$1.erofs" && rm "$1.erofs"
}
