#include "test.h"

#include <errno.h>

#include "guest/disk/disk.h"

#define GIB (1ull << 30)

static void add(struct disks *l, const char *path, enum disk_content content)
{
	struct disk *d = &l->items[l->n++];

	*d = (struct disk){.size = GIB, .content = content, .found = "'ext4'"};
	snprintf(d->path, sizeof(d->path), "%s", path);
}

static void chosen(const struct disks *l, const char *path)
{
	const struct disk *d = NULL;
	struct error *err = NULL;

	assert_done(disks_choose(l, &d, &err), &err);
	assert_string_equal(d->path, path);
}

static void refused(const struct disks *l, int code, const char *message)
{
	const struct disk *d = NULL;
	struct error *err = NULL;

	assert_failed(disks_choose(l, &d, &err), code, message, &err);
}

static void one(void **state)
{
	static struct disks l;

	(void)state;
	refused(&l, ENODEV, "no disk to keep data on: attach a blank one of at least 64 MiB");
	add(&l, "/dev/vdb", DISK_BLANK);
	chosen(&l, "/dev/vdb");
	l.items[0].content = DISK_UNFINISHED;
	chosen(&l, "/dev/vdb");
	l.items[0].content = DISK_OURS;
	chosen(&l, "/dev/vdb");
	l.items[0].content = DISK_FOREIGN;
	refused(&l, ERROR_REFUSED,
		"'/dev/vdb' is not blank and not a disk of tdnode: it holds 'ext4'; nothing was "
		"written. Attach a blank disk, or overwrite its first and last MiB with zeros if "
		"nobody needs it");
	l.items[0].content = DISK_BLANK;
	l.items[0].read_only = true;
	refused(&l, ENODEV, "no disk to keep data on: attach a blank one of at least 64 MiB");
	l.items[0].read_only = false;
	l.items[0].size = DISK_SIZE_MIN - 512;
	refused(&l, ENOSPC, "'/dev/vdb' has 67108352 bytes: at least 64 MiB are needed");
}

static void several(void **state)
{
	static struct disks l;

	(void)state;
	add(&l, "/dev/vdb", DISK_BLANK);
	add(&l, "/dev/vdc", DISK_BLANK);
	refused(&l, EEXIST,
		"2 disks and none of them is initialised: attach one blank disk only, or at LUN "
		"10; "
		"nothing was written");
	l.items[1].content = DISK_FOREIGN;
	refused(&l, EEXIST,
		"2 disks and none of them is initialised: attach one blank disk only, or at LUN "
		"10; "
		"nothing was written");
	l.items[1].content = DISK_OURS;
	chosen(&l, "/dev/vdc");
	l.items[0].content = DISK_OURS;
	refused(&l, EEXIST,
		"'/dev/vdb' and '/dev/vdc' are both disks of tdnode: detach one of them; nothing "
		"was "
		"written");
	l.items[0].content = DISK_UNFINISHED;
	chosen(&l, "/dev/vdc");
	l.items[1].content = DISK_BLANK;
	chosen(&l, "/dev/vdb");
	l.items[1].content = DISK_UNFINISHED;
	refused(&l, EEXIST,
		"'/dev/vdb' and '/dev/vdc' are both disks that tdnode began to initialise: detach "
		"one "
		"of them; nothing was written");
}

static void recovery(void **state)
{
	static struct disks l;

	(void)state;
	assert_null(disks_recovery(&l));
	add(&l, "/dev/vdb", DISK_RECOVERY);
	refused(&l, ENODEV, "no disk to keep data on: attach a blank one of at least 64 MiB");
	add(&l, "/dev/vdc", DISK_BLANK);
	chosen(&l, "/dev/vdc");
	assert_string_equal(disks_recovery(&l)->path, "/dev/vdb");
}

static void lun_10(void **state)
{
	static struct disks l;

	(void)state;
	/* The cloud's scratch disk is not touched. */
	add(&l, "/dev/sdb", DISK_FOREIGN);
	add(&l, "/dev/sdc", DISK_BLANK);
	l.items[1].is_lun_10 = true;
	chosen(&l, "/dev/sdc");
	l.items[1].content = DISK_FOREIGN;
	refused(&l, ERROR_REFUSED,
		"'/dev/sdc' is not blank and not a disk of tdnode: it holds 'ext4'; nothing was "
		"written. Attach a blank disk, or overwrite its first and last MiB with zeros if "
		"nobody needs it");
	l.items[0].is_lun_10 = true;
	refused(&l, EEXIST,
		"'/dev/sdb' and '/dev/sdc' are both at LUN 10: detach one of them; nothing was "
		"written");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one),
		cmocka_unit_test(several),
		cmocka_unit_test(recovery),
		cmocka_unit_test(lun_10),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
