/*
 * Writes one artefact for the oracle scripts of this folder, with the same code as the builder.
 *
 *	oracle_make_artefacts fat OUT PATH=SIZE...	  a FAT32 volume; file content is a pattern
 *	oracle_make_artefacts verity DATA OUT UUID SALT	  a hash device; prints the root hash
 *	oracle_make_artefacts disk DIR UKI ROOT		  DIR/root.verity, disk.raw, disk.vhd;
 *							  prints the root hash and both digests
 *	oracle_make_artefacts cpio OUT			  an archive with one entry of each kind
 *	oracle_make_artefacts tar FOLDER OUT		  FOLDER as a tree, as root.erofs gets it
 *	oracle_make_artefacts erofs FOLDER DIR		  FOLDER as DIR/root.erofs by $MKFS_EROFS
 *	oracle_make_artefacts deb FILE DIR		  the same of a package, through a store in DIR
 *	oracle_make_artefacts image FOLDER DIR		  FOLDER as the root of an image, DIR/image.erofs: laid out
 *							  here, of contents that $MKFS_EROFS compresses
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>

#include "base/file.h"
#include "base/process.h"
#include "formats/cpio.h"
#include "formats/fat_layout.h"
#include "image/disk_vhd.h"
#include "formats/derived_uuid.h"
#include "image/root_erofs.h"
#include "image/root_image.h"
#include "image/root_verity.h"
#include "image/sparse_write.h"
#include "packages/unpack.h"

#include "../unit/sample_pieces.h"

#define FILES_MAX 64

static int usage(struct error **err)
{
	return error_set(err, -EINVAL, "see the top of tests/oracle/make_artefacts.c");
}

/* Byte i of file k: never a whole block of zeros, and different in every file. */
static int write_pattern(int fd, uint64_t offset, uint64_t size, size_t k)
{
	_cleanup_free_ uint8_t *bytes = malloc(size);

	if (!bytes)
		return -ENOMEM;
	for (uint64_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)('A' + (i / 64 + k) % 26);
	return pwrite_full(fd, SPAN(bytes, size), (off_t)offset);
}

static int write_volume(const char *path, const struct fat_layout *l, struct error **err)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || ftruncate(fd, (off_t)l->size) < 0)
		return error_errno(err, errno, "%s", path);
	for (size_t i = 0; i < l->n_pieces; i++) {
		const struct fat_piece *p = &l->pieces[i];
		int r = p->bytes ? pwrite_full(fd, SPAN(p->bytes, p->size), (off_t)p->offset)
				 : write_pattern(fd, p->offset, p->size, p->file);

		if (r < 0)
			return error_errno(err, -r, "%s", path);
	}
	return 0;
}

static int make_fat(char **arguments, struct error **err)
{
	_cleanup_(fat_layout_release) struct fat_layout layout = {0};
	struct fat_layout_file files[FILES_MAX];
	const struct fat_layout_options options = {
		.volume_id = 0x12345678,
		.volume_label = "ORACLE",
		.date = FAT_DATE_FIRST,
	};
	size_t n = 0;

	for (char **a = arguments + 1; *a; a++) {
		char *equals = strrchr(*a, '=');

		if (!equals || n == FILES_MAX ||
		    !parse_size(span_string(equals + 1), UINT64_MAX, &files[n].size))
			return usage(err);
		*equals = '\0';
		files[n++].path = *a;
	}

	int r = fat_layout_make(files, n, &options, &layout, err);

	if (r < 0)
		return r;
	printf("cluster_size=%" PRIu32 " clusters=%" PRIu32 " size=%" PRIu64 "\n",
	       layout.cluster_size, layout.count_of_clusters, layout.size);
	return write_volume(arguments[0], &layout, err);
}

static int write_block(void *context, uint64_t offset, struct span block, struct error **err)
{
	int r = pwrite_full(*(int *)context, block, (off_t)offset);

	return r < 0 ? error_errno(err, -r, "cannot write") : 0;
}

static int make_verity(char **arguments, struct error **err)
{
	_cleanup_(verity_builder_freep) struct verity_builder *builder = NULL;
	_cleanup_(file_map_release) struct file_map data = {0};
	_cleanup_close_ int fd = open(arguments[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	struct verity_parameters p = {.salt_size = strlen(arguments[3]) / 2};
	_cleanup_free_ uint8_t *digests = NULL;
	uint8_t superblock[VERITY_BLOCK_SIZE], root_hash[VERITY_DIGEST_SIZE];
	char hex[ROOT_HASH_HEX_SIZE];
	struct guid uuid;
	int r = file_map(arguments[0], &data, err);

	if (r < 0)
		return r;
	if (fd < 0)
		return error_errno(err, errno, "%s", arguments[1]);
	if (!guid_parse(arguments[2], &uuid) || p.salt_size > sizeof(p.salt) ||
	    !hex_decode(span_string(arguments[3]), p.salt, p.salt_size))
		return usage(err);
	uuid = uuid_guid(uuid.bytes); /* swaps back to the order of the text */
	memcpy(p.uuid, uuid.bytes, sizeof(p.uuid));
	p.data_blocks = data.data.n / VERITY_BLOCK_SIZE;
	digests = calloc(p.data_blocks, VERITY_DIGEST_SIZE);
	r = digests ? verity_builder_new(&p, write_block, &fd, &builder, err) : error_oom(err);
	if (r >= 0)
		r = verity_hash_blocks(&p, data.data, digests, err);
	if (r >= 0)
		r = verity_builder_add_digests(builder, digests, p.data_blocks, err);
	if (r >= 0)
		r = verity_builder_end(builder, root_hash, err);
	if (r < 0)
		return r;
	verity_encode_superblock(&p, superblock);
	r = pwrite_full(fd, SPAN(superblock, sizeof(superblock)), 0);
	hex_encode(SPAN(root_hash, sizeof(root_hash)), hex);
	printf("%s\n", hex);
	return r < 0 ? error_errno(err, -r, "%s", arguments[1]) : 0;
}

static int make_disk(char **arguments, struct error **err)
{
	_cleanup_free_ char *verity = path_join(arguments[0], "root.verity");
	_cleanup_free_ char *raw = path_join(arguments[0], "disk.raw");
	_cleanup_free_ char *vhd = path_join(arguments[0], "disk.vhd");
	_cleanup_(disk_raw_release) struct disk_raw disk = {0};
	_cleanup_(pieces_release) struct pieces root_pieces = {0};
	struct disk_raw_parts parts = {.uki = arguments[1], .root = &root_pieces};
	_cleanup_(root_verity_release) struct root_verity root = {0};
	struct disk_vhd image = {0};
	char raw_hex[DIGEST_HEX_MAX], vhd_hex[DIGEST_HEX_MAX];
	uint8_t uuid[16];
	int r;

	if (!verity || !raw || !vhd)
		return error_oom(err);
	derived_uuid("root", SPAN_LITERAL("oracle"), uuid);
	r = pieces_of_file(arguments[2], &root_pieces, err);
	if (r >= 0)
		r = root_verity_make(&root_pieces, uuid, &root, err);
	parts.verity = buffer_span(&root.bytes);
	if (r >= 0)
		r = file_write(verity, parts.verity, err);
	memcpy(parts.root_hash, root.root_hash, sizeof(parts.root_hash));
	if (r >= 0)
		r = disk_raw_write(&parts, raw, &disk, err);
	if (r >= 0)
		r = disk_vhd_write(raw, &disk, vhd, &image, err);
	if (r < 0)
		return r;
	digest_hex(&disk.sha256, raw_hex);
	digest_hex(&image.sha256, vhd_hex);
	printf("root_hash=%s\nraw_sha256=%s\nvhd_sha256=%s\n", root.root_hash_hex, raw_hex,
	       vhd_hex);
	return 0;
}

static int make_cpio(char **arguments, struct error **err)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(1u << 20);
	struct cpio_writer w = {.out = &b};

	cpio_add(&w, CPIO_DIRECTORY | 0755, "dev", SPAN(NULL, 0));
	cpio_add_device(&w, 0600, "dev/console", 5, 1);
	cpio_add(&w, CPIO_DIRECTORY | 0700, "etc", SPAN(NULL, 0));
	cpio_add(&w, CPIO_FILE | 0640, "etc/empty", SPAN(NULL, 0));
	cpio_add(&w, CPIO_FILE | 0755, "init", SPAN_LITERAL("not aligned to four"));
	cpio_add(&w, CPIO_SYMLINK | 0777, "link", SPAN_LITERAL("etc/empty"));
	cpio_end(&w);
	return buffer_ok(&b) ? file_write(arguments[0], buffer_span(&b), err) : error_oom(err);
}

/* A folder as a tree, with owners, modes and a link that a folder of the host would not have. */
static int make_tree(const char *folder, struct tree **ret, struct error **err)
{
	_cleanup_(tree_freep) struct tree *t = tree_new();
	const struct tree_entry odd[] = {
		{.path = "odd",
		 .type = TREE_DIRECTORY,
		 .mode = 01777,
		 .uid = 65534,
		 .gid = 5,
		 .origin = "o"},
		{.path = "odd/link",
		 .type = TREE_SYMLINK,
		 .mode = 0777,
		 .target = "../nowhere",
		 .origin = "o"},
		{.path = "odd/owned",
		 .type = TREE_FILE,
		 .mode = 04711,
		 .uid = 3000000,
		 .gid = 12,
		 .origin = "o",
		 .content = {.size = 6, .bytes = (const uint8_t *)"owned\n"}},
	};

	if (!t)
		return error_oom(err);

	int r = tree_add_directory(t, folder, "", "oracle", TREE_REFUSE, err);

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(odd); i++)
		r = tree_add(t, &odd[i], TREE_REFUSE, err);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(t);
	return 0;
}

static int make_tar(char **arguments, struct error **err)
{
	_cleanup_(tree_freep) struct tree *t = NULL;
	_cleanup_close_ int fd = open(arguments[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	int r = make_tree(arguments[0], &t, err);

	if (r < 0)
		return r;
	return fd < 0 ? error_errno(err, errno, "%s", arguments[1])
		      : root_erofs_write_tar(t, fd, err);
}

static int run_here(void *context, const char *const *argv, int stdin_fd, const char *output_dir,
		    struct error **err)
{
	const char *command[32] = {"env", "-C", output_dir, "SOURCE_DATE_EPOCH=0", context};
	size_t n = 5;

	for (const char *const *a = argv + 1; *a && n + 1 < ARRAY_SIZE(command); a++)
		command[n++] = *a;

	struct process_options options = PROCESS_OPTIONS(command);

	options.stdin_fd = stdin_fd;
	return process_run(&options, NULL, err);
}

static int write_erofs(const struct tree *t, const char *directory, struct error **err)
{
	char *program = getenv("MKFS_EROFS");
	struct image_tool_runner runner = {run_here, program};
	uint8_t uuid[16];

	if (!program)
		return usage(err);
	derived_uuid("root", SPAN_LITERAL("oracle"), uuid);
	return root_erofs_make(t, uuid, &runner, directory, err);
}

static int make_erofs(char **arguments, struct error **err)
{
	_cleanup_(tree_freep) struct tree *t = NULL;
	int r = make_tree(arguments[0], &t, err);

	return r < 0 ? r : write_erofs(t, arguments[1], err);
}

static int unpack(const struct store *s, const char *deb, const char *directory,
		  struct unpacked *ret, struct error **err)
{
	_cleanup_free_ char *copy = path_join(directory, "deb");
	_cleanup_(file_map_release) struct file_map map = {0};
	struct digest sha256;
	int r = copy ? file_map(deb, &map, err) : error_oom(err);

	if (r < 0)
		return r;
	sha256 = digest_bytes(DIGEST_SHA256, map.data);
	r = file_write(copy, map.data, err);
	if (r >= 0)
		r = store_adopt(s, copy, &sha256, map.data.n, err);
	return r < 0 ? r : unpack_deb(s, &sha256, "oracle", ret, err);
}

static int make_deb(char **arguments, struct error **err)
{
	_cleanup_free_ char *path = path_join(arguments[1], "store");
	_cleanup_(store_release) struct store store = {0};
	_cleanup_(unpacked_release) struct unpacked unpacked = {0};
	int r = path ? store_open(path, &store, err) : error_oom(err);

	if (r >= 0)
		r = unpack(&store, arguments[0], arguments[1], &unpacked, err);
	return r < 0 ? r : write_erofs(unpacked.tree, arguments[1], err);
}

static int write_image(const struct contents_inputs *in, const char *output, struct error **err)
{
	_cleanup_(digest_stream_freep) struct digest_stream *digest = NULL;
	_cleanup_(root_image_release) struct root_image image = {0};
	uint8_t uuid[16];
	int r;

	derived_uuid("root", SPAN_LITERAL("oracle"), uuid);
	r = root_image_make(in, uuid, &image, err);
	return r < 0 ? r : sparse_write(&image.pieces, output, &digest, err);
}

static int make_image(char **arguments, struct error **err)
{
	_cleanup_free_ char *path = path_join(arguments[1], "store");
	_cleanup_free_ char *output = path_join(arguments[1], "image.erofs");
	_cleanup_(store_release) struct store store = {0};
	_cleanup_(tree_freep) struct tree *t = NULL;
	const struct image_tool_runner runner = {run_here, getenv("MKFS_EROFS")};
	const struct digest no_build_root = {.algorithm = DIGEST_SHA256};
	struct contents_inputs in = {
		.store = &store,
		.build_root = &no_build_root,
		.runner = &runner,
		.directory = arguments[1],
	};
	int r = path && output ? store_open(path, &store, err) : error_oom(err);

	if (r >= 0)
		r = runner.context ? make_tree(arguments[0], &t, err) : usage(err);
	in.tree = t;
	return r < 0 ? r : write_image(&in, output, err);
}

static const struct {
	const char *name;
	int arguments_min;
	int (*make)(char **arguments, struct error **err);
} artefacts[] = {
	{"fat", 1, make_fat},	{"verity", 4, make_verity}, {"disk", 3, make_disk},
	{"cpio", 1, make_cpio}, {"tar", 2, make_tar},	    {"erofs", 2, make_erofs},
	{"deb", 2, make_deb},	{"image", 2, make_image},
};

int main(int argc, char **argv)
{
	_cleanup_error_ struct error *err = NULL;
	int r = -EINVAL;

	for (size_t i = 0; argc >= 2 && i < ARRAY_SIZE(artefacts); i++)
		if (string_equal(argv[1], artefacts[i].name) &&
		    argc - 2 >= artefacts[i].arguments_min)
			r = artefacts[i].make(argv + 2, &err);
	if (r < 0)
		fprintf(stderr, "%s: %s\n", argv[0], err ? error_message(err) : "unknown artefact");
	return r < 0;
}
