/*
 * UEFI device paths: UEFI specification 2.10, chapter 10. Where a boot option or a measured program
 * comes from.
 */
#pragma once

#include "base/buffer.h"
#include "base/text.h"

/* Of a path that is written as text: real ones have fewer than ten nodes. */
#define DEVICE_PATH_NODES_MAX 64u

/*
 * Appends the path as text, in the specification's notation (10.6) for the nodes that machines with
 * disks and networks have: "PciRoot(0x0)/Pci(0x1,0x0)/HD(1,GPT,...)/\EFI\BOOT\BOOTX64.EFI". Other
 * nodes are "Path(type,subtype,hex)". A path that is cut off ends with "/?".
 */
void device_path_text(struct span path, struct buffer *b);

/* Appends the names of the path's file nodes alone, as "\EFI\BOOT\BOOTX64.EFI". */
void device_path_file(struct span path, struct buffer *b);

/* The GUID of the first vendor-defined media node: whose memory the program came from. */
_must_check_ bool device_path_vendor_media(struct span path, struct guid *ret);

/* True if the path leads into a firmware volume: the program is part of the firmware. */
bool device_path_is_firmware(struct span path);
