# shellcheck shell=sh
# Go builds with the pinned toolchain and keeps what it downloads and compiles in the cache of the tools.
# GOPROXY, GOPRIVATE, GONOSUMDB and the like stay the user's.

export GOTOOLCHAIN=local GOWORK=off
export GOMODCACHE="${GOMODCACHE:-$cache/go-modules}" GOCACHE="${GOCACHE:-$cache/go-build}"
