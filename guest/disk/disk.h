/*
 * The encrypted persistent disk of the running image.
 *
 *	disk open	finds the disk and opens it (a blank one is initialised first)
 *	disk close	the way back
 *
 * A volume key that exists only inside the VM encrypts the disk (LUKS2, AES-XTS). The secret that opens
 * it is sealed by the TPM to the registers of the running image, or to whatever the policy key of the
 * image approves. Disk and header are the host's: the header is read once, checked by formats/luks2.h and
 * used from memory. Nothing is written to a disk before it is known to be ours or blank. What is opened
 * here guest/persistent mounts.
 */
#pragma once

#include "base/confidential.h"
#include "base/error.h"
#include "base/file.h"
#include "base/persistent_disk.h"
#include "crypto/box.h"
#include "formats/luks2.h"
#include "formats/recovery_medium.h"
#include "formats/signed_policy.h"

/* In memory: the header that libcryptsetup works on. */
#define DISK_FOLDER "/run/tdnode-disk"
#define DISK_HEADER_FILE DISK_FOLDER "/header"
/* Which disk is open (disk_key_identity()), for evidence. */
#define DISK_IDENTITY "/run/tdnode/disk"
#define DISK_POLICY_KEY "/usr/lib/tdnode/policy.pem"
#define DISK_RECOVERY_KEY "/usr/lib/tdnode/recovery.pem"

/* How long disks may take to appear. */
#define DISK_WAIT_MILLISECONDS 5000
/* How much longer once there is one that is not initialised: it might not be the one. */
#define DISK_SETTLE_MILLISECONDS 1000

#define DISK_SECTOR 512u
#define DISK_EDGE (1u << 20)
/* Header, and enough for a file system with its journal. */
#define DISK_SIZE_MIN (64u << 20)

/* At the start of a blank disk: its owner says that it takes the place of one that is lost. */
#define DISK_WORD "tdnode: initialise this disk"

#define DISK_SECRET_SIZE 32u

/* What is locked in memory, left out of core dumps and zeroed at the end. */
struct secrets {
	uint8_t volume_key[LUKS2_KEY_SIZE];
	uint8_t tpm[DISK_SECRET_SIZE];
	uint8_t check[DISK_SECRET_SIZE]; /* the same, as the TPM gives it back */
	uint8_t recovery[DISK_SECRET_SIZE];
	uint8_t entropy[32];
	uint8_t medium[RECOVERY_MEDIUM_SECTOR];
};

/* secrets.c */
_must_check_ int secrets_new(struct secrets **ret, struct error **err);
void secrets_free(struct secrets *s);
DEFINE_FREEP(struct secrets *, secrets_free)
/* Random bytes of the kernel; waits until it has them. */
_must_check_ int secrets_random(uint8_t *p, size_t n, struct error **err);

/* Says one line to whoever watches the boot. */
typedef void (*say_function)(const char *fmt, ...) _printf_(1, 2);

/* What lies on a disk, by its first and last bytes. */
enum disk_content {
	DISK_FOREIGN, /* anything else */
	DISK_BLANK,
	DISK_UNFINISHED, /* marked by us before it was initialised: holds nothing */
	DISK_OURS,
	DISK_RECOVERY, /* a recovery medium */
};

/* A whole disk that may be the persistent one. */
struct disk {
	char path[64]; /* "/dev/vdb" */
	uint64_t size; /* bytes */
	bool read_only;
	bool has_word; /* blank but for DISK_WORD */
	bool is_lun_10; /* logical unit 10 of SCSI, or its namespace of NVMe: where Azure has the data disk */
	bool is_temporary; /* of the machine itself: empty after it was stopped */
	enum disk_content content;
	char found[64]; /* what a foreign one holds: "a GPT partition table" */
};

#define DISKS_MAX 64u

struct disks {
	struct disk items[DISKS_MAX];
	size_t n;
};

/* place.c: is_lun_10 and is_temporary of the disk "nvme0n1" of "/sys/block". */
void disk_place_read(const char *sys_block, const char *name, struct disk *d);

/* find.c: the disks of the machine without that of the running system, and without temporary ones. Their content is
 * read. */
_must_check_ int disks_list(struct disks *ret, struct error **err);
/* Lists until there is one of ours, or one that could become it, or the wait is over. */
_must_check_ int disks_wait(struct disks *ret, struct error **err);

/* choose.c: the persistent disk among the others, by the rules of docs/disk.md. */
_must_check_ int disks_choose(const struct disks *l, const struct disk **ret, struct error **err);
const struct disk *disks_recovery(const struct disks *l);

/* content.c: what a disk holds. */
_must_check_ int content_read(struct disk *d, struct error **err);

/* marker.c: the first sector of a disk that is being initialised. */
void marker_encode(uint8_t ret[DISK_SECTOR]);
bool marker_recognise(struct span first);
/* Whether the first sector is DISK_WORD, with or without a line feed, and zeros. */
bool marker_is_word(struct span first);

/* header.c: the header as bytes, and its ways from and to the disk. */
_must_check_ int header_read(const char *device, uint8_t **ret, struct error **err);
/* The header that libcryptsetup works on. */
_must_check_ int header_file_write(const uint8_t *header, struct error **err);
_must_check_ int header_file_read(uint8_t **ret, struct error **err);
_must_check_ int header_write_first(const char *device, const uint8_t *header, struct error **err);
_must_check_ int header_replace(const char *device, const uint8_t *old, const struct luks2 *checked,
				const uint8_t *new, struct error **err);

/*
 * header_plan.c: in which order a header is written, so that a cut at any moment leaves a disk that is
 * unfinished or opens.
 */
struct header_step {
	uint32_t offset, size; /* size 0: what comes before it reaches the disk first */
};

#define HEADER_STEPS_MAX (LUKS2_HEADER_SIZE / LUKS2_BINARY_SIZE + 8u)

struct header_steps {
	struct header_step items[HEADER_STEPS_MAX];
	size_t n;
};

/* The first header of a disk: the sector that holds the marker comes last. */
void header_plan_first(struct header_steps *ret);
/*
 * Replaces the header `old` (checked) by `new`: first areas that `old` does not use, then the copies of
 * the metadata one by one, then the rest. Either header is whole at any moment, with its key slots.
 */
void header_plan_replace(const uint8_t *old, const struct luks2 *checked, const uint8_t *new,
			 struct header_steps *ret);

/* volume.c: LUKS2 through libcryptsetup, always on the header file. */
struct volume;
void volume_free(struct volume *v);
DEFINE_FREEP(struct volume *, volume_free)
/* Makes a header for a device. The device is not written. */
_must_check_ int volume_format(const struct disk *d, const struct secrets *s, struct volume **ret,
			       struct error **err);
_must_check_ int volume_load(const struct disk *d, struct volume **ret, struct error **err);
const char *volume_uuid(const struct volume *v);
/* Adds a key slot by the volume key of s. */
_must_check_ int volume_add_slot(struct volume *v, unsigned slot, const struct secrets *s,
				 const uint8_t secret[DISK_SECRET_SIZE], struct error **err);
_must_check_ int volume_remove_slot(struct volume *v, unsigned slot, struct error **err);
_must_check_ int volume_set_token(struct volume *v, unsigned token, const char *json,
				  struct error **err);
/* The volume key by the secret of a slot: into s. -EPERM if the secret does not open the slot. */
_must_check_ int volume_unlock(struct volume *v, unsigned slot,
			       const uint8_t secret[DISK_SECRET_SIZE], struct secrets *s,
			       struct error **err);
/* The device DISK_MAPPER, by the volume key of s. */
_must_check_ int volume_activate(struct volume *v, const struct secrets *s, struct error **err);
/* Absent is fine. */
_must_check_ int volume_deactivate(struct error **err);

/* token.c: the JSON of the tokens that formats/luks2.h reads. Appending can fail: buffer_ok(). */
void token_tpm(const struct luks2_tpm *t, struct buffer *ret);
void token_recovery(const struct luks2_recovery *t, struct buffer *ret);

/* tpm.c: the TPM of the VM. */
struct tpm;
_must_check_ int tpm_open(struct tpm **ret, struct error **err);
void tpm_free(struct tpm *t);
DEFINE_FREEP(struct tpm *, tpm_free)
/* -ERROR_REFUSED if nobody measured this boot: see tpm_pcrs_unmeasured(). */
_must_check_ int tpm_read_pcrs(struct tpm *t, struct tpm_pcrs *ret, struct error **err);
_must_check_ int tpm_random(struct tpm *t, uint8_t *p, size_t n, struct error **err);

/* What the image says about who may open the disk. */
struct policy {
	bool has_key; /* of the policy; else the disk is bound to the registers themselves */
	struct rsa_public key;
	struct tpm_name key_name;
	bool has_signed; /* a signed policy for the registers of this boot, by the policy key */
	struct signed_policy signed_policy;
	char why_not[256];		      /* why there is no signed one */
	struct signed_policies host_policies; /* all that the ESP has, not yet verified */
	bool has_recovery;
	struct x25519_public recovery;
};

/* policy.c: reads the keys of the image, and the signed policy from the ESP of the boot disk. */
_must_check_ int policy_read(const struct tpm_pcrs *pcrs, struct policy *ret, struct error **err);
/* boot_disk.c: a file of the ESP of the disk that holds the root. -ENOENT if there is none. */
_must_check_ int boot_disk_read(const char *path, size_t max, struct buffer *ret,
				struct error **err);
/* The kernel's name of that disk ("vda"). */
_must_check_ int boot_disk_name(char **ret, struct error **err);

/* seal.c: fills in t (but the slot) with the sealed secret of s. */
_must_check_ int tpm_seal(struct tpm *tpm, const struct policy *p, const struct tpm_pcrs *pcrs,
			  const struct secrets *s, struct luks2_tpm *t, struct error **err);
/* unseal.c: the secret back, into `ret`. -ERROR_REFUSED if the policy is not met. */
_must_check_ int tpm_unseal(struct tpm *tpm, const struct policy *p, const struct luks2_tpm *t,
			    const struct tpm_pcrs *pcrs, uint8_t ret[DISK_SECRET_SIZE],
			    struct error **err);

struct disk_opening;

/* counter.c: the epoch that the TPM remembers. */
_must_check_ int counter_make(struct tpm *t, struct error **err);
_must_check_ int counter_read(struct tpm *t, uint64_t *ret, struct error **err);
_must_check_ int counter_raise(struct tpm *t, uint64_t epoch, struct error **err);

/*
 * first_disk.c: the TPM remembers that a disk was made or opened with it, by an NV index that exists from
 * then on. -ERROR_REFUSED where it does and the disk of c, which holds nothing, has no word of its owner;
 * in a confidential VM that word counts for nothing, because the host could write it, too.
 */
_must_check_ int first_disk_check(const struct disk_opening *c, struct error **err);
/* Says why if the TPM cannot: it opens the disk all the same. */
void first_disk_remember(const struct disk_opening *c);

/* filesystem.c */
_must_check_ int filesystem_make(struct error **err);
/* Repairs what a cut left behind; *ret_repaired says that there was something. */
_must_check_ int filesystem_check(bool *ret_repaired, struct error **err);
/* Whether it ever was: between the first header and the first mount a cut may come. */
bool filesystem_was_mounted(void);
/*
 * Fills the device; *ret_grown says that there was more room. Then it is mounted meanwhile, which the
 * service's own mount namespace keeps from everybody else.
 */
_must_check_ int filesystem_grow(bool *ret_grown, struct error **err);

/* initialise.c, unlock.c, recover.c, by_key.c: the ways to an active device. */
struct disk_opening {
	say_function say;
	struct secrets *secrets;
	struct tpm *tpm;      /* NULL: there is none that works, and recovery may do without */
	struct error *no_tpm; /* why */
	bool by_key;	      /* the TPM, if any, is the host's: the owner hands over the key */
	struct tpm_pcrs pcrs;
	struct policy policy;
	const struct disk *disk;
	const struct disk *medium; /* with the recovery secret; NULL if there is none */
};

_must_check_ int disk_initialise(struct disk_opening *c, struct error **err);
/* Writes to the disk what is in memory, a volume with its slots and tokens. */
_must_check_ int disk_make(struct disk_opening *c, struct volume *v, struct error **err);
_must_check_ int disk_unlock(struct disk_opening *c, struct error **err);
/* The same for a disk whose key its owner hands over (formats/disk_key.h): they wait for it, for as long as it takes. */
_must_check_ int disk_initialise_by_key(struct disk_opening *c, struct error **err);
_must_check_ int disk_open_by_key(struct disk_opening *c, struct error **err);

/* header_check.c: the header of a disk, as found and with both copies as the one that was checked. */
struct disk_header {
	uint8_t *found, *mended;
	struct luks2 checked;
};

_must_check_ int disk_header_check(const struct disk_opening *c, struct disk_header *ret,
				   struct error **err);
void disk_header_release(struct disk_header *h);
/* Writes a copy that was torn or older than the other. */
_must_check_ int disk_header_mend(const struct disk_opening *c, const struct disk_header *h,
				  struct error **err);

/* By the recovery secret of a medium, after disk_unlock() said why not. */
_must_check_ int disk_recover(struct disk_opening *c, struct volume *v, const struct disk_header *h,
			      struct error **err);
/* Whether there is a service by which a key could come; then the same by a secret of recovery that the owner sends. */
bool disk_key_may_come(void);
_must_check_ int disk_recover_by_key(struct disk_opening *c, struct volume *v,
				     const struct disk_header *h, struct error **err);
/* Seals a new secret to the running image, if its TPM and policy allow that; says why not, and the disk is open in any
 * case. */
_must_check_ int disk_seal_anew(struct disk_opening *c, struct volume *v,
				const struct disk_header *h, struct error **err);

/* identity.c: writes DISK_IDENTITY of the disk that is open, if it can be recovered. */
_must_check_ int disk_identity_write(struct error **err);

/* open.c: the device, with a file system that is whole and fills it. */
_must_check_ int disk_open(say_function say, struct error **err);
_must_check_ int disk_close(say_function say, struct error **err);
