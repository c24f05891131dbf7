/* Where a disk is attached, as the kernel shows it; all of it is the host's word. */
#include <limits.h>

#include "guest/disk/disk.h"

/* Azure's sizes of version 6 and later: the remote disks are namespaces of one controller, numbered LUN + 2. */
#define AZURE_REMOTE "MSFT NVMe Accelerator v1.0"
#define AZURE_NAMESPACE_OF_LUN 2u
/* Its local disks are controllers of their own ("... Direct Disk", "... Direct Disk v2"). */
#define AZURE_LOCAL "Microsoft NVMe Direct Disk"
#define DATA_LUN 10u

/* The folder "device" of a SCSI disk is named HOST:CHANNEL:TARGET:LUN. */
static bool is_scsi_lun_10(const char *folder)
{
	_cleanup_free_ char *link = path_join(folder, "device");
	char target[PATH_MAX];
	const char *address;
	size_t colons = 0;

	if (!link || !realpath(link, target))
		return false;
	address = path_basename(target);
	for (const char *p = address; *p; p++)
		colons += *p == ':';
	return colons == 3 && string_ends(address, ":10");
}

void disk_place_read(const char *sys_block, const char *name, struct disk *d)
{
	_cleanup_free_ char *folder = path_join(sys_block, name);
	_cleanup_free_ char *number = folder ? path_join(folder, "nsid") : NULL;
	_cleanup_free_ char *path = folder ? path_join(folder, "device/model") : NULL;
	/* Filled up with blanks there. */
	_cleanup_free_ char *model = path ? file_read_attribute(path) : NULL;
	uint64_t nsid;

	if (!number || !path)
		return;
	d->is_temporary = model && string_starts(model, AZURE_LOCAL);
	d->is_lun_10 = is_scsi_lun_10(folder) || (model && string_equal(model, AZURE_REMOTE) &&
						  file_read_number(number, UINT32_MAX, &nsid) &&
						  nsid == DATA_LUN + AZURE_NAMESPACE_OF_LUN);
}
