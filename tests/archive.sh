# shellcheck shell=bash
# Sourced by tests that lock from an archive of their own, after check.sh; works in $WORK.
#
#   archive_begin                    keys' folder, the list of packages, a recipe 'tiny' in $WORK/images
#   pgp GPG-ARGUMENTS...             gpg with keys of this test's own
#   fingerprint NAME
#   archive FOLDER [@DATE] [+FIELD]... GPG-ARGUMENTS...
#                                    trixie, -updates and -security, signed; DATE in words of date(1)
#   serve                            $WORK on loopback: $url
#   serve_tls                        the same by https: $tls_url; its certificate is what curl trusts
#                                    from then on; $tls_server is its process

archive_begin() {
	for tool in gpg gpgv python3 xz; do
		command -v $tool >/dev/null || skip "no $tool"
	done
	cd "$WORK" || exit 1
	# Not in $WORK: the name of its agent's socket has 107 bytes at most.
	GNUPGHOME=$(mktemp -d)
	export GNUPGHOME
	trap 'kill ${servers-} 2>/dev/null; gpgconf --kill all; rm -rf "$GNUPGHOME"' EXIT
	for name in none linux-image-tiny; do
		printf 'Package: %s\nVersion: 1\nArchitecture: all\nFilename: pool/%s.deb\nSize: 1\nSHA256: %064d\n\n' \
			$name $name 0
	done | xz >Packages.xz
	mkdir -p images/tiny
	printf '%s\n' '[Image]' Name=tiny '[Archive]' Suite=trixie Architecture=amd64 '[Packages]' Install=none \
		'[Kernel]' Package=linux-image-tiny '[BuildRoot]' Install=none '[Firmware]' Install=none \
		>images/tiny/image.conf
}

pgp() {
	gpg -q --batch --pinentry-mode loopback --passphrase '' "$@" 2>>"$WORK/gpg.log"
}

fingerprint() {
	pgp --list-keys --with-colons "$1" | awk -F: '/^fpr/ { print $10; exit }'
}

archive() {
	local name=$1 date=now fields='Suite: x' suite folder

	shift
	[[ $1 != @* ]] || { date=${1#@}; shift; }
	while [[ $1 == +* ]]; do
		fields+=$'\n'${1#+}
		shift
	done
	for suite in debian/trixie debian/trixie-updates debian-security/trixie-security; do
		folder=$name/${suite%/*}/dists/${suite#*/}
		mkdir -p "$folder/main/binary-amd64"
		cp Packages.xz "$folder/main/binary-amd64/"
		printf '%s\nCodename: %s\nDate: %s\nAcquire-By-Hash: no\nSHA256:\n %s %s main/binary-amd64/Packages.xz\n' \
			"$fields" "${suite#*/}" "$(LC_ALL=C date -u -d "$date" '+%a, %d %b %Y %H:%M:%S UTC')" \
			"$(sha256sum <Packages.xz | cut -c1-64)" "$(stat -c %s Packages.xz)" >Release
		pgp "$@" --yes --clearsign --output "$folder/InRelease" Release
	done
}

serve() {
	local port

	port=$(free_port)
	url=http://127.0.0.1:$port
	python3 -m http.server "$port" --bind 127.0.0.1 >server.log 2>&1 &
	servers="${servers-} $!"
	while ! curl -s "$url/" >/dev/null; do sleep 0.1; done
}

serve_tls() {
	local port

	port=$(free_port)
	tls_url=https://127.0.0.1:$port
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=release \
		-addext subjectAltName=IP:127.0.0.1 -keyout tls.key -out tls.pem 2>openssl.log || skip 'no certificate'
	cat >tls.py <<-'PYTHON'
		import http.server, ssl, sys

		server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler)
		context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
		context.load_cert_chain("tls.pem", "tls.key")
		server.socket = context.wrap_socket(server.socket, server_side=True)
		server.serve_forever()
	PYTHON
	export SSL_CERT_FILE=$WORK/tls.pem
	python3 tls.py "$port" >tls.log 2>&1 &
	tls_server=$!
	servers="${servers-} $tls_server"
	while ! curl -s --cacert tls.pem "$tls_url/" >/dev/null; do sleep 0.1; done
}
