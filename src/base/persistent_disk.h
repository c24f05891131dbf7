/* The opened persistent disk inside a VM: guest/disk makes the device, guest/persistent mounts it. */
#pragma once

#define DISK_NAME "persistent"
#define DISK_MAPPER "/dev/mapper/" DISK_NAME
#define DISK_MOUNT "/persistent"
