#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "base/process.h"
#include "guest/disk/disk.h"

/* <linux/ext4.h> of kernel headers that have it. */
#define RESIZE_FS _IOW('f', 16, uint64_t)

/* Exit status of e2fsck(8): errors were corrected; it has to run again with the answers of a person. */
#define FSCK_CORRECTED 1
#define FSCK_LINE_MAX 200u

/* The superblock: Documentation/filesystems/ext4/super.rst. */
#define SUPERBLOCK_OFFSET 1024
#define SUPERBLOCK_SIZE 1024u
#define S_BLOCKS_COUNT_LO 0x4
#define S_LOG_BLOCK_SIZE 0x18
#define S_MTIME 0x2c
#define S_MAGIC 0x38
#define S_STATE 0x3a
#define S_FEATURE_INCOMPAT 0x60
#define S_LAST_ORPHAN 0xe8
#define S_BLOCKS_COUNT_HI 0x150
#define S_ERROR_COUNT 0x194
#define EXT4_MAGIC 0xef53
#define STATE_CLEAN 1
#define INCOMPAT_RECOVER 0x4u
#define LOG_BLOCK_SIZE_MAX 6u /* 64 KiB */

static int sync_device(struct error **err)
{
	_cleanup_close_ int fd = open(DISK_MAPPER, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		return error_errno(err, errno, "cannot write the new file system");
	return 0;
}

int filesystem_make(struct error **err)
{
	/* Everything is said here: there is no mke2fs.conf. Tables of inodes are cleared by the
	 * kernel later; the journal's old blocks are random, so they need no clearing. */
	static const char *const argv[] = {
		"mke2fs",
		"-q",
		"-F",
		"-t",
		"ext4",
		"-b",
		"4096",
		"-I",
		"256",
		"-m",
		"0",
		"-O",
		"none,has_journal,ext_attr,resize_inode,dir_index,filetype,extent,64bit,"
		"flex_bg,sparse_super,large_file,huge_file,dir_nlink,extra_isize,metadata_csum",
		"-E",
		"nodiscard,lazy_itable_init=1,lazy_journal_init=1",
		"-L",
		"tdnode",
		DISK_MAPPER,
		NULL,
	};
	struct process_options options = PROCESS_OPTIONS(argv);
	int r = process_run(&options, NULL, err);

	return r < 0 ? r : sync_device(err);
}

static int run_fsck(int output, int *ret_status, struct error **err)
{
	static const char *const argv[] = {"e2fsck", "-p", DISK_MAPPER, NULL};
	struct process_options options = PROCESS_OPTIONS(argv);
	pid_t pid;
	int r;

	options.stdout_fd = output;
	options.stderr_fd = output;
	r = process_start(&options, &pid, err);
	if (r < 0)
		return r;
	while (waitpid(pid, ret_status, 0) < 0) {
		if (errno != EINTR)
			return error_errno(err, errno, "cannot wait for e2fsck");
	}
	return 0;
}

/* The first line that e2fsck wrote tells what is wrong. */
static int explain_fsck(int output, int status, struct error **err)
{
	char text[FSCK_LINE_MAX + 1] = {0};

	if (pread(output, text, FSCK_LINE_MAX, 0) < 0)
		text[0] = 0;
	text[strcspn(text, "\r\n")] = 0;
	return error_set(
		err, -EUCLEAN,
		"e2fsck does not repair the file system by itself (status %d, '%s'): a disk "
		"that was made smaller opens at its old size, any other needs its backup",
		WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), text);
}

/* What the superblock says, and the device. */
struct extent {
	uint8_t superblock[SUPERBLOCK_SIZE];
	unsigned block_bits;
	uint64_t blocks, room; /* of the file system, of the device */
};

static int read_extent(struct extent *ret, struct error **err)
{
	_cleanup_close_ int fd = open(DISK_MAPPER, O_RDONLY | O_CLOEXEC);
	uint8_t *s = ret->superblock;
	uint64_t size = 0;
	uint32_t log;

	if (fd < 0 || ioctl(fd, BLKGETSIZE64, &size) < 0 ||
	    pread(fd, s, SUPERBLOCK_SIZE, SUPERBLOCK_OFFSET) != (ssize_t)SUPERBLOCK_SIZE)
		return error_errno(err, errno, "cannot read the superblock");
	log = get_le32(s + S_LOG_BLOCK_SIZE);
	if (get_le16(s + S_MAGIC) != EXT4_MAGIC || log > LOG_BLOCK_SIZE_MAX)
		return error_set(err, -EUCLEAN, "there is no superblock of ext4");
	ret->block_bits = 10 + log;
	ret->blocks =
		(uint64_t)get_le32(s + S_BLOCKS_COUNT_HI) << 32 | get_le32(s + S_BLOCKS_COUNT_LO);
	ret->room = size >> ret->block_bits;
	return 0;
}

/*
 * Whether e2fsck has nothing to do, by the fields that it looks at first: unmounted in order, no journal
 * to replay, no error noted, no orphans, not larger than the device. To start it only to hear that takes
 * half a second where QEMU translates code. The superblock's checksum is for the kernel to verify.
 */
static bool is_clean(void)
{
	struct extent e;
	const uint8_t *s = e.superblock;

	return read_extent(&e, NULL) >= 0 && get_le16(s + S_STATE) == STATE_CLEAN &&
	       !(get_le32(s + S_FEATURE_INCOMPAT) & INCOMPAT_RECOVER) &&
	       get_le32(s + S_ERROR_COUNT) == 0 && get_le32(s + S_LAST_ORPHAN) == 0 &&
	       e.blocks <= e.room;
}

int filesystem_check(bool *ret_repaired, struct error **err)
{
	_cleanup_close_ int output = memfd_create("e2fsck", MFD_CLOEXEC);
	int status = 0;
	int r;

	*ret_repaired = false;
	if (is_clean())
		return 0;
	r = output < 0 ? error_errno(err, errno, "memory for e2fsck's words")
		       : run_fsck(output, &status, err);
	if (r < 0)
		return r;
	*ret_repaired = WIFEXITED(status) && WEXITSTATUS(status) == FSCK_CORRECTED;
	if (*ret_repaired || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
		return 0;
	return explain_fsck(output, status, err);
}

bool filesystem_was_mounted(void)
{
	struct extent e;

	return read_extent(&e, NULL) >= 0 && get_le32(e.superblock + S_MTIME) != 0;
}

static int resize(uint64_t blocks, struct error **err)
{
	_cleanup_close_ int root = open(DISK_MOUNT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return root < 0 || ioctl(root, RESIZE_FS, &blocks) < 0
		       ? error_errno(err, errno, "cannot grow the file system")
		       : 0;
}

int filesystem_grow(bool *ret_grown, struct error **err)
{
	struct extent before, after;
	int r = read_extent(&before, err);

	*ret_grown = false;
	if (r < 0 || before.blocks >= before.room)
		return r;
	if (mount(DISK_MAPPER, DISK_MOUNT, "ext4", 0, "errors=remount-ro") < 0)
		return error_errno(err, errno, "cannot mount it to grow it");
	r = resize(before.room, err);
	if (umount2(DISK_MOUNT, UMOUNT_NOFOLLOW) < 0 && r >= 0)
		r = error_errno(err, errno, "cannot unmount it after it was grown");
	if (r >= 0)
		r = read_extent(&after, err);
	if (r >= 0)
		*ret_grown = after.blocks > before.blocks;
	return r;
}
