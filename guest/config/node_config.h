/*
 * The configuration of the node: from the host to /run/tdnode/config, by way of PCR 8.
 *
 *	read what the host gives, once, into memory
 *	hold it against the keys of the image (formats/config.h); the canonical form of that is
 *	extended into PCR 8, and a separator after it
 *	only then written to where the node reads it
 *
 * The host's text is used nowhere else: what it changes afterwards changes nothing. A text that is refused
 * leaves a register that no configuration has, and no file; tdnode-disk.service requires this program's, so
 * there is no disk and no node.
 */
#pragma once

#include "base/buffer.h"
#include "base/confidential.h"
#include "base/error.h"
#include "formats/config.h"

/* QEMU: -fw_cfg name=opt/org.tdnode/config,file=FILE. Of all that fw_cfg has this alone is read. */
#define CONFIG_SOURCE "/sys/firmware/qemu_fw_cfg/by_name/opt/org.tdnode/config/raw"
/* Azure: what guest/azure was given by the metadata service, or else why it has nothing. */
#define CONFIG_AZURE_FOLDER "/run/tdnode-azure"
#define CONFIG_AZURE_SOURCE CONFIG_AZURE_FOLDER "/user-data"
#define CONFIG_AZURE_PROBLEM CONFIG_AZURE_FOLDER "/problem"
/* The host says by it that it is Azure's; tdnode-user-data.service starts on the same condition. */
#define CONFIG_ASSET_TAG "/sys/class/dmi/id/chassis_asset_tag"
#define CONFIG_FILE "/run/tdnode/config"
#define CONFIG_HOSTNAME_FILE "/proc/sys/kernel/hostname"

/* Says one line to whoever watches the boot. */
typedef void (*say_function)(const char *fmt, ...) _printf_(1, 2);

/* Where things are; tests have others. */
struct config_places {
	const char *source;
	const char *problem; /* why there is no source; NULL: then there is no configuration */
	const char *keys;    /* folder */
	const char *file;
	const char *hostname;
};

/* A register that is extended and read. */
struct config_register {
	void *context;
	/* An error unless the register is as after a reset in all banks. */
	int (*check_unused)(void *context, struct error **err);
	int (*extend)(void *context, struct span bytes, struct error **err);
	/* An error unless the register is what the bytes extended so far make of it. */
	int (*check_extended)(void *context, struct error **err);
};

/*
 * prepare.c: whether the machine, by its asset tag, is on Azure; and where the service that asks there has made its
 * folder, it is. So what one of both does not see ends in a refusal, never in the defaults.
 */
bool config_on_azure(const char *asset_tag, const char *folder);

/* What the host's text means to the image. */
struct node_config {
	struct config_keys keys;
	struct config config;
	struct buffer text; /* canonical */
};
void node_config_release(struct node_config *c);
_must_check_ int node_config_prepare(const struct config_places *places, struct node_config *ret,
				     struct error **err);

/*
 * take.c: all of it. `reg` is NULL where there is no TPM. Where there is none, or it is the host's, nobody
 * could prove what the configuration was, so nothing but the defaults is taken.
 */
_must_check_ int node_config_take(const struct config_places *places, struct config_register *reg,
				  enum confidential confidential, say_function say,
				  struct error **err);

/* register.c: CONFIG_PCR of the machine's TPM. *ret is NULL if there is no TPM. */
struct tpm_register;
_must_check_ int tpm_register_open(struct tpm_register **ret, struct error **err);
void tpm_register_free(struct tpm_register *t);
DEFINE_FREEP(struct tpm_register *, tpm_register_free)
struct config_register tpm_register_functions(struct tpm_register *t);
