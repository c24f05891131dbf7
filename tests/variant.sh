# shellcheck shell=bash
# Sourced by tests that need devnet images with keys of their own, after image.sh.
#
#   make_keys                 $KEYS/policy.key, other.key (RSA) and recovery.key (X25519), each with its
#                             public half NAME.pem; made once for all tests
#   build_variant NAME [WORD...]
#                             the devnet image with policy and recovery key and more words on its command
#                             line, built into $WORK/NAME; sets VARIANT to that folder. Unsigned.
#                             POLICY=NAME: another policy key; POLICY= none
#   sign_variant FOLDER EPOCH with the policy key, for the platform of this machine's QEMU; after vm.sh
#   lose_tpm DISK FOLDER OPTION...
#                             opens the recovery secret of the disk into $WORK/secret, and takes away the TPM of $INSTANCE,
#                             without which the image in FOLDER is not started; after vm.sh
#   no_log_has_secret         whether that secret is in no log

KEYS=$BUILD/keys

make_keys() {
	mkdir -p "$KEYS"
	(
		flock 9
		[ -e "$KEYS/recovery.pem" ] && exit
		cd "$KEYS" || exit 1
		for name in policy other; do
			openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out $name.key ||
				openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out $name.key
			openssl pkey -in $name.key -pubout -out $name.pem
		done
		openssl genpkey -algorithm X25519 -out recovery.key
		openssl pkey -in recovery.key -pubout -out recovery.pem
	) 9>"$KEYS/lock" 2>"$WORK/keys.log" || {
		fail 'make keys' "$(cat "$WORK/keys.log")"
		finish
	}
}

build_variant() {
	VARIANT=$WORK/$1
	shift
	# The lock that works here, and everything in the store.
	[ -n "${IMAGE_LOCK:-}" ] || build_devnet
	make_keys
	rm -rf "$VARIANT.images"
	cp -r "$ROOT/images" "$VARIANT.images"
	cp "$KEYS"/*.pem "$VARIANT.images/devnet/"
	printf '[Disk]\nRecoveryKey=recovery.pem\n' >>"$VARIANT.images/devnet/image.conf"
	[ -z "${POLICY-policy}" ] || printf 'PolicyKey=%s.pem\n' "${POLICY-policy}" >>"$VARIANT.images/devnet/image.conf"
	[ $# -eq 0 ] || printf '[Kernel]\nCommandLine=%s\n' "$*" >>"$VARIANT.images/devnet/image.conf"
	if ! "$TDNODE" build devnet --images "$VARIANT.images" --source "$ROOT" --lock "$IMAGE_LOCK" \
		--artifacts "$VARIANT" --quiet >"$WORK/build.log" 2>&1; then
		fail "tdnode build of $VARIANT" "$(cat "$WORK/build.log")"
		finish
	fi
}

# The platform does not depend on the image: one boot serves all.
sign_variant() {
	shared_boot
	"$TDNODE" sign devnet --artifacts "$1" --key "$KEYS/policy.key" --epoch "$2" --platform-log "$SHARED_LOG"
}

lose_tpm() { # DISK FOLDER OPTION...
	local tpm=$XDG_STATE_HOME/tdnode/$INSTANCE/tpm

	check 'the recovery key opens the secret of the disk' sh -c '"$1" recovery open --header "$2" --key "$3" >"$4"' - \
		"$TDNODE" "$1" "$KEYS/recovery.key" "$WORK/secret"
	rm -r "$tpm"
	must_fail 'the TPM is lost' 1 \
		"tdnode: the disk '$1' is initialised, but instance '$INSTANCE' has no TPM that could open it: put '$tpm' back, start the TPM that it was made with ('tdnode swtpm'), or recover the disk with --recovery-file (docs/recovery.md)" \
		run_vm "${@:2}" --quiet
}

no_log_has_secret() {
	! grep -rqF "$(cut -c1-32 "$WORK/secret")" "$XDG_STATE_HOME" --include='*.log'
}
