#include "cloud/page_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>

#include "base/file.h"

static size_t bytes_of(size_t n)
{
	return (n + 7) / 8;
}

void page_journal_release(struct page_journal *j)
{
	free(j->head);
	free(j->bits);
	closep(&j->fd);
	*j = (struct page_journal)PAGE_JOURNAL_INIT;
}

static off_t bits_at(const struct page_journal *j)
{
	return (off_t)(strlen(j->head) + PAGE_JOURNAL_ID_SIZE);
}

/* Opened for what is added, once it is there whole. */
static int open_file(struct page_journal *j, struct error **err)
{
	closep(&j->fd);
	j->fd = open(j->path, O_RDWR | O_CLOEXEC);
	return j->fd < 0 ? error_errno(err, errno, "%s", j->path) : 0;
}

int page_journal_restart(struct page_journal *j, struct error **err)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SIZE_MAX);
	uint8_t chance[(PAGE_JOURNAL_ID_SIZE - 1) / 2];

	if (getrandom(chance, sizeof chance, 0) != sizeof chance)
		return error_errno(err, errno, "no random bytes");
	hex_encode(SPAN(chance, sizeof chance), j->id);
	memset(j->bits, 0, bytes_of(j->n));
	if (!j->path)
		return 0;
	buffer_printf(&b, "%s%s\n", j->head, j->id);
	buffer_put(&b, SPAN(j->bits, bytes_of(j->n)));
	if (!buffer_ok(&b))
		return error_oom(err);

	int r = file_write(j->path, buffer_span(&b), err);

	return r < 0 ? r : open_file(j, err);
}

/* True if the file is this journal. */
static bool take_up(struct page_journal *j)
{
	const size_t head = strlen(j->head), id = PAGE_JOURNAL_ID_SIZE - 1;
	const size_t size = head + id + 1 + bytes_of(j->n);
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(size);
	uint8_t chance[(PAGE_JOURNAL_ID_SIZE - 1) / 2];

	if (file_read(j->path, size, &b, NULL) < 0 || b.n != size ||
	    memcmp(b.p, j->head, head) != 0 || b.p[head + id] != '\n' ||
	    !hex_decode(SPAN(&b.p[head], id), chance, sizeof chance))
		return false;
	hex_encode(SPAN(chance, sizeof chance), j->id);
	memcpy(j->bits, &b.p[size - bytes_of(j->n)], bytes_of(j->n));
	return true;
}

int page_journal_open(const char *path, const struct digest *vhd, const char *blob, size_t n,
		      struct page_journal *ret, struct error **err)
{
	_cleanup_(page_journal_release) struct page_journal j = PAGE_JOURNAL_INIT;
	char hex[DIGEST_HEX_MAX];

	digest_hex(vhd, hex);
	j.path = path;
	j.n = n;
	j.bits = calloc(1, MAX(bytes_of(n), (size_t)1));
	j.head = string_printf("tdnode-upload 1\nvhd %s\nblob %s\nranges %zu\nid ", hex, blob, n);
	if (!j.bits || !j.head)
		return error_oom(err);

	int r = path && take_up(&j) ? open_file(&j, err) : page_journal_restart(&j, err);

	if (r < 0)
		return r;
	*ret = j;
	j = (struct page_journal)PAGE_JOURNAL_INIT;
	return 0;
}

bool page_journal_has(const struct page_journal *j, size_t range)
{
	return j->bits[range / 8] >> range % 8 & 1;
}

int page_journal_add(struct page_journal *j, size_t range, struct error **err)
{
	uint8_t *byte = &j->bits[range / 8];

	*byte |= (uint8_t)(1u << range % 8);
	if (j->fd < 0)
		return 0;

	int r = pwrite_full(j->fd, SPAN(byte, 1), bits_at(j) + (off_t)(range / 8));

	return r < 0 ? error_errno(err, -r, "%s", j->path) : 0;
}

void page_journal_remove(struct page_journal *j)
{
	closep(&j->fd);
	j->fd = -1;
	if (j->path)
		unlink(j->path);
}
