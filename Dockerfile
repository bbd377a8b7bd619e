# syntax=docker/dockerfile:1
# `docker build --target auth-api .` makes the server's image; `--target example` with
# `--build-arg SERVICE=booking-app` (or public-api, admin-api) makes those of the example.

FROM rust:1-slim-bookworm AS build
# A C compiler comes with the image; aws-lc-sys also asks for cmake and, on some targets, clang.
RUN apt-get update \
 && apt-get install -y --no-install-recommends clang cmake make \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
# The caches outlive a build: a change of ours compiles our crates only. What is built leaves the
# cache by a copy, since a cache is no part of the image. One build makes all four programs.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/source/target,sharing=locked \
    SQLX_OFFLINE=true cargo build --release --locked \
      --package auth-api --package booking-app --package public-api --package admin-api --bins \
 && mkdir -p /out/bin /out/keys \
 && for program in auth-api booking-app public-api admin-api; do \
      cp "target/release/$program" /out/bin/; \
    done

# The example: a shell, because its secrets come in files and the programs read variables.
FROM debian:bookworm-slim AS example
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/*
ARG SERVICE
COPY --from=build /out/bin/${SERVICE} /usr/local/bin/service
COPY --chmod=0755 deploy/with-secret-files.sh /usr/local/bin/with-secret-files
USER 65532:65532
ENTRYPOINT ["with-secret-files", "service"]

# The server: its one program and root certificates, run by a user without rights.
FROM debian:bookworm-slim AS auth-api
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /out/bin/auth-api /usr/local/bin/auth-api
# Owned by the user of the image (65532), and so is a named volume that is mounted here first.
COPY --from=build --chown=65532:65532 /out/keys /keys
COPY LICENSE /LICENSE
WORKDIR /
# Huge pages for what a password is hashed in: fewer misses of the translation cache (glibc 2.35 and later;
# docs/performance.md).
ENV GLIBC_TUNABLES=glibc.malloc.hugetlb=1
ENV AUTH_KEYS__ENCRYPTION_KEY_FILE=/keys/key-encryption-key
VOLUME /keys
USER 65532:65532
EXPOSE 3001
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["/usr/local/bin/auth-api", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/auth-api"]
CMD ["serve"]
