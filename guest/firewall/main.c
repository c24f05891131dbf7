/*
 * The firewall: reads the image's policies and the configuration, and hands the rule set to nft.
 *
 *	firewall                     loads it
 *	firewall closed              loads what holds under every configuration
 *	firewall ports               loads it if the configuration has a say in it
 *	firewall print [FOLDER [CONFIGURATION]]
 *	                             prints it, of these policies and this configuration
 */
#include "guest/firewall/firewall.h"

#include <errno.h>
#include <pwd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "formats/config_text.h"

#define POLICIES "/usr/lib/tdnode/firewall.d"
#define CONFIGURATION "/run/tdnode/config"
#define NFT "/usr/sbin/nft"

static int read_policies(const char *folder, struct firewall *f, struct error **err)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	int r = directory_list(folder, &names, err);

	for (size_t i = 0; r >= 0 && i < names.n; i++) {
		_cleanup_free_ char *path = path_join(folder, names.items[i]);
		_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(FIREWALL_TEXT_MAX);

		r = path ? file_read(path, FIREWALL_TEXT_MAX, &text, err) : error_oom(err);
		if (r >= 0)
			r = firewall_parse(path, buffer_span(&text), f, err);
	}
	return r;
}

static int configure(const char *path, struct firewall *f, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(CONFIG_TEXT_MAX);
	int r = path_is_absent(path) ? 0 : file_read(path, CONFIG_TEXT_MAX, &text, err);

	if (r >= 0)
		r = firewall_configure(f, buffer_span(&text), err);
	return r < 0 ? error_wrap(err, r, "%s", path) : 0;
}

static int look_up_users(struct firewall *f, struct error **err)
{
	for (size_t i = 0; i < f->n; i++) {
		struct firewall_rule *rule = &f->rules[i];
		const struct passwd *user = rule->user[0] ? getpwnam(rule->user) : NULL;

		if (rule->user[0] && !user)
			return error_set(err, -ENOENT, "User=%s: there is no such user",
					 rule->user);
		if (user)
			rule->uid = user->pw_uid;
	}
	return 0;
}

/* Becomes nft, which gets the rules as its standard input. */
static int load(struct span rules, struct error **err)
{
	_cleanup_close_ int fd = memfd_create("rules", MFD_CLOEXEC);
	int r = fd < 0 ? -errno : write_full(fd, rules);

	if (r < 0)
		return error_errno(err, -r, "cannot hand over the rules");
	if (lseek(fd, 0, SEEK_SET) < 0 || dup2(fd, STDIN_FILENO) < 0)
		return error_errno(err, errno, "cannot hand over the rules");
	execl(NFT, NFT, "-f", "-", NULL);
	return error_errno(err, errno, NFT);
}

enum action { LOAD, LOAD_CLOSED, LOAD_PORTS, PRINT };

static bool parse_action(int argc, char **argv, enum action *ret)
{
	static const char *const words[] = {
		[LOAD_CLOSED] = "closed", [LOAD_PORTS] = "ports", [PRINT] = "print"};

	*ret = LOAD;
	for (size_t i = 1; argc > 1 && i < ARRAY_SIZE(words); i++) {
		if (string_equal(argv[1], words[i]))
			*ret = (enum action)i;
	}
	return argc < 2 || (*ret != LOAD && (argc == 2 || (*ret == PRINT && argc <= 4)));
}

/* `configuration` may be NULL: under every one. */
static int run(enum action action, const char *folder, const char *configuration,
	       struct error **err)
{
	_cleanup_(buffer_release) struct buffer rules = BUFFER_INIT(FIREWALL_TEXT_MAX);
	struct firewall f = {0};
	int r = read_policies(folder, &f, err);

	if (r >= 0 && action == LOAD_PORTS && !firewall_is_configured(&f))
		return 0;
	if (r >= 0)
		r = configuration ? configure(configuration, &f, err)
				  : firewall_configure(&f, SPAN("", 0), err);
	if (r >= 0)
		r = look_up_users(&f, err);
	if (r < 0)
		return r;
	firewall_ruleset(&f, &rules);
	if (!buffer_ok(&rules))
		return error_oom(err);
	if (action != PRINT)
		return load(buffer_span(&rules), err);
	r = write_full(STDOUT_FILENO, buffer_span(&rules));
	return r < 0 ? error_errno(err, -r, "cannot print the rules") : 0;
}

int main(int argc, char **argv)
{
	_cleanup_error_ struct error *err = NULL;
	enum action action;

	if (!parse_action(argc, argv, &action)) {
		fputs("tdnode-firewall: usage: firewall [closed|ports|print [FOLDER "
		      "[CONFIGURATION]]]\n",
		      stderr);
		return 2;
	}
	if (run(action, argc > 2 ? argv[2] : POLICIES,
		action == LOAD_CLOSED ? NULL
		: argc > 3	      ? argv[3]
				      : CONFIGURATION,
		&err) >= 0)
		return 0;
	fprintf(stderr, "tdnode-firewall: %s\n", error_message(err));
	return 1;
}
