# shellcheck shell=bash
# Sourced by the test scripts: one line for each check, exit status at the end.
#
#   ok NAME            fail NAME WHY...
#   check NAME COMMAND...            passes if the command succeeds
#   must_fail NAME STATUS 'MESSAGE' COMMAND...
#                                    passes if the command exits with STATUS and its standard error is
#                                    exactly MESSAGE
#   free_port                        a TCP port of loopback that nothing listens on, and that no other test was told of
#   listens SOCKET [PROCESS]         waits until somebody listens at a socket of the file system; fails if the process
#                                    ends before that
#   skip WHY...                      ends the script as skipped
#   whole                            whether all of it is wanted (tests/long/whole), not only what the gate has
#                                    the time for
#   finish                           ends the script

set -u
check_passed=0
check_failed=0

ok() {
	check_passed=$((check_passed + 1))
	printf 'ok    %s\n' "$1"
}

fail() {
	check_failed=$((check_failed + 1))
	name=$1
	shift
	printf 'FAIL  %s: %s\n' "$name" "$*"
}

check() {
	check_name=$1
	shift
	if check_output=$("$@" 2>&1); then
		ok "$check_name"
	else
		fail "$check_name" "status $?: $check_output"
	fi
}

must_fail() {
	check_name=$1
	check_want_status=$2
	check_want=$3
	shift 3
	check_output=$("$@" 2>&1 >/dev/null)
	check_status=$?
	if [ "$check_status" -ne "$check_want_status" ]; then
		fail "$check_name" "exit status $check_status, not $check_want_status: $check_output"
	elif [ "$check_output" != "$check_want" ]; then
		fail "$check_name" "message is '$check_output', not '$check_want'"
	else
		ok "$check_name"
	fi
}

free_port() {
	# Below those that the kernel gives to whoever calls out: one of them would be taken by the time it is used. A note
	# for each says whose it is: another test that was told of it may listen there only after a while.
	python3 -c '
import fcntl, os, random, socket, sys

folder, test = sys.argv[1:]
os.makedirs(folder, exist_ok=True)
with open(folder + "/lock", "w") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    while True:
        port = random.randrange(16384, 32768)
        note = "%s/%d" % (folder, port)
        if os.path.exists(note) and os.path.exists("/proc/" + open(note).read()):
            continue
        try:
            socket.socket().bind(("127.0.0.1", port))
        except OSError:
            continue
        with open(note, "w") as out:
            out.write(test)
        break
print(port)' "$BUILD/ports" $$
}

# Its name is there before anybody listens, so the name is not what is waited for.
listens() { # SOCKET [PROCESS]
	listens_tries=0
	until awk -v end=" $1" '$4 == "00010000" && substr($0, length - length(end) + 1) == end { found = 1 }
		END { exit !found }' /proc/net/unix; do
		[ $# -lt 2 ] || kill -0 "$2" 2>/dev/null || return 1
		listens_tries=$((listens_tries + 1))
		[ $listens_tries -lt 2400 ] || {
			fail "somebody listens at $1" 'nobody does'
			return 1
		}
		sleep 0.05
	done
}

skip() {
	printf 'skip  %s\n' "$*"
	exit 77
}

whole() {
	[ -n "${WHOLE-}" ]
}

finish() {
	[ "$check_failed" -eq 0 ] && [ "$check_passed" -gt 0 ]
	exit
}
