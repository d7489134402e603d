#!/bin/sh
# SPDX-License-Identifier: MIT
#
# build.sh [PRODUCT]: the release build of hvsmon or of another product. Swift's own libraries are
# linked in where the toolchain can do that: the program starts faster and runs where no Swift is.
set -eu

cd "$(dirname "$0")/.."
library=$(swiftc -print-target-info -static-stdlib |
  sed -n 's/.*"runtimeResourcePath" *: *"\(.*\)".*/\1/p')
set -- "${1:-hvsmon}"
[ ! -f "$library/linux/libFoundationEssentials.a" ] || set -- "$@" --static-swift-stdlib
exec swift build -c release --product "$@"
