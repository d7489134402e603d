#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Installs what the build needs and is not there yet, by apt-get. Asks nothing, starts no service,
# and does nothing when all is there. Root, or sudo without a password, is needed only when
# something is missing.
set -eu

swift_needed=6.2

# One package a line, and what hvsmon needs it for.
packages='libcurl4-openssl-dev|outgoing HTTP, TLS, mail and byte streams
libmicrohttpd-dev|the HTTP server
libsqlite3-dev|the stored series and states
libyaml-dev|the settings and rule files
libssl-dev|digests, and certificates compared by fingerprint
zlib1g-dev|gzip of replies
libsnappy-dev|remote write requests
libre2-dev|regular expressions of label matchers
libncurses-dev|the terminal view
openssh-client|asks hosts by ssh
pkg-config|tells the build where these libraries are
g++|the C++ standard library that RE2 is used through
ca-certificates|the authorities that outgoing TLS trusts
openssl|makes the certificates that tests use'

say() { printf 'setup: %s\n' "$*"; }
fail() {
  printf 'setup: %s\n' "$*" >&2
  exit 1
}

is_installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

has_candidate() {
  apt-cache policy "$1" 2>/dev/null | grep -q '^  Candidate: [^(]'
}

check_swift() {
  command -v swift >/dev/null 2>&1 || fail "Swift is not in PATH: install Swift $swift_needed or \
newer for your system from https://www.swift.org/install/linux/ and run this again."
  version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p')
  [ -n "$version" ] || fail "'swift --version' does not answer as expected: is the toolchain whole?"
  oldest=$(printf '%s\n%s\n' "$swift_needed" "$version" | sort -V | head -n 1)
  [ "$oldest" = "$swift_needed" ] || fail "Swift $version is too old: hvsmon needs $swift_needed or \
newer, see https://www.swift.org/install/linux/."
}

install_missing() {
  as_root=
  if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null || fail "Installing needs root. Run this once, then try again: \
sudo apt-get install --no-install-recommends$1"
    as_root='sudo -n'
  fi
  # The package lists are fetched only when they do not know a package or offer a file that is gone.
  # shellcheck disable=SC2086
  for package in $1; do
    has_candidate "$package" && continue
    say "the package lists do not know $package yet: apt-get update"
    $as_root apt-get update -q </dev/null
    break
  done
  # shellcheck disable=SC2086
  apt_install $1 && return
  say 'that failed; once more with fresh package lists'
  $as_root apt-get update -q </dev/null
  # shellcheck disable=SC2086
  apt_install $1 || fail "apt-get could not install$1: its own words are above."
}

apt_install() {
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
    -o DPkg::Lock::Timeout=120 "$@" </dev/null
}

command -v dpkg-query >/dev/null 2>&1 && command -v apt-get >/dev/null 2>&1 ||
  fail 'This system has no apt-get. Install libcurl, libmicrohttpd, SQLite, libyaml, OpenSSL, zlib,
snappy, RE2 and ncursesw with their headers, pkg-config and a C++ standard library, then run swift build.'

missing=
while IFS='|' read -r package reason; do
  is_installed "$package" && continue
  [ -n "$missing" ] || say 'this will be installed by apt-get:'
  say "  $package: $reason"
  missing="$missing $package"
done <<LIST
$packages
LIST

[ -z "$missing" ] || install_missing "$missing"
check_swift
if [ -n "$missing" ]; then say "done:$missing"; else say "all is there (Swift $version)"; fi
