# tdnode: build system and front door. `make help` lists the targets.

include scripts/build.mk
