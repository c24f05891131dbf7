#include "image/root_erofs.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>

#include "base/file.h"
#include "base/text.h"
#include "formats/derived_uuid.h"
#include "formats/tar.h"

/*
 * Of a 160 MB tree on two cores: lz4 0.3 s and 96 MB, lz4hc 1.9 s and 80 MB, zstd 1.5 s and 82 MB.
 * A build after a small change has to rewrite all of it, so speed decides. 64 KiB clusters compress
 * better than smaller ones (4 KiB: 105 MB) and cost no time.
 */
#define COMPRESSION "-zlz4"
#define CLUSTER_SIZE "-C65536"

/* Small contents are gathered to writes of about this size; it is also the size of the pipe. */
#define CHUNK_SIZE (256u * 1024)
/* Small content, two headers, two paths and padding beyond a full chunk. */
#define PENDING_MAX (2 * CHUNK_SIZE + 32768)

struct tar_stream {
	int fd;
	struct buffer pending;
	/* Contents of one package lie in one file: the last one stays open. */
	const char *source;
	int source_fd;
};

static void tar_stream_release(struct tar_stream *s)
{
	buffer_release(&s->pending);
	closep(&s->source_fd);
}

static int flush(struct tar_stream *s, struct error **err)
{
	if (!buffer_ok(&s->pending))
		return error_oom(err);

	int r = write_full(s->fd, buffer_span(&s->pending));

	if (r < 0)
		return error_errno(err, -r, "cannot write the tar stream");
	s->pending.n = 0;
	return 0;
}

static int open_source(struct tar_stream *s, const char *path, struct error **err)
{
	if (s->source && string_equal(s->source, path))
		return 0;

	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return error_errno(err, errno, "%s", path);
	closep(&s->source_fd);
	s->source_fd = fd;
	s->source = path;
	return 0;
}

/* Content from a file: small ones through the pending bytes, large ones past them. */
static int put_file_content(struct tar_stream *s, const struct content *c, struct error **err)
{
	int r = open_source(s, c->file, err);

	if (r < 0)
		return r;
	if (c->size <= CHUNK_SIZE) {
		uint8_t *p = buffer_extend(&s->pending, (size_t)c->size);
		ssize_t got = p ? pread(s->source_fd, p, (size_t)c->size, (off_t)c->offset) : -1;

		if (!p)
			return error_oom(err);
		if (got != (ssize_t)c->size)
			return error_errno(err, got < 0 ? errno : ENODATA, "%s", c->file);
		return 0;
	}
	r = flush(s, err);
	if (r < 0)
		return r;
	r = copy_range(s->source_fd, (off_t)c->offset, c->size, s->fd);
	return r < 0 ? error_errno(err, -r, "cannot copy from %s", c->file) : 0;
}

static int put_content(struct tar_stream *s, const struct content *c, struct error **err)
{
	int r = 0;

	if (!c->bytes && c->size > 0) {
		r = put_file_content(s, c, err);
	} else if (c->size <= CHUNK_SIZE) {
		buffer_put(&s->pending, SPAN(c->bytes, c->size));
	} else {
		r = flush(s, err);
		if (r >= 0)
			r = write_full(s->fd, SPAN(c->bytes, c->size));
	}
	if (r >= 0)
		buffer_put_zeros(&s->pending, tar_padding(c->size));
	return r;
}

static enum tar_type tar_type_of(enum tree_type type)
{
	switch (type) {
	case TREE_DIRECTORY:
		return TAR_DIRECTORY;
	case TREE_SYMLINK:
		return TAR_SYMLINK;
	case TREE_FILE:
	default:
		return TAR_FILE;
	}
}

/* A further name of a file that the stream has already. */
static void put_name(struct tar_stream *s, const struct tree_entry *e, const char *first)
{
	const struct tar_entry header = {
		.type = TAR_LINK,
		.path = e->path,
		.target = first,
		.mode = e->mode,
		.uid = e->uid,
		.gid = e->gid,
	};

	tar_put_header(&s->pending, &header);
}

static int put_entry(struct tar_stream *s, const struct tree_entry *e, struct error **err)
{
	const struct tar_entry header = {
		.type = tar_type_of(e->type),
		.path = e->path,
		.target = e->type == TREE_SYMLINK ? e->target : NULL,
		.mode = e->mode,
		.uid = e->uid,
		.gid = e->gid,
		.size = e->type == TREE_FILE ? e->content.size : 0,
	};
	int r = 0;

	tar_put_header(&s->pending, &header);
	if (e->type == TREE_FILE)
		r = put_content(s, &e->content, err);
	return r < 0 ? error_wrap(err, r, "%s", e->path) : 0;
}

int root_erofs_write_tar(const struct tree *t, int fd, struct error **err)
{
	_cleanup_(tar_stream_release) struct tar_stream s = {
		.fd = fd,
		.pending = BUFFER_INIT(PENDING_MAX),
		.source_fd = -1,
	};
	const struct tar_entry root = {.type = TAR_DIRECTORY, .path = "", .mode = 0755};
	_cleanup_free_ size_t *first = tree_first_names(t);
	size_t n = tree_count(t);

	if (!first)
		return error_oom(err);
	tar_put_header(&s.pending, &root);
	for (size_t i = 0; i < n; i++) {
		const struct tree_entry *e = tree_at(t, i);
		int r = 0;

		if (first[i] == i)
			r = put_entry(&s, e, err);
		else
			put_name(&s, e, tree_at(t, first[i])->path);
		if (r >= 0 && s.pending.n >= CHUNK_SIZE)
			r = flush(&s, err);
		if (r < 0)
			return r;
	}
	tar_put_end(&s.pending);
	return flush(&s, err);
}

struct feeder {
	const struct tree *tree;
	int fd;
	int result;
	struct error *error;
};

static void *feed(void *argument)
{
	struct feeder *f = argument;
	sigset_t pipe_signal;

	/* If mkfs.erofs dies, its error shall be reported, not this thread's signal kill the
	 * program. */
	sigemptyset(&pipe_signal);
	sigaddset(&pipe_signal, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe_signal, NULL);
	f->result = root_erofs_write_tar(f->tree, f->fd, &f->error);
	closep(&f->fd);
	return NULL;
}

/* The tool may end as soon as it sees the end of the archive; what is then left in the pipe can
 * only be zeros. Taking them lets the feeder finish. */
static int drain(int fd, struct error **err)
{
	uint8_t chunk[4096];

	for (;;) {
		ssize_t got = read(fd, chunk, sizeof(chunk));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_errno(err, errno, "cannot read the tar stream");
		if (got == 0)
			return 0;
		if (!span_is_zero(SPAN(chunk, (size_t)got)))
			return error_set(err, -EIO,
					 "mkfs.erofs stopped before the end of the tar stream");
	}
}

/* Runs the tool while a thread feeds it. A failure of the tool explains one of the feeder. */
static int run_fed(const struct tree *t, const struct image_tool_runner *runner,
		   const char *const *argv, const char *output_dir, struct error **err)
{
	struct feeder feeder = {.tree = t};
	pthread_t thread;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_errno(err, errno, "cannot make a pipe");
	/* Only speed: refused beyond the user's limit. */
	(void)fcntl(ends[1], F_SETPIPE_SZ, CHUNK_SIZE);
	feeder.fd = ends[1];

	int failed = pthread_create(&thread, NULL, feed, &feeder);

	if (failed) {
		close(ends[0]);
		close(ends[1]);
		return error_errno(err, failed, "cannot start a thread");
	}

	int r = runner->run(runner->context, argv, ends[0], output_dir, err);

	if (r >= 0)
		r = drain(ends[0], err);
	/* Ends a feeder whose reader failed. */
	close(ends[0]);
	pthread_join(thread, NULL);
	if (r >= 0 && feeder.result < 0)
		r = error_move(err, feeder.result, &feeder.error);
	error_free(feeder.error);
	return r;
}

int root_erofs_make(const struct tree *t, const uint8_t uuid[16],
		    const struct image_tool_runner *runner, const char *output_dir,
		    struct error **err)
{
	_cleanup_free_ char *path = path_join(output_dir, ROOT_EROFS_NAME);
	char uuid_text[GUID_TEXT_SIZE];
	const char *const argv[] = {
		"mkfs.erofs", "--quiet", "--tar=f", /* a tar stream from standard input, contents
						       included */
		"-b4096", /* blocks as dm-verity's, whatever this host's page size */
		"-T0",	  /* time of the file system and of all inodes */
		"-x-1",	  /* no extended attributes */
		"-U",	      uuid_text, COMPRESSION, CLUSTER_SIZE, ROOT_EROFS_NAME, NULL,
	};

	if (!path)
		return error_oom(err);
	/* mkfs.erofs does not truncate. */
	if (unlink(path) < 0 && errno != ENOENT)
		return error_errno(err, errno, "%s", path);
	uuid_format(uuid, uuid_text);

	int r = run_fed(t, runner, argv, output_dir, err);

	return r < 0 ? error_wrap(err, r, "root.erofs") : 0;
}
