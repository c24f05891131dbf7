/*
 * Options that several commands have: one name, one word for the argument, one help.
 */
#pragma once

#include "cli/options.h"

#define OPTION_ARTIFACTS(type, member) \
	OPTION_TEXT("artifacts", "DIR", type, member, "folder of artefacts", .preset = "artifacts")
#define OPTION_COMPONENT(type, member)                                                       \
	OPTION_LIST("component", "NAME=FILE", type, member,                                  \
		    "the release file of a component, its signature beside it as FILE.asc, " \
		    "instead of a download")
#define OPTION_CONFIG(type, member)                 \
	OPTION_TEXT("config", "FILE", type, member, \
		    "the configuration of the node ('tdnode config IMAGE' lists its keys)")
#define OPTION_CONFIG_SET(type, member)               \
	OPTION_LIST("set", "KEY=VALUE", type, member, \
		    "a line of the configuration, in place of the file's")
#define OPTION_DEBUG(type, member)         \
	OPTION_FLAG("debug", type, member, \
		    "the debug variant, in artifacts/IMAGE-debug/: root login, SSH")
#define OPTION_IMAGES(type, member, ...)                                                        \
	OPTION_TEXT("images", "DIR", type, member, "folder of own recipes", .preset = "images", \
		    __VA_ARGS__)
#define OPTION_MIRROR(type, member)                                                                \
	OPTION_LIST("mirror", "URL", type, member,                                                 \
		    "where to download from, e.g. http://deb.debian.org/debian; the last part of " \
		    "the path names the archive")
#define OPTION_QUIET(type, member) OPTION_FLAG("quiet", type, member, "no progress")
#define OPTION_STATE(type, member) \
	OPTION_TEXT("state", "DIR", type, member, "folder of instances (~/.local/state/tdnode)")
#define OPTION_STORE(type, member)                \
	OPTION_TEXT("store", "DIR", type, member, \
		    "folder of downloads and cached steps (~/.cache/tdnode)")
