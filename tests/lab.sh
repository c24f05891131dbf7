# shellcheck shell=bash
# Sourced by tests that boot small unified kernel images of many kinds and compare every predicted
# register with the TPM's, after check.sh and image.sh.
#
#   lab_setup                 a kernel, an initrd that prints the registers, firmware; into $WORK
#   lab_stub VERSION          sets STUB, LOADER and ADDON to programs of systemd VERSION (252, 254, 257,
#                             262); fails where Debian's mirror does not have it
#   lab_secure, lab_insecure  boots from then on with Secure Boot on, or off
#   lab_sign FILE             signs a program for it
#   lab_uki OUT NAME=FILE...  assembles an image with $STUB, the kernel and the initrd
#   lab_disk UKI              disk.raw with UKI as EFI/BOOT/BOOTX64.EFI
#   lab_loader_disk UKI       disk.raw with $LOADER there and UKI in EFI/Linux
#   lab_put FILE PATH         puts a file on the system partition of disk.raw
#   lab_boot QEMU-OPTIONS...  boots and reads the registers into registers.txt: "sha256 4 HEX"
#   lab_compare NAME "PCR..." OPTIONS...
#                             "tdnode measure OPTIONS" must predict exactly these registers, in all
#                             four banks, with the values that were read
#   lab_case NAME "PCR..." OPTIONS... -- QEMU-OPTIONS...
#                             boots and compares, unless LAB_ONLY names only others
#   LAB_DISK                  QEMU's options for a boot from disk.raw
#   lab_profiles OUT          an image with two profiles, "first" and "second"

LAB_BANKS='sha1 sha256 sha384 sha512'
# Of this machine's own apt sources.
LAB_MIRROR=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -m1 '/debian/\?$')
export MTOOLS_SKIP_CHECK=1

# The program of the initrd: mounts /sys, prints all registers, powers off.
lab_init() {
	cat <<'PROGRAM'
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void)
{
	static const char *const banks[] = {"sha1", "sha256", "sha384", "sha512"};
	int console;

	mkdir("/dev", 0755);
	mkdir("/sys", 0755);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	console = open("/dev/console", O_WRONLY);
	/* Twice: a message of the kernel may fall into a line. */
	for (int i = 0; i < 8; i++) {
		for (int pcr = 0; pcr < 16; pcr++) {
			char path[80], line[200], value[160];
			ssize_t n;
			int fd;

			snprintf(path, sizeof path, "/sys/class/tpm/tpm0/pcr-%s/%d", banks[i % 4], pcr);
			fd = open(path, O_RDONLY);
			n = fd < 0 ? -1 : read(fd, value, sizeof value - 1);
			if (fd >= 0)
				close(fd);
			if (n <= 0)
				continue;
			value[strcspn(value, "\n")] = 0;
			n = snprintf(line, sizeof line, "lab: %s %d %s\n", banks[i % 4], pcr, value);
			if (write(console, line, (size_t)n) != n)
				break;
		}
	}
	if (write(console, "lab: end\n", 9) != 9)
		return 1;
	sync();
	usleep(200000);
	reboot(RB_POWER_OFF);
	return 1;
}
PROGRAM
}

lab_setup() {
	build_devnet
	cd "$WORK" || exit 1
	mkdir -p root/dev root/sys programs
	lab_init >init.c
	gcc -O2 -static -o root/init init.c || exit 1
	(cd root && printf '%s\n' . ./dev ./sys ./init | cpio --quiet -o -H newc) >initrd || exit 1
	objcopy -O binary --only-section=.linux "$IMAGE_DIR/devnet.efi" linux || exit 1
	printf 'ID=lab\nVERSION_ID=1\n' >osrel
	printf 'console=ttyS0 loglevel=4 panic=1' >cmdline
	printf '6.12.0-lab' >./uname
	lab_insecure
}

# Unpacks a package of Debian's mirror into a folder.
lab_fetch() { # PACKAGE SUITE FOLDER
	[ -d "$3" ] && return 0
	local path

	path=$(curl -sf -m 60 "${LAB_MIRROR%/}/dists/$2/main/binary-amd64/Packages.xz" | xz -dc |
		awk -v name="$1" '/^Package:/ { found = $2 == name } found && /^Filename:/ { print $2; exit }')
	[ -n "$path" ] && curl -sf -m 60 -o package.deb "${LAB_MIRROR%/}/$path" && dpkg-deb -x package.deb "$3"
}

lab_stub() {
	case $1 in
	252) lab_fetch systemd-boot-efi bookworm programs/252 ;;
	254) lab_fetch systemd-boot-efi bookworm-backports programs/254 ;;
	257) lab_fetch systemd-boot-efi trixie programs/257 ;;
	262) lab_fetch systemd-boot-efi sid programs/262 ;;
	esac || return 1

	local folder=programs/$1/usr/lib/systemd/boot/efi

	STUB=$folder/linuxx64.efi.stub
	LOADER=$folder/systemd-bootx64.efi
	# shellcheck disable=SC2034 # of those that source this
	ADDON=$folder/addonx64.efi.stub
	# A suite may have moved on: the version is what the program says.
	strings -n 8 "$STUB" | grep -q "LoaderInfo: systemd-stub $1" || return 1
	# Some of Debian's programs carry a symbol table after the last section.
	objcopy --strip-all "$STUB" stub.efi && STUB=stub.efi
}

# Firmware with Secure Boot on, whose keys are those that Debian ships for tests.
lab_secure() {
	lab_fetch ovmf trixie firmware || return 1
	machine=q35,smm=on
	secure_flash=on
	firmware=firmware/usr/share/OVMF/OVMF_CODE_4M.secboot.fd
	variables=firmware/usr/share/OVMF/OVMF_VARS_4M.snakeoil.fd
	[ -e snakeoil.key ] || openssl rsa -in firmware/usr/share/ovmf/PkKek-1-snakeoil.key -passin pass:snakeoil \
		-out snakeoil.key 2>/dev/null
}
lab_insecure() {
	machine=q35
	secure_flash=off
	firmware=$IMAGE_DIR/firmware/OVMF_CODE.fd
	variables=$IMAGE_DIR/firmware/OVMF_VARS.fd
}
lab_sign() { # FILE
	sbsign --key snakeoil.key --cert firmware/usr/share/ovmf/PkKek-1-snakeoil.pem --output "$1" "$1" 2>/dev/null
}

lab_uki() {
	local out=$1

	shift
	"$BUILD/oracle_make_uki" image "$STUB" "$out" .osrel=osrel .cmdline=cmdline "$@" .linux=linux \
		.initrd=initrd || fail "$out" 'cannot be assembled'
}

# Sections of the same name are made by renaming.
lab_profiles() { # OUT
	printf 'console=ttyS0 first-profile' >profile-0
	printf 'console=ttyS0 panic=1 second-profile' >profile-1
	printf 'ID=first' >id-0
	printf 'ID=second' >id-1
	"$BUILD/oracle_make_uki" image "$STUB" "$1" .osrel=osrel .cmdline=cmdline .uname=uname .linux=linux .initrd=initrd \
		.profil0=id-0 .cmdlin0=profile-0 .profil1=id-1 .cmdlin1=profile-1 &&
		LC_ALL=C sed -i 's/\.profil[01]/.profile/; s/\.cmdlin[01]/.cmdline/' "$1" &&
		LC_ALL=C sed -i 's/\.profil[01]/.profile/; s/\.cmdlin[01]/.cmdline/' "$1"
}

lab_put() {
	mcopy -o -i disk.raw@@1M "$1" "::/$2"
}

lab_empty_disk() {
	rm -f disk.raw
	truncate -s 96M disk.raw
	printf '%s\n' 'label: gpt' 'label-id: 12345678-1234-5678-1234-567812345678' \
		'start=2048, size=190464, type=c12a7328-f81f-11d2-ba4b-00a0c93ec93b, uuid=87654321-4321-8765-4321-876543218765' |
		sfdisk --quiet disk.raw &&
		mformat -F -i disk.raw@@1M -T 190464 &&
		mmd -i disk.raw@@1M ::/EFI ::/EFI/BOOT ::/EFI/Linux ::/loader ::/loader/addons ::/loader/credentials
}

lab_disk() {
	lab_empty_disk && lab_put "$1" EFI/BOOT/BOOTX64.EFI
}

lab_loader_disk() {
	lab_empty_disk && lab_put "$LOADER" EFI/BOOT/BOOTX64.EFI && lab_put "$1" EFI/Linux/node.efi
}

lab_stop_tpm() {
	# It takes its socket away when it ends, which may be that of the next one.
	[ -z "${tpm_pid-}" ] || { kill "$tpm_pid" && wait "$tpm_pid"; } 2>/dev/null
	tpm_pid=
}
trap lab_stop_tpm EXIT

lab_boot() {
	rm -rf tpm tpm.sock console.log
	mkdir tpm
	swtpm_setup --tpm2 --tpmstate tpm --pcr-banks sha1,sha256,sha384,sha512 >swtpm.log 2>&1 || return 1
	swtpm socket --tpm2 --tpmstate dir=tpm --ctrl type=unixio,path=tpm.sock >>swtpm.log 2>&1 &
	tpm_pid=$!
	listens tpm.sock "$tpm_pid" || return 1
	cp "$variables" vars.fd
	timeout 1200 qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot -machine "$machine" \
		-accel tcg,thread=multi,tb-size=512 -cpu max,erms=off,la57=off,pku=off -smp 1 -m 512 \
		-global driver=cfi.pflash01,property=secure,value="$secure_flash" \
		-drive "if=pflash,format=raw,readonly=on,file=$firmware" \
		-drive if=pflash,format=raw,file=vars.fd \
		-chardev socket,id=tpm,path=tpm.sock -tpmdev emulator,id=tpm0,chardev=tpm \
		-device tpm-crb,tpmdev=tpm0 -serial file:console.log "$@" >qemu.log 2>&1
	lab_stop_tpm
	tr -d '\r' <console.log | sed -n 's/^.*lab: \([a-z0-9]* [0-9]* [0-9A-Fa-f]*\)$/\1/p' |
		tr A-F a-f | sort -u >registers.txt
	grep -q 'lab: end' console.log
}

# shellcheck disable=SC2034,SC2054 # of those that source this; commas are part of options
LAB_DISK=(-drive if=none,id=os,format=raw,snapshot=on,file=disk.raw -device virtio-blk-pci,drive=os,bootindex=0)
lab_compare() {
	local what=$1 registers=$2 bank pcr predicted known

	shift 2
	"$TDNODE" measure --json "$@" >predicted.json 2>predicted.err
	for bank in $LAB_BANKS; do
		for pcr in $registers; do
			predicted=$(jq -r ".banks.$bank.\"$pcr\"" predicted.json)
			read=$(awk -v bank="$bank" -v pcr="$pcr" '$1 == bank && $2 == pcr { print $3 }' registers.txt)
			if [ -n "$read" ] && [ "$predicted" = "$read" ]; then
				ok "$what: PCR $pcr ($bank) is what the TPM holds"
			else
				fail "$what: PCR $pcr ($bank)" "predicted $predicted, read $read; $(cat predicted.err)"
			fi
		done
	done
	known=$(jq -r '.banks.sha256 | keys | map(tonumber) | map(select(. >= 4 and . <= 13)) | sort | join(" ")' predicted.json)
	check "$what: predicted is what can be known, no more: $registers" [ "$known" = "$registers" ]
}

lab_wants() { # NAME
	local pattern patterns

	# Read, not expanded: a pattern is not for the files of this folder.
	read -ra patterns <<<"${LAB_ONLY-*}"
	for pattern in "${patterns[@]}"; do
		# shellcheck disable=SC2053 # patterns are meant
		[[ $1 == $pattern ]] && return 0
	done
	return 1
}

lab_case() {
	local name=$1 registers=$2 options=()

	shift 2
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	[ $# -eq 0 ] || shift
	lab_wants "$name" || return 0
	if lab_boot "$@"; then
		lab_compare "$name" "$registers" "${options[@]}"
	else
		fail "$name" "does not boot: $(tail -n 5 console.log qemu.log)"
	fi
}
