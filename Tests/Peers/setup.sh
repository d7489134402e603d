#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Fetches the programs that tests compare hvsmon with: the packages that apt-get offers, unpacked
# into .peers/ and never installed, so that no service starts and the system stays as it is. Does
# nothing when they are there; delete .peers/ to fetch newer ones. Needs no root.
set -eu

cd "$(dirname "$0")/../.."
peers=$PWD/.peers

# One package a line, and the programs that must run afterwards; - is none.
packages='nginx-common -
nginx usr/sbin/nginx
prometheus usr/bin/prometheus usr/bin/promtool
prometheus-alertmanager usr/bin/prometheus-alertmanager usr/bin/amtool
openssh-server usr/sbin/sshd
busybox bin/busybox
keepalived usr/sbin/keepalived
tmux usr/bin/tmux'

# `setup.sh bench` fetches what only `make bench` compares with.
[ "${1:-}" != bench ] || packages='prometheus usr/bin/prometheus
victoria-metrics usr/bin/victoria-metrics'

say() { printf 'peers: %s\n' "$*"; }

# Exit status 0: tests that need a peer look for it themselves and say that they skip.
give_up() {
  say "$* Tests that need such a program are skipped."
  exit 0
}

answers() {
  case $1 in
    */nginx | */sshd | */tmux) "$peers/$1" -V >/dev/null 2>&1 ;;
    */busybox) "$peers/$1" true ;;
    *) "$peers/$1" --version >/dev/null 2>&1 ;;
  esac
}

is_ready() {
  [ -s "$peers/packages/$1" ] || return 1
  shift
  for program in "$@"; do
    [ "$program" = - ] || answers "$program" || return 1
  done
}

candidate() { apt-cache policy "$1" 2>/dev/null | sed -n 's/^  Candidate: \([^(].*\)/\1/p'; }

# Downloads the candidate version of a package and unpacks it; sets `version`, and notes the
# libraries it depends on.
fetch() {
  version=$(candidate "$1")
  [ -n "$version" ] || return 1
  rm -rf "$peers/download"
  mkdir -p "$peers/download" "$peers/libraries"
  # As root, apt would drop to a user of its own that may not write here, and warn about it.
  (cd "$peers/download" && apt-get download -q -q -o APT::Sandbox::User=root "$1=$version") \
    >"$peers/log" 2>&1 </dev/null || return 1
  for package_file in "$peers"/download/*.deb; do
    dpkg -x "$package_file" "$peers"
    dpkg-deb -f "$package_file" Depends | tr ',' '\n' |
      sed -n '/^ *libjs-/d; s/^ *\(lib[^ :|(]*\).*/\1/p' >"$peers/libraries/$1"
  done
  rm -rf "$peers/download"
}

library_path() {
  triplet=$(gcc -print-multiarch)
  printf '%s' "$peers/usr/lib/$triplet:$peers/lib/$triplet:$peers/usr/lib/$triplet/pulseaudio"
}

# lacks_libraries PROGRAM PATH: the system and the folders of PATH do not hold all it needs.
lacks_libraries() { LD_LIBRARY_PATH=$2 ldd "$peers/$1" 2>/dev/null | grep -q 'not found'; }

# Unpacks the libraries that a program of a package needs beyond those installed.
fetch_libraries() { # PACKAGE PROGRAM
  queue=$(cat "$peers/libraries/$1")
  while lacks_libraries "$2" "$(library_path)" && [ -n "$queue" ]; do
    library=$(printf '%s\n' "$queue" | head -n 1)
    queue=$(printf '%s\n' "$queue" | tail -n +2)
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$library" 2>/dev/null)" = installed ] && continue
    [ -e "$peers/libraries/$library" ] && continue
    fetch "$library" || return 1
    say "unpacked $library $version, which $2 needs"
    queue=$(printf '%s\n%s' "$queue" "$(cat "$peers/libraries/$library")" | sed '/^$/d')
  done
}

# The same, and puts a starter in the program's place that knows where they are.
add_libraries() { # PACKAGE PROGRAM
  fetch_libraries "$1" "$2" || return 1
  mkdir -p "$peers/real/${2%/*}"
  mv "$peers/$2" "$peers/real/$2"
  printf '#!/bin/sh\nLD_LIBRARY_PATH="%s" exec "%s" "$@"\n' "$(library_path)" "$peers/real/$2" \
    >"$peers/$2"
  chmod 755 "$peers/$2"
}

# Makes one package ready: fetched, its programs able to run.
prepare() {
  package=$1
  shift
  fetch "$package" || give_up "$package cannot be downloaded (see .peers/log)."
  package_version=$version
  for program in "$@"; do
    [ "$program" = - ] && continue
    if lacks_libraries "$program" ""; then
      add_libraries "$package" "$program" || give_up "The libraries of $program cannot be had."
    fi
    answers "$program" || give_up "$program was unpacked and does not run."
  done
  mkdir -p "$peers/packages"
  printf '%s\n' "$package_version" >"$peers/packages/$package"
  say "unpacked $package $package_version"
}

command -v apt-get >/dev/null 2>&1 && command -v dpkg >/dev/null 2>&1 ||
  give_up 'This system has no apt-get to download with.'

lists_are_fresh=no
ready=
while read -r package programs; do
  # shellcheck disable=SC2086
  if ! is_ready "$package" $programs; then
    mkdir -p "$peers"
    if [ -z "$(candidate "$package")" ] && [ "$lists_are_fresh$(id -u)" = no0 ]; then
      lists_are_fresh=yes
      apt-get update -q -q </dev/null >"$peers/log" 2>&1 || true
    fi
    # shellcheck disable=SC2086
    prepare "$package" $programs
  fi
  ready="$ready $package $(cat "$peers/packages/$package")"
done <<LIST
$packages
LIST
say "ready in .peers:$ready"
[ "${1:-}" != bench ] || exit 0

# Python programs, in an environment of their own: a fake Proxmox API and the exporter whose metric
# names hvsmon shares.
if [ ! -x "$peers/python/bin/fakepve" ] || [ ! -x "$peers/python/bin/pve_exporter" ]; then
  python3 -m venv "$peers/python" >"$peers/log" 2>&1 &&
    "$peers/python/bin/pip" install -q 'fakepve==0.5.0' 'prometheus-pve-exporter==3.10.2' \
      >"$peers/log" 2>&1 </dev/null ||
    give_up 'fakepve and prometheus-pve-exporter cannot be installed (see .peers/log).'
fi
say 'ready in .peers/python: fakepve, prometheus-pve-exporter'

# A MongoDB-compatible server that shares no code with MongoDB or hvsmon, with its driver.
if ! "$peers/mongodb/bin/python3" -c 'import secantus, pymongo' 2>/dev/null; then
  python3 -m venv "$peers/mongodb" >"$peers/log" 2>&1 &&
    "$peers/mongodb/bin/pip" install -q 'secantusdb==0.7.0b3' >"$peers/log" 2>&1 </dev/null ||
    give_up 'secantusdb cannot be installed (see .peers/log).'
fi
say 'ready in .peers/mongodb: secantusdb'

# MongoDB's own driver, which asks the simulated databases.
if ! "$peers/pymongo/bin/python3" -c 'import pymongo' 2>/dev/null; then
  python3 -m venv "$peers/pymongo" >"$peers/log" 2>&1 &&
    "$peers/pymongo/bin/pip" install -q 'pymongo==4.20.0' >"$peers/log" 2>&1 </dev/null ||
    give_up 'pymongo cannot be installed (see .peers/log).'
fi
say 'ready in .peers/pymongo: pymongo'

# A browser without a window, with the fonts that a small system lacks.
browser=$peers/usr/bin/chromium-headless
if ! "$browser" --version >/dev/null 2>&1; then
  for package in chromium-common chromium-headless-shell fonts-dejavu-core; do
    fetch "$package" || give_up "$package cannot be downloaded (see .peers/log)."
  done
  fetch_libraries chromium-headless-shell usr/lib/chromium/chromium-headless-shell ||
    give_up 'The libraries of chromium-headless-shell cannot be had.'
  cat >"$peers/fonts.conf" <<FONTS
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>$peers/usr/share/fonts</dir><cachedir>$peers/fonts.cache</cachedir></fontconfig>
FONTS
  printf '#!/bin/sh\nFONTCONFIG_FILE="%s" LD_LIBRARY_PATH="%s" exec "%s" "$@"\n' \
    "$peers/fonts.conf" "$(library_path)" "$peers/usr/lib/chromium/chromium-headless-shell" \
    >"$browser"
  chmod 755 "$browser"
  "$browser" --version >/dev/null 2>&1 || give_up 'chromium-headless-shell does not run.'
fi
say 'ready in .peers: chromium-headless-shell'
