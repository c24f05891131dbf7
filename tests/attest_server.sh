# shellcheck shell=bash
# Sourced by tests of attested connections, after check.sh, in $WORK: a TPM that tdnode made, and servers of tdnode/1 that
# quote by it.
#
#   attest_world        makes the TPM, extends registers as a boot does, and writes build.json (its registers) and
#                       quote.sh (what servers call); sets STATE
#   start_server NAME MODE [ARGUMENT...]
#                       starts tests/oracle/attest_server.c; sets PORT, and LOG (what it was sent)
#   stop_servers

attest_world() {
	local i

	for i in swtpm swtpm_setup tpm2_quote openssl python3 curl; do
		command -v $i >/dev/null || skip "no $i"
	done
	STATE=$WORK/state
	# Not in WORK: the address of a socket has 107 characters at most.
	sockets=$(mktemp -d)
	"$TDNODE" swtpm --state "$STATE" --socket "$sockets/made" >/dev/null 2>swtpm.log &
	i=$!
	listens "$sockets/made" $i
	kill $i
	wait $i
	swtpm socket --tpm2 --tpmstate "dir=$STATE/swtpm/tpm" --server type=unixio,path="$sockets/tpm" \
		--ctrl type=unixio,path="$sockets/tpm.ctrl" --flags startup-clear >>swtpm.log 2>&1 &
	world_children=" $!"
	listens "$sockets/tpm" $! || fail 'a TPM' "$(cat swtpm.log)"
	export TPM2TOOLS_TCTI="swtpm:path=$sockets/tpm"
	for i in 0 2 4 7 9 11; do
		tpm2_pcrextend $i:sha256="$(printf '%064d' $((i + 1)))"
	done
	# The configuration, and the separator behind it.
	export CONFIG=$'NETWORK=dev\nPORT=30303\nREST=attested\n'
	tpm2_pcrextend 8:sha256="$(printf %s "$CONFIG" | sha256sum | cut -d' ' -f1)"
	tpm2_pcrextend 8:sha256="$(printf '\0\0\0\0' | sha256sum | cut -d' ' -f1)"
	tpm2_readpublic -c 0x81000003 -f tss -o public.tss >/dev/null
	tpm2_nvread 0x01c101d0 -o ak.der 2>/dev/null
	openssl x509 -inform DER -in ak.der -out ak.pem
	cat >quote.sh <<END
#!/bin/bash
# Evidence that is bound to the digits of the argument.
export TPM2TOOLS_TCTI=$TPM2TOOLS_TCTI
cd "$WORK" && folder=\$(mktemp -d "$sockets/quote.XXXXXX") || exit 1
all=sha256:0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23
exec 9>"$sockets/lock"
flock 9
tpm2_quote -c 0x81000003 -l \$all -q "\$1" -m "\$folder/message" -s "\$folder/signature" -f plain -g sha256 >/dev/null || exit 1
tpm2_pcrread \$all -o "\$folder/pcrs" >/dev/null || exit 1
exec python3 - "\$folder" <<'PYTHON'
import base64, json, sys
read = lambda name: open(name, 'rb').read()
text = lambda data: base64.b64encode(data).decode()
folder = sys.argv[1] + '/'
pcrs = read(folder + 'pcrs')
print(json.dumps({'tdnode_evidence': 1, 'kind': 'tpm', 'tpm': {
    'message': text(read(folder + 'message')), 'signature': text(read(folder + 'signature')),
    'ak_public': text(read('public.tss')[2:]), 'ak_certificate': open('ak.pem').read(),
    'pcrs': [pcrs[i:i + 32].hex() for i in range(0, 768, 32)]}}))
PYTHON
END
	chmod +x quote.sh
	export QUOTE=$WORK/quote.sh
	./quote.sh "$(printf '%0128d' 0)" | python3 -c '
import json, sys
pcrs = json.load(sys.stdin)["tpm"]["pcrs"]
json.dump({"file": {"name": "test.raw"}, "measurements": {
    str(i): {"expected": pcrs[i]} for i in (0, 2, 4, 7, 8, 9, 11)}}, open("build.json", "w"))' || fail 'a quote' 'none'
	for i in server other; do
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $i.key -out $i.crt \
			-days 3 -subj "/CN=$i" 2>/dev/null
	done
}

start_server() {
	local name=$1 mode=$2 key=server

	shift 2
	[[ $mode == relay* ]] && key=other
	PORT=$(free_port)
	LOG=$WORK/$name.log
	: >"$LOG"
	[ -p ready ] || mkfifo ready
	# It ends with its standard input, whose other end this shell has.
	[ -p hold ] || { mkfifo hold && exec 8<>hold; }
	"$BUILD/oracle_attest_server" "$mode" "$PORT" $key.crt $key.key "$LOG" "$@" <hold 8>&- >ready 2>"$name.errors" &
	world_children+=" $!"
	read -r _ <ready
}

stop_servers() {
	# shellcheck disable=SC2086 # several
	kill $world_children 2>/dev/null
	rm -rf "$sockets"
}
trap stop_servers EXIT
