#include "test.h"

#include <errno.h>

#include "base/file.h"
#include "packages/recipe.h"
#include "sample_keys.h"

#define BASE                                                                            \
	"[Image]\nName=base\n[Archive]\nSuite=trixie\nArchitecture=amd64\n"             \
	"[Packages]\nInstall=systemd\nScript=systemd sysusers\n"                        \
	"[Kernel]\nPackage=linux-image-cloud-amd64\nCommandLine=a=1  b\nModule=erofs\n" \
	"[BuildRoot]\nInstall=gcc\n[Firmware]\nInstall=ovmf\n"

#define FINGERPRINT "0123456789ABCDEF0123456789ABCDEF01234567"
#define RELEASE "[Component x]\nUrl=https://x/{version}/x-{version}-{build}.zip\nLicence=MIT\n"
#define SIGNED                                                                  \
	RELEASE "Version=1.2\nBuild=ab\nInstall=x-{version}/x usr/bin/x 0755\n" \
		"Signature=https://x/"                                          \
		"{version}.asc\nSigner=0123456789abcdef0123456789abcdef01234567\n"
#define TREE "[Component x]\nNpmLock=l.json\nVersion=1\nLicence=MIT\n"

struct fixture {
	char *images;
	struct recipe_folders folders;
};

static void write_file(const struct fixture *f, const char *path, const char *text)
{
	_cleanup_free_ char *full = path_join(f->images, path);
	_cleanup_free_ char *parent = strndup(full, (size_t)(strrchr(full, '/') - full));
	struct error *err = NULL;

	assert_done(directory_make(parent, &err), &err);
	assert_done(file_write(full, span_string(text), &err), &err);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	f->images = test_folder();
	f->folders = (struct recipe_folders){.own = f->images};
	write_file(f, "base/image.conf", BASE);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	test_folder_free(f->images);
	free(f);
	return 0;
}

static void test_layers(void **state)
{
	struct fixture *f = *state;
	_cleanup_(recipe_release) struct recipe r = {0};
	struct error *err = NULL;

	write_file(f, "base/files/etc/x", "");
	write_file(f, "base/debug.conf", "[Packages]\nInstall=bash\n[Kernel]\nCommandLine=debug\n");
	write_file(f, "node/image.conf",
		   "[Image]\nName=node\nInclude=base\n[Kernel]\nCommandLine=c\n"
		   "[Component anvil]\nNpm=@x/y\nVersion=1\nIntegrity=sha512-AA==\nLicence=MIT\n"
		   "Install=a/b usr/bin/b 0755\n");
	assert_done(recipe_read(&f->folders, "node", &r, &err), &err);
	assert_int_equal(r.n_layers, 2);
	assert_true(string_ends(r.layers[0].directory, "/base"));
	assert_non_null(r.layers[0].files);
	assert_null(r.layers[1].files);
	assert_int_equal(r.command_line.n, 3);
	assert_string_equal(r.command_line.items[1], "b");
	assert_string_equal(r.command_line.items[2], "c");
	assert_int_equal(r.install_debug.n, 1);
	assert_string_equal(r.command_line_debug.items[0], "debug");
	assert_int_equal(r.n_components, 1);
	assert_int_equal(r.components[0].files[0].mode, 0755);
	assert_string_equal(r.scripts[0].how, "sysusers");
}

static void test_disk_keys(void **state)
{
	struct fixture *f = *state;
	_cleanup_(recipe_release) struct recipe base = {0}, node = {0};
	struct error *err = NULL;

	write_file(f, "base/keys/policy.pem", sample_rsa_public);
	write_file(f, "base/recovery.pem", sample_x25519_public);
	write_file(f, "base/image.conf",
		   BASE "[Disk]\nPolicyKey=keys/policy.pem\nRecoveryKey=recovery.pem\n");
	write_file(f, "node/other.pem", sample_rsa_3072_public);
	write_file(f, "node/image.conf",
		   "[Image]\nName=node\nInclude=base\n[Disk]\nPolicyKey=other.pem\n");
	assert_done(recipe_read(&f->folders, "base", &base, &err), &err);
	assert_string_equal(base.policy_key.pem, sample_rsa_public);
	assert_string_equal(base.recovery_key.pem, sample_x25519_public);
	assert_true(string_ends(base.policy_key.path, "/base/keys/policy.pem"));
	/* Relative to the file that says it; the upper layer wins. */
	assert_done(recipe_read(&f->folders, "node", &node, &err), &err);
	assert_string_equal(node.policy_key.pem, sample_rsa_3072_public);
	assert_string_equal(node.recovery_key.pem, sample_x25519_public);
}

static void test_disk_keys_refused(void **state)
{
	static const struct {
		const char *added, *message; /* message after "IMAGES/base/image.conf:18: " */
		const char *file;	     /* "IMAGES/base/", and the rest of the message */
	} cases[] = {
		{"PolicyKey=", "PolicyKey='' is not a value", NULL},
		{"PolicyKey=../key",
		 "PolicyKey='../key' is not a file of the recipe's folder (no "
		 "leading '/', no '..')",
		 NULL},
		{"PolicyKey=absent.pem", "", "absent.pem: No such file or directory"},
		{"PolicyKey=folder", "", "folder: not a regular file"},
		{"PolicyKey=x25519.pem", "", "x25519.pem: not an RSA key"},
		{"PolicyKey=small.pem", "",
		 "small.pem: an RSA key of 1024 bits: 2048 or 3072 are allowed"},
		{"PolicyKey=private.pem", "",
		 "private.pem: a private key where a public key belongs"},
		{"RecoveryKey=rsa.pem", "", "rsa.pem: not an X25519 key"},
		{"RecoveryKey=text.pem", "", "text.pem: no PEM block 'PUBLIC KEY'"},
	};
	struct fixture *f = *state;

	write_file(f, "base/x25519.pem", sample_x25519_public);
	write_file(f, "base/small.pem", sample_rsa_1024_public);
	write_file(f, "base/private.pem", sample_rsa_private);
	write_file(f, "base/rsa.pem", sample_rsa_public);
	write_file(f, "base/text.pem", "hello\n");
	write_file(f, "base/folder/x", "");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(recipe_release) struct recipe r = {0};
		_cleanup_free_ char *text = string_printf("%s[Disk]\n%s\n", BASE, cases[i].added);
		_cleanup_free_ char *expected = string_printf(
			"%s/base/image.conf:18: %s%s%s%s", f->images, cases[i].message,
			cases[i].file ? f->images : "", cases[i].file ? "/base/" : "",
			cases[i].file ? cases[i].file : "");
		struct error *err = NULL;

		write_file(f, "base/image.conf", text);
		assert_true(recipe_read(&f->folders, "base", &r, &err) < 0);
		assert_string_equal(error_message(err), expected);
		error_free(err);
	}
	write_file(f, "base/image.conf", BASE "[Disk]\nPolicyKey=rsa.pem\nPolicyKey=rsa.pem\n");

	_cleanup_(recipe_release) struct recipe r = {0};
	_cleanup_error_ struct error *err = NULL;

	assert_true(recipe_read(&f->folders, "base", &r, &err) < 0);
	assert_true(string_ends(error_message(err),
				":19: duplicate key 'PolicyKey' (first in line 18)"));
}

static void test_request(void **state)
{
	struct fixture *f = *state;
	_cleanup_(recipe_release) struct recipe a = {0}, b = {0}, c = {0};
	struct digest da, db, dc;
	struct error *err = NULL;

	assert_done(recipe_read(&f->folders, "base", &a, &err), &err);
	/* What a lock does not depend on does not change the request. */
	write_file(f, "base/image.conf", BASE "[Root]\nRemove=usr/share/doc\n");
	assert_done(recipe_read(&f->folders, "base", &b, &err), &err);
	write_file(f, "base/image.conf", BASE "[Packages]\nInstall=zstd\n");
	assert_done(recipe_read(&f->folders, "base", &c, &err), &err);

	assert_done(recipe_request_digest(&a, &da, &err), &err);
	assert_done(recipe_request_digest(&b, &db, &err), &err);
	assert_done(recipe_request_digest(&c, &dc, &err), &err);
	assert_true(digest_equal(&da, &db));
	assert_false(digest_equal(&da, &dc));
}

/* Version= and Build= in their places, also in a layer below. */
static void test_release(void **state)
{
	struct fixture *f = *state;
	_cleanup_(recipe_release) struct recipe a = {0}, b = {0};
	struct digest da, db;
	struct error *err = NULL;

	write_file(f, "base/image.conf", BASE SIGNED "Install=y/ usr/y/ 0644\n");
	write_file(f, "up/image.conf", "[Image]\nName=up\nInclude=base\n");
	assert_done(recipe_read(&f->folders, "base", &a, &err), &err);
	assert_done(recipe_read(&f->folders, "up", &b, &err), &err);

	const struct component *c = &b.components[0];

	assert_string_equal(c->source, "https://x/1.2/x-1.2-ab.zip");
	assert_string_equal(c->signature, "https://x/1.2.asc");
	assert_string_equal(c->signer, FINGERPRINT);
	assert_string_equal(c->files[0].from, "x-1.2/x");
	assert_true(c->files[1].folder);
	assert_string_equal(c->files[1].from, "y");
	assert_string_equal(c->files[1].to, "usr/y");
	recipe_release(&b);
	write_file(f, "base/other.asc", "key");
	write_file(f, "base/image.conf", BASE SIGNED "SignerKey=other.asc\n");
	assert_done(recipe_read(&f->folders, "base", &b, &err), &err);
	assert_string_equal(b.components[0].signer_key, "key");
	assert_done(recipe_request_digest(&a, &da, &err), &err);
	assert_done(recipe_request_digest(&b, &db, &err), &err);
	/* Where a key comes from does not change what is locked. */
	assert_true(digest_equal(&da, &db));
}

/* The text of the lock file is part of the request. */
static void test_npm_lock(void **state)
{
	struct fixture *f = *state;
	_cleanup_(recipe_release) struct recipe a = {0}, b = {0};
	struct digest da, db;
	struct error *err = NULL;

	write_file(f, "base/image.conf", BASE TREE "Directory=usr/lib/x\n");
	write_file(f, "base/l.json", "{}");
	assert_done(recipe_read(&f->folders, "base", &a, &err), &err);
	assert_int_equal(a.components[0].kind, COMPONENT_NPM_LOCK);
	assert_string_equal(a.components[0].npm_lock, "{}");
	assert_string_equal(a.components[0].directory, "usr/lib/x");
	write_file(f, "base/l.json", "{ }");
	assert_done(recipe_read(&f->folders, "base", &b, &err), &err);
	assert_done(recipe_request_digest(&a, &da, &err), &err);
	assert_done(recipe_request_digest(&b, &db, &err), &err);
	assert_false(digest_equal(&da, &db));
}

/* Arguments as they stand, and in their order. */
static void test_steps(void **state)
{
	const struct fixture *f = *state;
	_cleanup_(recipe_release) struct recipe r = {0};
	struct error *err = NULL;

	write_file(f, "base/image.conf",
		   BASE "[Step y]\nDirectory=usr/lib/y\nArgument=/usr/bin/y\nArgument=--b=c; d  e\n"
			"Argument=--b=c; d  e\n[Step x]\nArgument=/usr/bin/x\nDirectory=usr\n");
	assert_done(recipe_read(&f->folders, "base", &r, &err), &err);
	assert_int_equal(r.n_steps, 2);
	assert_string_equal(r.steps[0].name, "y");
	assert_string_equal(r.steps[0].directory, "usr/lib/y");
	assert_int_equal(r.steps[0].arguments.n, 3);
	assert_string_equal(r.steps[0].arguments.items[0], "/usr/bin/y");
	assert_string_equal(r.steps[0].arguments.items[1], "--b=c; d  e");
	assert_string_equal(r.steps[0].arguments.items[2], "--b=c; d  e");
	assert_string_equal(r.steps[1].name, "x");
	assert_string_equal(r.steps[1].directory, "usr");
}

struct refusal {
	const char *added, *message; /* message after "IMAGES/base/" */
};

static void refuse_all(const struct fixture *f, const struct refusal *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		_cleanup_free_ char *text = string_printf("%s%s", BASE, cases[i].added);
		_cleanup_free_ char *message =
			string_printf("%s/base/%s", f->images, cases[i].message);
		struct recipe r = {0};
		struct error *err = NULL;

		write_file(f, "base/image.conf", text);
		assert_failed(recipe_read(&f->folders, "base", &r, &err), ERROR_MALFORMED, message,
			      &err);
	}
}

static void test_refused(void **state)
{
	static const struct refusal cases[] = {
		{"[Pakages]\n", "image.conf:17: unknown section [Pakages]"},
		{"[Packages]\nPakages=x\n", "image.conf:18: unknown key 'Pakages' in [Packages]"},
		{"[Archive]\nSuite=sid\n",
		 "image.conf:18: duplicate key 'Suite' (first in line 4)"},
		{"[Archive]\nComponent=../main\n",
		 "image.conf:18: Component='../main' is not a simple name"},
		{"[Packages]\nInstall=systemd\n",
		 "image.conf:18: duplicate value 'systemd' of 'Install'"},
		{"[Packages]\nInstall=No Such\n",
		 "image.conf:18: Install='No Such' is not a package name"},
		{"[Packages]\nScript=x whatever\n",
		 "image.conf:18: Script='x whatever' is not a package and one of ca-certificates, "
		 "depmod, files, none, sysusers"},
		{"[Root]\nRemove=/usr\n",
		 "image.conf:18: Remove='/usr' is not a path inside the root (no leading '/', no "
		 "'..')"},
		{"[Root]\nKeep=a/../b\n",
		 "image.conf:18: Keep='a/../b' is not a path inside the root (no leading '/', no "
		 "'..')"},
		{"[Root x]\nKeep=a\n", "image.conf:17: [Root] takes no name"},
		{"[Component]\n", "image.conf:17: [Component] needs a name: a-z, 0-9, '-'"},
		{"[Step]\n", "image.conf:17: [Step] needs a name: a-z, 0-9, '-'"},
		{"[Step x]\nDirectory=usr/..\n",
		 "image.conf:18: Directory='usr/..' is not a path inside the root (no leading '/', "
		 "no '..')"},
		{"[Step x]\nDirectory=a\nDirectory=b\n",
		 "image.conf:19: duplicate key 'Directory'"},
		{"[Step x]\nArgument=/usr/bin/true\n",
		 "image.conf: [Step x]: missing key 'Directory'"},
		{"[Step x]\nDirectory=a\n", "image.conf: [Step x]: missing key 'Argument'"},
		{"[Step x]\nDirectory=a\nArgument=true\n",
		 "image.conf: [Step x]: the program 'true' has no absolute path"},
		{"[Step x]\nDirectory=a\nArgument=/a\n[Step x]\n",
		 "image.conf:20: duplicate step 'x'"},
		{"[Step x]\nInstall=a b 0644\n", "image.conf:18: unknown key 'Install' in [Step]"},
		{"[Component x]\nUrl=http://x\nNpm=y\n",
		 "image.conf:19: more than one of 'Npm', 'NpmLock', 'Url' and 'File'"},
		{"[Component x]\nInstall=a b\n", "image.conf:18: Install='a b' is not 'FROM TO "
						 "MODE' with paths inside and a mode like "
						 "0755"},
	};

	refuse_all(*state, cases, ARRAY_SIZE(cases));
}

static void test_components_refused(void **state)
{
	static const struct refusal cases[] = {
		{"[Component x]\nUrl=https://x\n",
		 "image.conf: missing key 'Version' in [Component x]"},
		{"[Component x]\nNpmLock=../l.json\n",
		 "image.conf:18: NpmLock='../l.json' is not a file of the recipe's folder (no "
		 "leading '/', no '..')"},
		{RELEASE "Version=1\nInstall=a b 0644\n",
		 "image.conf: missing key 'Sha256' in [Component x]"},
		{RELEASE "Version=1\nInstall=a b 0644\nSigner=x\n",
		 "image.conf: missing key 'Signature' in [Component x]"},
		{RELEASE "Version=1\nInstall=a b 0644\nSignature=https://x\n",
		 "image.conf: missing key 'Signer' in [Component x]"},
		{RELEASE "Version=1\nInstall=a b 0644\nSignature=https://x\nSigner=x\n",
		 "image.conf: [Component x]: '{build}' without 'Build='"},
		{RELEASE "Version=1\nBuild=../a\nInstall=a b 0644\nSignature=https://x\nSigner=x\n",
		 "image.conf: [Component x]: Build='../a' cannot stand in an address"},
		{RELEASE "Version=1\nBuild=a\nInstall=a b 0644\nSignature=https://x\nSigner=x\n",
		 "image.conf: [Component x]: Signer= is not a fingerprint of 40 hexadecimal "
		 "digits"},
		{RELEASE
		 "Version=1\nBuild=a\nInstall={arch} b 0644\nSignature=https://x\nSigner=x\n",
		 "image.conf: [Component x]: '{arch}' is neither '{version}' nor '{build}'"},
		{RELEASE
		 "Version=1\nBuild=a\nInstall={version b 0644\nSignature=https://x\nSigner=x\n",
		 "image.conf: [Component x]: '{version' is neither '{version}' nor '{build}'"},
		{"[Component x]\nUrl=https://x\nVersion=1\nBuild=2\nLicence=MIT\nInstall=a b "
		 "0644\nSha256=x\n",
		 "image.conf: [Component x]: 'Build' is of no use without '{build}' in 'Url'"},
		{"[Component x]\nFile=x\nVersion=1\nBuild=2\nLicence=MIT\nInstall=a b "
		 "0644\nSha256=x\n",
		 "image.conf: [Component x]: 'Build', 'Signature', 'Signer' and 'SignerKey' are "
		 "for "
		 "'Url'"},
		{"[Component x]\nInstall=a/ b 0644\n",
		 "image.conf:18: Install='a/ b 0644' is not 'FROM TO MODE' with paths inside and a "
		 "mode like 0755"},
		{TREE "", "image.conf: missing key 'Directory' in [Component x]"},
		{TREE "Directory=/usr\n",
		 "image.conf:21: Directory='/usr' is not a path inside the root (no leading '/', "
		 "no '..')"},
		{TREE "Directory=usr/x\nInstall=a b 0644\n",
		 "image.conf: [Component x]: 'Integrity' and 'Install' are not for 'NpmLock': the "
		 "lock file says what is installed"},
		{"[Component x]\nNpm=x\nVersion=1\nIntegrity=sha512-x\nLicence=MIT\nInstall=a b "
		 "0644\nDirectory=usr/x\n",
		 "image.conf: [Component x]: 'Directory' is for 'NpmLock' alone"},
	};

	write_file(*state, "base/l.json", "{}");
	refuse_all(*state, cases, ARRAY_SIZE(cases));
}

static void test_includes(void **state)
{
	struct fixture *f = *state;
	struct recipe r = {0};
	struct error *err = NULL;
	_cleanup_free_ char *loop =
		string_printf("%s/a/image.conf:3: %s/b/image.conf:3: image 'a' includes itself",
			      f->images, f->images);
	_cleanup_free_ char *outside = string_printf(
		"%s/a/image.conf:3: '../base' is not the name of an image: a-z, 0-9 and '-' are "
		"allowed",
		f->images);
	_cleanup_free_ char *name =
		string_printf("%s/c/image.conf: Name=d, but the folder is 'c'", f->images);
	_cleanup_free_ char *debug = string_printf(
		"%s/base/debug.conf:2: 'Name' of [Image] is not for debug.conf", f->images);

	write_file(f, "a/image.conf", "[Image]\nName=a\nInclude=b\n");
	write_file(f, "b/image.conf", "[Image]\nName=b\nInclude=a\n");
	assert_failed(recipe_read(&f->folders, "a", &r, &err), ELOOP, loop, &err);
	write_file(f, "a/image.conf", "[Image]\nName=a\nInclude=../base\n");
	assert_failed(recipe_read(&f->folders, "a", &r, &err), ERROR_REFUSED, outside, &err);
	write_file(f, "c/image.conf", "[Image]\nName=d\nInclude=base\n");
	assert_failed(recipe_read(&f->folders, "c", &r, &err), ERROR_MALFORMED, name, &err);
	write_file(f, "base/debug.conf", "[Image]\nName=x\n");
	assert_failed(recipe_read(&f->folders, "base", &r, &err), ERROR_MALFORMED, debug, &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_layers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_disk_keys, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_disk_keys_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_request, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_release, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_npm_lock, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_steps, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_components_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_includes, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
