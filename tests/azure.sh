# shellcheck shell=bash
# Sourced by tests that need Azure's blob service, after check.sh: Azurite, and the proxy in front of it
# (tests/azure/README.md). Skips the test where npm or the packages are not to be had.
#
#   install_azure            the packages of tests/azure/package-lock.json, once for all tests; sets AZURE_NPM
#   start_azurite [FOLDER]   sets AZURITE_PORT and AZURITE_PID; blobs are in FOLDER ($WORK/azurite)
#   start_blob_proxy [ARGUMENT...]
#                            sets BLOB_PROXY (http://127.0.0.1:PORT) and BLOB_PROXY_PID
#   blob_proxy PATH [DATA]   asks its control, as in 'blob_proxy report'
#   start_management [ARGUMENT...]
#                            the management API (management.py) over both; sets MANAGEMENT (http://127.0.0.1:PORT), and
#                            what signs in there: AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET,
#                            AZURE_AUTHORITY_HOST, AZURE_SUBSCRIPTION_ID
#   management PATH [DATA]   asks its control, as in 'management snapshot'
#   small_vhd FILE [SEED]    a disk of 4 MiB, mostly zero, as a VHD; other contents for another SEED
#
# What was started ends with the test.

azure_started=
# Azurite still writes when it is told to end.
azure_stop() {
	# shellcheck disable=SC2086 # several
	[ -z "$azure_started" ] || { kill $azure_started && wait $azure_started; } 2>/dev/null
}
trap azure_stop EXIT

install_azure() {
	local tool

	for tool in node npm python3 curl flock; do
		command -v $tool >/dev/null || skip "no $tool"
	done
	# Of all builds: what is compiled is no part of it.
	AZURE_NPM=$ROOT/build/azure-npm
	mkdir -p "$AZURE_NPM"
	exec 9>"$AZURE_NPM/lock"
	flock 9
	if ! cmp -s "$ROOT/tests/azure/package-lock.json" "$AZURE_NPM/installed"; then
		cp "$ROOT/tests/azure/package.json" "$ROOT/tests/azure/package-lock.json" "$AZURE_NPM"
		npm --prefix "$AZURE_NPM" ci --ignore-scripts --omit=dev --no-audit --no-fund --prefer-offline \
			>"$WORK/npm.log" 2>&1 || skip "npm cannot install tests/azure: $(tail -n 1 "$WORK/npm.log")"
		cp "$ROOT/tests/azure/package-lock.json" "$AZURE_NPM/installed"
	fi
	exec 9>&-
}

start_azurite() { # [FOLDER]
	local i

	AZURITE_PORT=$(free_port)
	mkdir -p "${1:-$WORK/azurite}"
	node "$AZURE_NPM/node_modules/azurite/dist/src/blob/main.js" --silent --disableTelemetry --skipApiVersionCheck \
		-l "${1:-$WORK/azurite}" --blobHost 127.0.0.1 --blobPort "$AZURITE_PORT" >"$WORK/azurite.log" 2>&1 &
	AZURITE_PID=$!
	azure_started="$azure_started $AZURITE_PID"
	for ((i = 0; i < 1200; i++)); do
		curl -s --noproxy '*' -o /dev/null "http://127.0.0.1:$AZURITE_PORT/" && return
		sleep 0.1
	done
	fail "Azurite does not start" "$(tail -n 5 "$WORK/azurite.log")"
	finish
}

# Sets port, which the caller has.
port_of() { # PROCESS LOG
	while port=$(sed -n 's/^port //p' "$WORK/$2"); [ -z "$port" ]; do
		kill -0 "$1" 2>/dev/null || {
			fail "$2" "$(tail -n 5 "$WORK/$2")"
			finish
		}
		sleep 0.1
	done
}

start_blob_proxy() { # [ARGUMENT...]
	local port

	: >"$WORK/blob_proxy.log"
	"$ROOT/tests/azure/blob_proxy.py" --azurite "$AZURITE_PORT" "$@" >"$WORK/blob_proxy.log" 2>&1 &
	BLOB_PROXY_PID=$!
	azure_started="$azure_started $BLOB_PROXY_PID"
	port_of "$BLOB_PROXY_PID" blob_proxy.log
	BLOB_PROXY=http://127.0.0.1:$port
}

blob_proxy() { # PATH [DATA]
	curl -sS --noproxy '*' --fail-with-body ${2+--data-binary "$2"} "$BLOB_PROXY/_proxy/$1"
}

start_management() { # [ARGUMENT...]
	local port

	: >"$WORK/management.log"
	"$ROOT/tests/azure/management.py" --proxy "$BLOB_PROXY" --azurite "$AZURITE_PORT" "$@" \
		>"$WORK/management.log" 2>&1 &
	azure_started="$azure_started $!"
	port_of $! management.log
	MANAGEMENT=http://127.0.0.1:$port
	export AZURE_TENANT_ID=99999999-8888-7777-6666-555555555555
	export AZURE_CLIENT_ID=12345678-1234-1234-1234-123456789012
	export AZURE_CLIENT_SECRET='c~very~secret~indeed'
	export AZURE_SUBSCRIPTION_ID=11111111-2222-3333-4444-555555555555
	export AZURE_AUTHORITY_HOST=$MANAGEMENT
}

management() { # PATH [DATA]
	curl -sS --noproxy '*' --fail-with-body ${2+--data-binary "$2"} "$MANAGEMENT/_test/$1"
}

small_vhd() { # FILE [SEED]
	python3 - "$1" "${2:-1}" <<'END'
import random
import struct
import sys
size = 4 << 20
raw = bytearray(size)
source = random.Random(int(sys.argv[2]))
for at in (0, 1 << 20, (1 << 20) + 4096, size - 512):
    raw[at:at + 512] = source.randbytes(512)
footer = bytearray(512)
struct.pack_into('>8sIIQI4sI4sQQIII', footer, 0, b'conectix', 2, 0x10000, (1 << 64) - 1, 0, b'qem2', 0x50003, b'Wi2k',
                 size, size, 0xffff10ff, 2, 0)
struct.pack_into('>I', footer, 64, ~sum(footer) & 0xffffffff)
open(sys.argv[1], 'wb').write(raw + footer)
END
}
