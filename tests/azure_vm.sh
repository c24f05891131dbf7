# shellcheck shell=bash
# Sourced by tests that boot on what looks like Azure, after vm.sh. They run in a network namespace of their own, where
# both addresses of Azure's host are this machine's.
#
#   in_namespace             runs the test again in such a namespace; what comes before it has run by then
#   host_starts              starts the host's services; $AZURE is their folder (azure_host.py)
#   answers SERVICE WORD...  what a service answers from now on
#   run_azure OPTIONS...     boots the debug image of devnet, with the data disk at LUN 10 of NVMe
#   no_node WHAT             the same until it has seen that there is no node, and checks that there is not
#   logged LINE              waits until the services have logged this line
#   logged_like PATTERN      the same, for a pattern of grep

AZURE=$WORK/azure
INSTANCE=azure
AZURE_TAG=7783-7084-3265-9085-8269-3286-77

in_namespace() {
	[ "${IN_NAMESPACE:-}" != 1 ] || return 0
	unshare --user --map-root-user --net true 2>/dev/null || skip 'no namespaces'
	IN_NAMESPACE=1 exec unshare --user --map-root-user --net "$0"
}

host_starts() {
	mkdir -p "$AZURE" "$WORK/bin"
	ip link set lo up
	ip address add 169.254.169.254/32 dev lo
	ip address add 168.63.129.16/32 dev lo
	: >"$AZURE/log"
	: >"$AZURE/user-data"
	answers metadata good
	answers wire good
	trap 'kill $host 2>/dev/null' EXIT
	host_serves
	write_qemu "-smbios type=3,asset=$AZURE_TAG"
	PATH=$WORK/bin:$PATH
}

host_serves() {
	python3 "$ROOT/tests/azure_host.py" 169.254.169.254 168.63.129.16 "$AZURE" 2>>"$WORK/host.log" &
	host=$!
	until (exec 3<>/dev/tcp/169.254.169.254/80 4<>/dev/tcp/168.63.129.16/80) 2>/dev/null; do
		kill -0 "$host" || return 1
		sleep 0.1
	done
}

# The data disk as Azure's sizes with NVMe have it: a namespace numbered LUN + 2.
write_qemu() { # OPTION
	cat >"$WORK/bin/qemu-system-x86_64" <<END
#!/bin/bash
arguments=()
for argument in "\$@"; do
	case \$argument in
	virtio-blk-pci,drive=data,*) arguments+=(nvme,id=accelerator,serial=azure -device nvme-ns,bus=accelerator,drive=data,nsid=12) ;;
	*) arguments+=("\$argument") ;;
	esac
done
exec $(PATH=${PATH#"$WORK/bin:"} command -v qemu-system-x86_64) "\${arguments[@]}" $1
END
	chmod +x "$WORK/bin/qemu-system-x86_64"
}

answers() {
	local service=$1

	shift
	printf '%s\n' "$@" >"$AZURE/$service"
}

run_azure() {
	"$TDNODE" run devnet --debug --artifacts "$ARTIFACTS" --rpc-port "$RPC_PORT" --attest-port "$ATTEST_PORT" \
		--ssh-port "$SSH_PORT" --timeout 1800 --instance $INSTANCE --internet "$@"
}

logged_like() { # PATTERN OPTION...
	local end=$((SECONDS + 600))

	until grep -q "${@:2}" -- "$1" "$AZURE/log"; do
		[ $SECONDS -lt $end ] || {
			cat "$AZURE/log"
			return 1
		}
		sleep 0.5
	done
}

logged() { # LINE
	logged_like "$1" -xF
}

# "tdnode run" ends such a machine once it has seen its registers.
no_node() { # WHAT
	run_azure --disk-size 256M --check --until-rpc >"$WORK/run.log" 2>&1
	check "$1: run says that there is no node" grep -qF 'the VM has no configuration, so no node: ' "$WORK/run.log"
	check "$1: register 8 is closed by an error" [ "$(read_register sha256 8)" = "$(register_of sha256 1)" ]
	check "$1: no disk is open" sh -c "! grep -aq '/persistent is ready' '$XDG_STATE_HOME/tdnode/$INSTANCE/console.log'"
}

# What a guest program said on the console.
azure_said() {
	console | tr -d '\r' | grep -a 'tdnode-[a-z]*: ' | grep -qF -- "$1"
}
