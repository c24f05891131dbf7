/* Who brings keys of a disk, among others that bring none. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "guest/disk/callers.h"

static const struct disk_key_offer offer = {
	.state = DISK_KEY_LOCKED, .uuid = "0a0b0c0d-0102-0304-0506-0708090a0b0c", .size = 1};

struct place {
	char *folder, *path;
	int listener;
};

static struct sockaddr_un address_of(const struct place *p)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof address.sun_path, "%s", p->path);
	return address;
}

static void place_make(struct place *p)
{
	struct sockaddr_un address;

	p->folder = test_folder();
	p->path = path_join(p->folder, "key");
	p->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	address = address_of(p);
	assert_int_equal(bind(p->listener, (void *)&address, sizeof address), 0);
	assert_int_equal(listen(p->listener, CALLERS_MAX + 8), 0);
}

static void place_release(struct place *p)
{
	close(p->listener);
	free(p->path);
	test_folder_free(p->folder);
}

/* -1: refused */
static int call(const struct place *p)
{
	struct sockaddr_un address = address_of(p);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (void *)&address, sizeof address) == 0)
		return fd;
	close(fd);
	return -1;
}

static void say_key(int fd, uint8_t first)
{
	struct disk_key_message m = {.secret = {first}};
	uint8_t bytes[DISK_KEY_MESSAGE_SIZE];

	disk_key_message_put(&m, bytes);
	assert_int_equal(write_full(fd, SPAN(bytes, sizeof bytes)), 0);
}

static void assert_next(struct callers *c, uint8_t first)
{
	uint8_t bytes[DISK_KEY_MESSAGE_SIZE];
	struct disk_key_message m;
	struct error *err = NULL;
	int fd = -1;

	assert_done(callers_next(c, bytes, &fd, &err), &err);
	assert_done(disk_key_message_parse(SPAN(bytes, sizeof bytes), &m, &err), &err);
	assert_int_equal(m.secret[0], first);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_int_equal(write_full(fd, SPAN(&first, 1)), 0);
	close(fd);
}

/* What came on the connection: the offer, and then nothing, or one byte, to its end. */
static void assert_hung_up(int fd, const char *answer)
{
	uint8_t bytes[DISK_KEY_OFFER_SIZE], byte;
	struct disk_key_offer o;
	struct error *err = NULL;

	assert_int_equal(read_full(fd, bytes, sizeof bytes), 0);
	assert_done(disk_key_offer_parse(SPAN(bytes, sizeof bytes), &o, &err), &err);
	assert_string_equal(o.uuid, offer.uuid);
	for (; *answer; answer++) {
		assert_int_equal(read_full(fd, &byte, 1), 0);
		assert_int_equal(byte, *answer);
	}
	assert_int_not_equal(read_full(fd, &byte, 1), 0);
	close(fd);
}

/* The owner comes last, behind those who say nothing, something, or go. */
static void hears_all_at_once(void **state)
{
	struct callers *c = NULL;
	struct error *err = NULL;
	struct place p;
	int silent, slow, gone, owner, other;

	(void)state;
	place_make(&p);
	assert_done(callers_new(p.listener, &offer, 1 << 30, &c, &err), &err);
	silent = call(&p);
	slow = call(&p);
	gone = call(&p);
	owner = call(&p);
	other = call(&p);
	assert_int_equal(write_full(slow, SPAN("\1", 1)), 0);
	close(gone);
	say_key(owner, 'k');
	assert_next(c, 'k');
	say_key(other, 'x');
	assert_next(c, 'x');
	callers_free(c);
	assert_hung_up(owner, "k");
	assert_hung_up(other, "x");
	assert_hung_up(silent, "");
	assert_hung_up(slow, "");
	place_release(&p);
}

/* As many as are let in say nothing: their time ends, and the next one comes. */
static void ends_the_silent(void **state)
{
	struct callers *c = NULL;
	struct error *err = NULL;
	int silent[CALLERS_MAX], owner;
	struct place p;

	(void)state;
	alarm(60); /* of a test that waits for ever */
	place_make(&p);
	assert_done(callers_new(p.listener, &offer, 100, &c, &err), &err);
	for (size_t i = 0; i < CALLERS_MAX; i++) {
		silent[i] = call(&p);
		/* One byte does not give more time. */
		assert_int_equal(write_full(silent[i], SPAN("\1", 1)), 0);
	}
	owner = call(&p);
	say_key(owner, 'k');
	assert_next(c, 'k');
	assert_hung_up(owner, "k");
	/* One place was enough for the owner: the time of those who came last may not be over. */
	callers_free(c);
	for (size_t i = 0; i < CALLERS_MAX; i++)
		assert_hung_up(silent[i], "");
	alarm(0);
	place_release(&p);
}

static void refuses(void **state)
{
	struct place p;
	uint8_t byte;
	int early;

	(void)state;
	place_make(&p);
	early = call(&p);
	assert_true(early >= 0);
	callers_refuse(p.listener);
	assert_int_equal(call(&p), -1);
	assert_int_equal(errno, ECONNREFUSED);
	/* Who has come and was not let in is not left waiting. */
	assert_int_equal(recv(early, &byte, 1, MSG_DONTWAIT), 0);
	close(early);
	place_release(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hears_all_at_once),
		cmocka_unit_test(ends_the_silent),
		cmocka_unit_test(refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
