#include "formats/fat_layout.h"

#include <errno.h>
#include <inttypes.h>

#include "base/text.h"
#include "formats/fat.h"

#define RESERVED_SECTORS 32u /* the specification's usual number; a few more align the data */
#define FSINFO_SECTOR 1u
#define BACKUP_BOOT_SECTOR 6u
#define BOOT_REGION_SECTORS (BACKUP_BOOT_SECTOR + 2)
#define FAT_COPIES 2u
#define DATA_ALIGNMENT_SECTORS 8u /* 4 KiB: pages of the disk's reader */
#define ROOT_CLUSTER 2u
#define END_OF_CHAIN 0x0fffffffu
#define MEDIA_FIXED 0xf8u
#define SHORT_NAME_TAIL_MAX 999999u
/* Files and directories. */
#define NODES_MAX 4096u
/* Each node may take 21 entries of its parent, and a directory part of a cluster of 16 KiB. */
#define DIRECTORIES_MAX (NODES_MAX * (size_t)(21 * FAT_DIRECTORY_ENTRY_SIZE + 16384))
#define NODE_NONE SIZE_MAX

/* The specification advises to stay 16 clusters away from the border, as drivers compute it
 * wrongly. */
#define CLUSTERS_MIN (FAT32_CLUSTERS_MIN + 16)

/* A directory or file. Node 0 is the root; children come after their parent. */
struct node {
	char name[FAT_LAYOUT_NAME_MAX + 1];
	uint8_t short_name[FAT_SHORT_NAME_SIZE];
	bool has_short_name;
	bool needs_long_name;
	bool is_directory;
	size_t parent;
	size_t file;
	uint64_t size; /* bytes of content, or of a directory's entries */
	uint32_t first_cluster;
	uint32_t clusters;
};

struct plan {
	const struct fat_layout_options *options;
	uint8_t label[FAT_SHORT_NAME_SIZE];
	struct node *nodes;
	size_t n, capacity;
	/* Geometry. */
	uint32_t sectors_per_cluster;
	uint32_t reserved_sectors;
	uint32_t table_sectors;
	uint32_t total_sectors;
	uint32_t count_of_clusters;
	uint32_t clusters_used;
};

static void plan_release(struct plan *p)
{
	free(p->nodes);
}

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool equal_ignoring_case(const char *a, const char *b)
{
	while (*a != '\0' && upper(*a) == upper(*b)) {
		a++;
		b++;
	}
	return upper(*a) == upper(*b);
}

static bool is_long_name_character(char c)
{
	return c >= ' ' && c <= '~' && !strchr("\"*:<>?\\|", c);
}

static bool is_short_name_character(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("$%'-_@~`!(){}^#&", c));
}

static int check_component(const char *path, struct span name, struct error **err)
{
	if (name.n > FAT_LAYOUT_NAME_MAX)
		return error_set(err, -EINVAL, "FAT: '%s': a name is longer than %u characters",
				 path, FAT_LAYOUT_NAME_MAX);
	for (size_t i = 0; i < name.n; i++)
		if (!is_long_name_character((char)name.p[i]))
			return error_set(err, -EINVAL,
					 "FAT: '%s': character 0x%02x cannot be in a name", path,
					 name.p[i]);
	if (name.p[name.n - 1] == '.' || name.p[name.n - 1] == ' ' || name.p[0] == ' ')
		return error_set(err, -EINVAL,
				 "FAT: '%s': a name begins with a blank or ends in a blank or dot",
				 path);
	return 0;
}

static size_t find_child(const struct plan *p, size_t parent, const char *name)
{
	for (size_t i = 1; i < p->n; i++)
		if (p->nodes[i].parent == parent && equal_ignoring_case(p->nodes[i].name, name))
			return i;
	return NODE_NONE;
}

static int add_node(struct plan *p, const struct node *n, struct error **err)
{
	if (p->n == NODES_MAX)
		return error_set(err, -EINVAL, "FAT: more than %u files and directories",
				 NODES_MAX);
	if (array_reserve(&p->nodes, &p->capacity, p->n + 1, sizeof(*p->nodes)) < 0)
		return error_oom(err);
	p->nodes[p->n++] = *n;
	return 0;
}

/* Adds one component of a path below *parent, which becomes the component. */
static int add_component(struct plan *p, const char *path, struct span name, bool is_last,
			 const struct fat_layout_file *file, size_t index, size_t *parent,
			 struct error **err)
{
	struct node n = {.parent = *parent, .is_directory = !is_last, .file = index};
	int r = check_component(path, name, err);

	if (r < 0)
		return r;
	memcpy(n.name, name.p, name.n);
	n.size = is_last ? file->size : 0;

	size_t known = find_child(p, *parent, n.name);

	if (known == NODE_NONE) {
		*parent = p->n;
		return add_node(p, &n, err);
	}
	if (is_last || !p->nodes[known].is_directory || !string_equal(p->nodes[known].name, n.name))
		return error_set(err, -EEXIST, "FAT: '%s' clashes with another path at '%s'", path,
				 n.name);
	*parent = known;
	return 0;
}

static int add_file(struct plan *p, const struct fat_layout_file *file, size_t index,
		    struct error **err)
{
	size_t parent = 0;

	if (!path_is_confined(file->path))
		return error_set(err, -EINVAL, "FAT: '%s' is not a relative path", file->path);
	if (file->size > UINT32_MAX)
		return error_set(err, -EFBIG,
				 "FAT: '%s': %" PRIu64 " bytes are more than a file can have",
				 file->path, file->size);
	for (const char *rest = file->path; *rest != '\0';) {
		size_t n = strcspn(rest, "/");
		int r = add_component(p, file->path, SPAN(rest, n), rest[n] == '\0', file, index,
				      &parent, err);

		if (r < 0)
			return r;
		rest += n;
		rest += *rest == '/';
	}
	return 0;
}

static int set_label(struct plan *p, struct error **err)
{
	const char *label = p->options->volume_label ? p->options->volume_label : "NO NAME";

	if (strlen(label) > FAT_SHORT_NAME_SIZE)
		return error_set(err, -EINVAL, "FAT: the label '%s' is longer than %u characters",
				 label, FAT_SHORT_NAME_SIZE);
	memset(p->label, ' ', sizeof(p->label));
	for (size_t i = 0; label[i] != '\0'; i++) {
		if (label[i] != ' ' && !is_short_name_character(label[i]))
			return error_set(err, -EINVAL, "FAT: '%c' cannot be in the label '%s'",
					 label[i], label);
		p->label[i] = (uint8_t)label[i];
	}
	return 0;
}

/*
 * Fills `out` with the parts of a name around its last dot, upper-case. True if that is the name
 * itself but for case: every character is allowed and nothing was left out.
 */
static bool make_basis_name(const char *name, uint8_t out[FAT_SHORT_NAME_SIZE])
{
	const char *dot = strrchr(name, '.');
	const char *end = dot && dot != name ? dot : name + strlen(name);
	bool exact = true;
	size_t n = 0;

	memset(out, ' ', FAT_SHORT_NAME_SIZE);
	for (const char *c = name; *c != '\0'; c++) {
		size_t limit = c < end ? 8 : FAT_SHORT_NAME_SIZE;

		if (c == end) {
			n = 8;
			continue;
		}
		if (*c == ' ' || *c == '.' || n == limit) {
			exact = false;
			continue;
		}
		exact = exact && is_short_name_character(upper(*c));
		out[n++] = is_short_name_character(upper(*c)) ? (uint8_t)upper(*c) : '_';
	}
	return exact;
}

static bool is_upper_case(const char *name)
{
	for (; *name != '\0'; name++)
		if (upper(*name) != *name)
			return false;
	return true;
}

static bool short_name_taken(const struct plan *p, size_t parent,
			     const uint8_t name[FAT_SHORT_NAME_SIZE])
{
	for (size_t i = 1; i < p->n; i++)
		if (p->nodes[i].parent == parent && p->nodes[i].has_short_name &&
		    memcmp(p->nodes[i].short_name, name, FAT_SHORT_NAME_SIZE) == 0)
			return true;
	return false;
}

/* Replaces the end of the eight characters by "~N". */
static void set_tail(const uint8_t basis[FAT_SHORT_NAME_SIZE], unsigned number,
		     uint8_t out[FAT_SHORT_NAME_SIZE])
{
	char tail[8];
	size_t length = (size_t)snprintf(tail, sizeof(tail), "~%u", number);
	size_t at = 0;

	memcpy(out, basis, FAT_SHORT_NAME_SIZE);
	while (at < 8 - length && basis[at] != ' ')
		at++;
	memset(out + at, ' ', 8 - at);
	memcpy(out + at, tail, length);
}

/* Names that are short already keep theirs; then the others take what is left. */
static int choose_short_names(struct plan *p, struct error **err)
{
	uint8_t basis[FAT_SHORT_NAME_SIZE];

	for (size_t i = 1; i < p->n; i++) {
		struct node *n = &p->nodes[i];

		if (!make_basis_name(n->name, basis) || !is_upper_case(n->name)) {
			n->needs_long_name = true;
			continue;
		}
		memcpy(n->short_name, basis, FAT_SHORT_NAME_SIZE);
		n->has_short_name = true;
	}
	for (size_t i = 1; i < p->n; i++) {
		struct node *n = &p->nodes[i];
		unsigned tail = make_basis_name(n->name, basis) ? 0 : 1;

		if (n->has_short_name)
			continue;
		for (; tail <= SHORT_NAME_TAIL_MAX && !n->has_short_name; tail++) {
			uint8_t candidate[FAT_SHORT_NAME_SIZE];

			memcpy(candidate, basis, FAT_SHORT_NAME_SIZE);
			if (tail > 0)
				set_tail(basis, tail, candidate);
			if (short_name_taken(p, n->parent, candidate))
				continue;
			memcpy(n->short_name, candidate, FAT_SHORT_NAME_SIZE);
			n->has_short_name = true;
		}
		if (!n->has_short_name)
			return error_set(err, -EEXIST, "FAT: no short name is left for '%s'",
					 n->name);
	}
	return 0;
}

static size_t count_long_entries(const struct node *n)
{
	return n->needs_long_name
		       ? (strlen(n->name) + FAT_UNITS_PER_ENTRY - 1) / FAT_UNITS_PER_ENTRY
		       : 0;
}

/* Sizes of directories from what they hold. */
static void size_directories(struct plan *p)
{
	p->nodes[0].size = p->options->volume_label ? FAT_DIRECTORY_ENTRY_SIZE : 0;
	for (size_t i = 1; i < p->n; i++) {
		if (p->nodes[i].is_directory)
			p->nodes[i].size += (size_t)2 * FAT_DIRECTORY_ENTRY_SIZE; /* "." and ".." */
		p->nodes[p->nodes[i].parent].size +=
			(1 + count_long_entries(&p->nodes[i])) * FAT_DIRECTORY_ENTRY_SIZE;
	}
}

static uint64_t clusters_of(const struct node *n, uint32_t cluster_size)
{
	uint64_t clusters = (n->size + cluster_size - 1) / cluster_size;

	return n->is_directory ? MAX(clusters, 1u) : clusters;
}

/* Sets the geometry of the smallest volume with this cluster size, or of the one that is asked for. */
static void size_volume(struct plan *p, uint32_t sectors_per_cluster, uint64_t *ret_sectors)
{
	uint32_t cluster_size = sectors_per_cluster * FAT_SECTOR_SIZE;
	const uint64_t entries_per_sector = FAT_SECTOR_SIZE / 4;
	uint64_t used = 0, reserved, table, data, sectors, clusters;

	for (size_t i = 0; i < p->n; i++)
		used += clusters_of(&p->nodes[i], cluster_size);
	reserved = (p->options->reserve + cluster_size - 1) / cluster_size;
	clusters = MAX(used + reserved, (uint64_t)CLUSTERS_MIN);
	table = (clusters + 2 + entries_per_sector - 1) / entries_per_sector;
	data = align_up(RESERVED_SECTORS + FAT_COPIES * table, DATA_ALIGNMENT_SECTORS);
	sectors = align_up(data + clusters * sectors_per_cluster,
			   FAT_LAYOUT_ALIGNMENT / FAT_SECTOR_SIZE);
	sectors = MAX(sectors, p->options->size / FAT_SECTOR_SIZE);

	/* Rounding up added clusters, for which the table may be too small. */
	clusters = (sectors - data) / sectors_per_cluster;
	while (clusters + 2 > table * entries_per_sector) {
		table++;
		data = align_up(RESERVED_SECTORS + FAT_COPIES * table, DATA_ALIGNMENT_SECTORS);
		clusters = (sectors - data) / sectors_per_cluster;
	}
	p->sectors_per_cluster = sectors_per_cluster;
	p->table_sectors = (uint32_t)table;
	p->reserved_sectors = (uint32_t)(data - FAT_COPIES * table);
	p->total_sectors = (uint32_t)sectors;
	p->count_of_clusters = (uint32_t)clusters;
	p->clusters_used = (uint32_t)used;
	*ret_sectors = sectors;
}

/* Takes the first line of Microsoft's table that fits. */
static int choose_geometry(struct plan *p, struct error **err)
{
	static const struct {
		uint64_t sectors_max; /* of the volume */
		uint32_t sectors_per_cluster;
	} sizes[] = {
		{532480, 1},	/* 260 MiB */
		{16777216, 8},	/* 8 GiB */
		{33554432, 16}, /* 16 GiB */
		{67108864, 32}, /* 32 GiB */
	};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		uint64_t sectors;

		size_volume(p, sizes[i].sectors_per_cluster, &sectors);
		if (sectors > sizes[i].sectors_max)
			continue;
		if (p->options->size && sectors > p->options->size / FAT_SECTOR_SIZE)
			return error_set(err, -ENOSPC,
					 "FAT: the files do not fit into %" PRIu64 " bytes",
					 p->options->size);
		return 0;
	}
	return error_set(err, -EFBIG, "FAT: the files need more than 32 GiB");
}

/* Directories first, so that all metadata is one run; then the files in order. */
static void allocate_clusters(struct plan *p)
{
	uint32_t next = ROOT_CLUSTER;

	for (int files = 0; files <= 1; files++) {
		for (size_t i = 0; i < p->n; i++) {
			struct node *n = &p->nodes[i];

			if (n->is_directory == (files == 1))
				continue;
			n->clusters =
				(uint32_t)clusters_of(n, p->sectors_per_cluster * FAT_SECTOR_SIZE);
			n->first_cluster = n->clusters > 0 ? next : 0;
			next += n->clusters;
		}
	}
}

static void encode_boot_sector(const struct plan *p, uint8_t s[FAT_SECTOR_SIZE])
{
	memcpy(s, "\xeb\x58\x90", 3); /* BS_jmpBoot: past the fields */
	memcpy(s + 3, "MSWIN4.1", 8); /* BS_OEMName, as recommended: some drivers look at it */
	put_le16(s + 11, FAT_SECTOR_SIZE);
	s[13] = (uint8_t)p->sectors_per_cluster;
	put_le16(s + 14, (uint16_t)p->reserved_sectors);
	s[16] = FAT_COPIES;
	s[21] = MEDIA_FIXED;
	put_le16(s + 24, 63);  /* BPB_SecPerTrk and BPB_NumHeads: */
	put_le16(s + 26, 255); /* the geometry of large disks */
	put_le32(s + 28, p->options->hidden_sectors);
	put_le32(s + 32, p->total_sectors);
	put_le32(s + 36, p->table_sectors);
	put_le32(s + 44, ROOT_CLUSTER);
	put_le16(s + 48, FSINFO_SECTOR);
	put_le16(s + 50, BACKUP_BOOT_SECTOR);
	s[64] = 0x80; /* BS_DrvNum: fixed disk */
	s[66] = 0x29; /* BS_BootSig: the next three fields are there */
	put_le32(s + 67, p->options->volume_id);
	memcpy(s + 71, p->label, FAT_SHORT_NAME_SIZE);
	memcpy(s + 82, "FAT32   ", 8);
	s[510] = 0x55;
	s[511] = 0xaa;
}

static void encode_fsinfo(const struct plan *p, uint8_t s[FAT_SECTOR_SIZE])
{
	put_le32(s, 0x41615252);       /* FSI_LeadSig */
	put_le32(s + 484, 0x61417272); /* FSI_StrucSig */
	put_le32(s + 488, p->count_of_clusters - p->clusters_used);
	put_le32(s + 492, ROOT_CLUSTER + p->clusters_used); /* FSI_Nxt_Free */
	put_le32(s + 508, 0xaa550000);			    /* FSI_TrailSig */
}

static void make_boot_region(const struct plan *p, struct buffer *b)
{
	uint8_t *s = buffer_extend(b, (size_t)BOOT_REGION_SECTORS * FAT_SECTOR_SIZE);

	if (!s)
		return;
	encode_boot_sector(p, s);
	encode_fsinfo(p, s + (size_t)FSINFO_SECTOR * FAT_SECTOR_SIZE);
	memcpy(s + (size_t)BACKUP_BOOT_SECTOR * FAT_SECTOR_SIZE, s, 2 * (size_t)FAT_SECTOR_SIZE);
}

static void make_table(const struct plan *p, struct buffer *b)
{
	uint8_t *t = buffer_extend(b, (size_t)p->table_sectors * FAT_SECTOR_SIZE);

	if (!t)
		return;
	put_le32(t, 0x0fffff00 | MEDIA_FIXED);
	put_le32(t + 4, END_OF_CHAIN); /* with the bits "shut down cleanly" and "no errors" */
	for (size_t i = 0; i < p->n; i++) {
		const struct node *n = &p->nodes[i];

		for (uint32_t k = 0; k < n->clusters; k++) {
			uint32_t c = n->first_cluster + k;

			put_le32(t + 4 * (size_t)c, k + 1 < n->clusters ? c + 1 : END_OF_CHAIN);
		}
	}
}

static uint8_t *put_entry(const struct plan *p, uint8_t *e, const uint8_t name[FAT_SHORT_NAME_SIZE],
			  uint8_t attributes, uint32_t first_cluster, uint32_t size)
{
	memcpy(e, name, FAT_SHORT_NAME_SIZE);
	e[11] = attributes;
	put_le16(e + 14, p->options->time); /* DIR_CrtTime */
	put_le16(e + 16, p->options->date);
	put_le16(e + 18, p->options->date); /* DIR_LstAccDate */
	put_le16(e + 20, (uint16_t)(first_cluster >> 16));
	put_le16(e + 22, p->options->time); /* DIR_WrtTime */
	put_le16(e + 24, p->options->date);
	put_le16(e + 26, (uint16_t)first_cluster);
	put_le32(e + 28, size);
	return e + FAT_DIRECTORY_ENTRY_SIZE;
}

/* A long name is ended by a zero if that does not start a new entry, and filled up with 0xffff. */
static uint16_t unit_of_name(const struct node *n, size_t at, size_t length)
{
	if (at < length)
		return (uint8_t)n->name[at];
	return at == length ? 0 : 0xffff;
}

static uint8_t *put_long_name(const struct node *n, uint8_t *e)
{
	size_t length = strlen(n->name);
	size_t entries = count_long_entries(n);

	for (size_t number = entries; number > 0; number--, e += FAT_DIRECTORY_ENTRY_SIZE) {
		e[0] = (uint8_t)(number | (number == entries ? FAT_LAST_LONG_ENTRY : 0));
		e[11] = FAT_ATTR_LONG_NAME;
		e[13] = fat_short_name_checksum(n->short_name);
		for (size_t i = 0; i < FAT_UNITS_PER_ENTRY; i++)
			put_le16(e + fat_unit_offset(i),
				 unit_of_name(n, (number - 1) * FAT_UNITS_PER_ENTRY + i, length));
	}
	return e;
}

static void put_directory(const struct plan *p, size_t index, uint8_t *e)
{
	const struct node *d = &p->nodes[index];

	if (index == 0 && p->options->volume_label)
		e = put_entry(p, e, p->label, FAT_ATTR_VOLUME_ID, 0, 0);
	if (index != 0) {
		/* A parent that is the root is written as cluster 0. */
		uint32_t parent = d->parent == 0 ? 0 : p->nodes[d->parent].first_cluster;

		e = put_entry(p, e, (const uint8_t *)".          ", FAT_ATTR_DIRECTORY,
			      d->first_cluster, 0);
		e = put_entry(p, e, (const uint8_t *)"..         ", FAT_ATTR_DIRECTORY, parent, 0);
	}
	for (size_t i = 1; i < p->n; i++) {
		const struct node *n = &p->nodes[i];

		if (n->parent != index)
			continue;
		e = put_long_name(n, e);
		e = put_entry(p, e, n->short_name,
			      n->is_directory ? FAT_ATTR_DIRECTORY : FAT_ATTR_ARCHIVE,
			      n->first_cluster, n->is_directory ? 0 : (uint32_t)n->size);
	}
}

static void make_directories(const struct plan *p, struct buffer *b)
{
	size_t cluster_size = (size_t)p->sectors_per_cluster * FAT_SECTOR_SIZE;

	for (size_t i = 0; i < p->n; i++) {
		uint8_t *e = p->nodes[i].is_directory
				     ? buffer_extend(b, p->nodes[i].clusters * cluster_size)
				     : NULL;

		if (e)
			put_directory(p, i, e);
	}
}

static void add_piece(struct fat_layout *l, uint64_t offset, uint64_t size, const uint8_t *bytes,
		      size_t file)
{
	if (size > 0)
		l->pieces[l->n_pieces++] = (struct fat_piece){offset, size, bytes, file};
}

static int make_pieces(const struct plan *p, struct fat_layout *l, struct error **err)
{
	uint64_t tables = (uint64_t)p->reserved_sectors * FAT_SECTOR_SIZE;
	uint64_t data = tables + FAT_COPIES * l->table.n;

	/* Boot region, tables, directories, and at most one piece for each node. */
	l->pieces = calloc(2 + FAT_COPIES + p->n, sizeof(*l->pieces));
	if (!l->pieces)
		return error_oom(err);
	add_piece(l, 0, l->boot_region.n, l->boot_region.p, 0);
	for (uint64_t i = 0; i < FAT_COPIES; i++)
		add_piece(l, tables + i * l->table.n, l->table.n, l->table.p, 0);
	add_piece(l, data, l->directories.n, l->directories.p, 0);
	for (size_t i = 0; i < p->n; i++) {
		const struct node *n = &p->nodes[i];

		if (!n->is_directory)
			add_piece(l,
				  data + (uint64_t)(n->first_cluster - ROOT_CLUSTER) *
						  l->cluster_size,
				  n->size, NULL, n->file);
	}
	return 0;
}

static int make_layout(const struct plan *p, struct fat_layout *ret, struct error **err)
{
	_cleanup_(fat_layout_release) struct fat_layout l = {
		.size = (uint64_t)p->total_sectors * FAT_SECTOR_SIZE,
		.cluster_size = p->sectors_per_cluster * FAT_SECTOR_SIZE,
		.count_of_clusters = p->count_of_clusters,
		.clusters_used = p->clusters_used,
		.boot_region = BUFFER_INIT((size_t)BOOT_REGION_SECTORS * FAT_SECTOR_SIZE),
		.table = BUFFER_INIT((size_t)p->table_sectors * FAT_SECTOR_SIZE),
		.directories = BUFFER_INIT(DIRECTORIES_MAX),
	};

	make_boot_region(p, &l.boot_region);
	make_table(p, &l.table);
	make_directories(p, &l.directories);
	if (!buffer_ok(&l.boot_region) || !buffer_ok(&l.table) || !buffer_ok(&l.directories))
		return error_oom(err);

	int r = make_pieces(p, &l, err);

	if (r < 0)
		return r;
	*ret = l;
	l = (struct fat_layout){0};
	return 0;
}

int fat_layout_make(const struct fat_layout_file *files, size_t n_files,
		    const struct fat_layout_options *options, struct fat_layout *ret,
		    struct error **err)
{
	_cleanup_(plan_release) struct plan p = {.options = options};
	const struct node root = {.is_directory = true, .parent = NODE_NONE};

	if (n_files > FAT_LAYOUT_FILES_MAX)
		return error_set(err, -EINVAL, "FAT: more than %u files", FAT_LAYOUT_FILES_MAX);

	int r = set_label(&p, err);

	if (r >= 0)
		r = add_node(&p, &root, err);
	for (size_t i = 0; r >= 0 && i < n_files; i++)
		r = add_file(&p, &files[i], i, err);
	if (r >= 0)
		r = choose_short_names(&p, err);
	if (r < 0)
		return r;
	size_directories(&p);
	r = choose_geometry(&p, err);
	if (r < 0)
		return r;
	allocate_clusters(&p);
	return make_layout(&p, ret, err);
}

void fat_layout_release(struct fat_layout *l)
{
	free(l->pieces);
	buffer_release(&l->boot_region);
	buffer_release(&l->table);
	buffer_release(&l->directories);
	*l = (struct fat_layout){0};
}
