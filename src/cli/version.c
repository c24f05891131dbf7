#include "cli/version.h"

/* Those who only look at the sources say neither. */
#ifndef TDNODE_VERSION
#define TDNODE_VERSION "0"
#define TDNODE_COMMIT "unknown commit"
#endif

const char program_version[] = "tdnode " TDNODE_VERSION;
const char program_commit[] = TDNODE_COMMIT;
