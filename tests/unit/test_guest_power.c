#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <sys/stat.h>

#include "base/file.h"
#include "guest/power/power.h"

static bool pressed(uint16_t type, uint16_t code, int32_t value)
{
	const struct input_event events[] = {
		{.type = EV_SYN},
		{.type = type, .code = code, .value = value},
	};

	return power_pressed(SPAN(events, sizeof events));
}

static void test_pressed(void **state)
{
	const struct input_event press = {.type = EV_KEY, .code = KEY_POWER, .value = 1};

	(void)state;
	assert_true(pressed(EV_KEY, KEY_POWER, 1));
	assert_false(pressed(EV_KEY, KEY_POWER, 0));
	assert_false(pressed(EV_KEY, KEY_SLEEP, 1));
	assert_false(pressed(EV_SW, KEY_POWER, 1));
	assert_false(power_pressed(SPAN(NULL, 0)));
	assert_false(power_pressed(SPAN(&press, sizeof press - 1)));
}

/* A fifo stands for an input device; the other has only the number in common. */
static void test_wait(void **state)
{
	const struct input_event press = {.type = EV_KEY, .code = KEY_POWER, .value = 1};
	char *folder = test_folder();
	_cleanup_free_ char *device = path_join(folder, "event0");
	_cleanup_free_ char *other = path_join(folder, "mouse0");
	struct error *err = NULL;
	_cleanup_close_ int fd = -1;

	(void)state;
	assert_int_equal(mkfifo(device, 0600), 0);
	assert_done(file_write(other, SPAN(NULL, 0), &err), &err);
	fd = open(device, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write_full(fd, SPAN(&press, sizeof press)), 0);
	assert_done(power_wait(folder, &err), &err);
	test_folder_free(folder);
}

static void test_no_device(void **state)
{
	char *folder = test_folder();
	_cleanup_free_ char *absent = path_join(folder, "input");
	_cleanup_free_ char *in_absent = string_printf("no input device in '%s'", absent);
	_cleanup_free_ char *in_folder = string_printf("no input device in '%s'", folder);
	struct error *err = NULL;

	(void)state;
	assert_failed(power_wait(absent, &err), ENODEV, in_absent, &err);
	assert_failed(power_wait(folder, &err), ENODEV, in_folder, &err);
	test_folder_free(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pressed),
		cmocka_unit_test(test_wait),
		cmocka_unit_test(test_no_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
