#include "vm/qemu.h"

#include <errno.h>

#include "base/process.h"
#include "formats/recovery_medium.h"

#define PROGRAM "qemu-system-x86_64"
#define ARGUMENTS_MAX 80

/* The argument vector; strings made here belong to it. */
struct arguments {
	const char *items[ARGUMENTS_MAX];
	size_t n;
	struct string_list owned;
	bool failed;
};

static void add(struct arguments *a, const char *item)
{
	if (a->n + 1 >= ARGUMENTS_MAX)
		a->failed = true;
	else
		a->items[a->n++] = item;
}

/* An option whose value string_printf() made. */
static void add_made(struct arguments *a, const char *option, char *value)
{
	if (string_list_take(&a->owned, value) < 0) {
		a->failed = true;
		return;
	}
	add(a, option);
	add(a, a->owned.items[a->owned.n - 1]);
}

/* A comma in a value of QEMU's option syntax is written twice. */
static char *escape(const char *path)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(8192);

	for (const char *p = path; *p; p++) {
		buffer_put_u8(&b, (uint8_t)*p);
		if (*p == ',')
			buffer_put_u8(&b, ',');
	}
	return buffer_steal_text(&b);
}

/* An option with one path in it, at "%s". */
static void add_path(struct arguments *a, const char *option, const char *before, const char *path,
		     const char *after)
{
	_cleanup_free_ char *escaped = escape(path);

	if (!escaped)
		a->failed = true;
	else
		add_made(a, option, string_printf("%s%s%s", before, escaped, after));
}

static void add_machine(struct arguments *a, const struct qemu_machine *m)
{
	static const char *const fixed[] = {
		PROGRAM,
		"-nodefaults",
		"-no-user-config",
		"-display",
		"none",
		"-no-reboot",
		"-sandbox",
		"on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
		"-machine",
		"q35",
	};

	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		add(a, fixed[i]);
	add(a, "-accel");
	/* A large translation buffer: a whole boot fits in. */
	add(a, m->kvm ? "kvm" : "tcg,thread=multi,tb-size=512");
	add(a, "-cpu");
	/* Emulated SMAP takes iretq in user mode, by which .NET restores threads, for an access of the kernel's
	 * (seen with QEMU 7.2): the thread is gone. The others cost time in emulation: "fast" string
	 * instructions go byte by byte, pages have a fifth level, and there are keys of pages to switch. None
	 * of them is in the tables that firmware measures. */
	add(a, m->kvm ? "host" : "max,smap=off,erms=off,la57=off,pku=off");
	add_made(a, "-smp", string_printf("%u", m->cpus));
	add_made(a, "-m", string_printf("%lluM", (unsigned long long)(m->memory >> 20)));
}

static void add_disks(struct arguments *a, const struct qemu_machine *m)
{
	add_path(a, "-drive", "if=pflash,format=raw,readonly=on,file=", m->firmware_code, "");
	add_path(a, "-drive", "if=pflash,format=raw,file=", m->firmware_vars, "");
	add_path(a, "-drive", "if=none,id=os,format=raw,snapshot=on,file=", m->os_disk, "");
	add(a, "-device");
	add(a, "virtio-blk-pci,drive=os,bootindex=0");
	if (m->data_disk) {
		add_path(a, "-drive", "if=none,id=data,format=qcow2,file=", m->data_disk, "");
		add(a, "-device");
		add(a, "virtio-blk-pci,drive=data,serial=persistent");
	}
	/* Always there: the ACPI tables list the devices, and what recovery seals must open without it. */
	if (m->recovery_fd >= 0)
		add_made(a, "-drive",
			 string_printf(
				 "if=none,id=recovery,format=raw,readonly=on,file=/proc/self/fd/%d",
				 m->recovery_fd));
	else
		add_made(a, "-drive",
			 string_printf("if=none,id=recovery,driver=null-co,size=%u,read-zeroes=on,"
				       "readonly=on",
				       RECOVERY_MEDIUM_SIZE));
	add(a, "-device");
	add(a, "virtio-blk-pci,drive=recovery,serial=" RECOVERY_MEDIUM_SERIAL);
}

static void add_network(struct arguments *a, const struct qemu_machine *m)
{
	const struct {
		uint16_t here, guest;
	} ports[] = {
		{m->rpc_port, 8545},
		{m->attest_port, 8745},
		{m->ssh_port, 22},
		{m->metrics_port, 9100},
	};
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(1024);

	buffer_put_string(&text, m->internet ? "user,id=net" : "user,id=net,restrict=on");
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
		if (ports[i].here)
			buffer_printf(&text, ",hostfwd=tcp:127.0.0.1:%u-:%u", ports[i].here,
				      ports[i].guest);
	}
	add_made(a, "-netdev", buffer_steal_text(&text));
	/* Restricted: the VM is reached by the forwarded ports and reaches nothing. Otherwise it reaches what this
	 * machine reaches, services on its loopback among it. Without a boot ROM firmware does not try the network. */
	add(a, "-device");
	add(a, "virtio-net-pci,netdev=net,romfile=");
}

static void add_devices(struct arguments *a, const struct qemu_machine *m)
{
	add_path(a, "-chardev", "socket,id=tpm,path=", m->tpm_socket, "");
	add(a, "-tpmdev");
	add(a, "emulator,id=tpm0,chardev=tpm");
	add(a, "-device");
	add(a, "tpm-crb,tpmdev=tpm0");
	add(a, "-device");
	add(a, "virtio-rng-pci");

	if (m->config)
		add_path(a, "-fw_cfg", "name=opt/org.tdnode/config,file=", m->config, "");

	_cleanup_free_ char *log = escape(m->console_log);

	if (!log) {
		a->failed = true;
		return;
	}

	_cleanup_free_ char *after = string_printf(",server=on,wait=off,logfile=%s", log);

	if (!after) {
		a->failed = true;
		return;
	}
	add_path(a, "-chardev", "socket,id=console,path=", m->console_socket, after);
	add(a, "-serial");
	add(a, "chardev:console");
	add_path(a, "-chardev", "socket,id=qmp,path=", m->qmp_socket, ",server=on,wait=off");
	add(a, "-mon");
	add(a, "chardev=qmp,mode=control");
}

int qemu_start(const struct qemu_machine *m, int stderr_fd, pid_t *ret, struct error **err)
{
	struct arguments a = {0};
	int r;

	if (!process_available(PROGRAM))
		return error_set(err, -ENOENT,
				 "'" PROGRAM
				 "' is not installed (Debian package 'qemu-system-x86')");
	add_machine(&a, m);
	add_disks(&a, m);
	add_network(&a, m);
	add_devices(&a, m);
	a.items[a.n] = NULL;

	const int kept[] = {m->recovery_fd, -1};
	struct process_options options = PROCESS_OPTIONS(a.items);

	options.stderr_fd = stderr_fd;
	/* A terminal's Ctrl-C is for tdnode, which stops the VM in order. */
	options.own_group = true;
	options.keep_fds = kept;
	r = a.failed ? error_oom(err) : process_start(&options, ret, err);
	string_list_release(&a.owned);
	return r;
}

int qemu_create_disk(const char *path, uint64_t size, struct error **err)
{
	_cleanup_free_ char *size_text = string_printf("%llu", (unsigned long long)size);
	const char *const argv[] = {"qemu-img", "create", "-q",	     "-f",
				    "qcow2",	path,	  size_text, NULL};
	const struct process_options options = PROCESS_OPTIONS(argv);

	if (!size_text)
		return error_oom(err);
	if (!process_available("qemu-img"))
		return error_set(err, -ENOENT,
				 "'qemu-img' is not installed (Debian package 'qemu-utils')");
	return process_run(&options, NULL, err);
}
