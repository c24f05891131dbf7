#include "test.h"

#include <sys/stat.h>

#include "guest/disk/disk.h"

/* A folder of sysfs with one disk, which holds these files. */
static char *sys_block(const char *device, const char *model, const char *nsid)
{
	char *folder = test_folder();
	_cleanup_free_ char *disk = path_join(folder, "x");
	_cleanup_free_ char *target = string_printf("%s/%s", folder, device);
	_cleanup_free_ char *link = path_join(disk, "device");
	_cleanup_free_ char *model_file = path_join(target, "model");
	_cleanup_free_ char *nsid_file = path_join(disk, "nsid");

	assert_int_equal(directory_make(disk, NULL), 0);
	assert_int_equal(directory_make(target, NULL), 0);
	assert_int_equal(symlink(target, link), 0);
	if (model)
		assert_int_equal(file_write(model_file, span_string(model), NULL), 0);
	if (nsid)
		assert_int_equal(file_write(nsid_file, span_string(nsid), NULL), 0);
	return folder;
}

static void finds_the_place(void **state)
{
	static const struct {
		const char *device, *model, *nsid;
		bool is_lun_10, is_temporary;
	} cases[] = {
		{"0:0:0:10", NULL, NULL, true, false},
		{"5:0:1:10", "Virtual Disk    \n", NULL, true, false},
		{"0:0:0:0", NULL, NULL, false, false},
		{"0:0:0:110", NULL, NULL, false, false},
		{"0:0:10", NULL, NULL, false, false},
		{"virtio3", NULL, NULL, false, false},
		{"nvme0", "MSFT NVMe Accelerator v1.0              \n", "12\n", true, false},
		{"nvme0", "MSFT NVMe Accelerator v1.0\n", "12\n", true, false},
		{"nvme0", "MSFT NVMe Accelerator v1.0\n", "10\n", false, false},
		{"nvme0", "MSFT NVMe Accelerator v1.0\n", "1\n", false, false},
		{"nvme0", "MSFT NVMe Accelerator v1.0\n", "4294967308\n", false, false},
		{"nvme0", "MSFT NVMe Accelerator v1.0\n", NULL, false, false},
		{"nvme0", "QEMU NVMe Ctrl\n", "12\n", false, false},
		{"nvme1", "Microsoft NVMe Direct Disk v2           \n", "1\n", false, true},
		{"nvme1", "Microsoft NVMe Direct Disk\n", "12\n", false, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *folder = sys_block(cases[i].device, cases[i].model, cases[i].nsid);
		struct disk d = {0};

		disk_place_read(folder, "x", &d);
		assert_int_equal(d.is_lun_10, cases[i].is_lun_10);
		assert_int_equal(d.is_temporary, cases[i].is_temporary);
		test_folder_free(folder);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
