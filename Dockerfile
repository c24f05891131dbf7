# Builds tdnode, and with it the tools that building an image needs, on a Debian: scripts/build-container has the rest.
# The base is part of no image: what shapes one comes from its lock.
ARG BASE
FROM ${BASE}
WORKDIR /tdnode
COPY scripts/setup scripts/
RUN scripts/setup build image && rm -rf /var/lib/apt/lists/*
COPY Makefile ./
COPY scripts scripts
COPY src src
RUN make -f scripts/build.mk -j"$(nproc)"
COPY guest guest
COPY images images
# Whoever the process runs as.
ENV HOME=/tmp
