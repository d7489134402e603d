#!/bin/sh
# SPDX-License-Identifier: MIT
#
# How hvsmon's cost grows with MongoDB: 10, 50 and 100 members in replica sets of five, each asked
# every 10 s and heard of changes from, simulated in another process. Prints figures; judges nothing.
set -eu

cd "$(dirname "$0")/../.."
seconds=${BENCH_GROWTH_SECONDS:-60}
settle=${BENCH_SETTLE_SECONDS:-40}
work=$(mktemp -d)
pids=

finish() {
  for pid in $pids; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT INT TERM

sh deploy/build.sh hvsmon 2>&1 | tail -n 1
sh deploy/build.sh BenchCluster 2>&1 | tail -n 1

# Nanoseconds of CPU that the threads of a process have used so far.
spent() { cat "/proc/$1"/task/*/schedstat | awk '{ sum += $1 } END { printf "%.0f", sum }'; }
memory() { awk -v name="$2:" '$1 == name { print $2 * 1024 / 1e6 }' "/proc/$1/$3"; }

port=18501
measure() { # MEMBERS
  folder=$work/$1
  mkdir "$folder"
  .build/release/BenchCluster databases "$1" "$folder" "$port" >"$folder/out" 2>&1 &
  cluster=$!
  pids="$pids $cluster"
  until grep -qs ready "$folder/out"; do
    kill -0 "$cluster" || { cat "$folder/out" >&2; exit 2; }
    sleep 1
  done
  .build/release/hvsmon serve --config "$folder/hvsmon.yml" 2>"$folder/log" &
  hvsmon=$!
  pids="$pids $hvsmon"
  sleep "$settle" # past the start, with everybody logged in
  before=$(spent "$hvsmon")
  sleep "$seconds"
  used=$(($(spent "$hvsmon") - before))
  files=$(find "/proc/$hvsmon/fd" | wc -l)
  sockets=$(find "/proc/$hvsmon/fd" -lname 'socket:*' | wc -l)
  answer=$(.build/release/hvsmon query 'sum(mongodb_up)' --url "http://127.0.0.1:$port") ||
    { cat "$folder/log" >&2; exit 2; }
  up=$(printf '%s\n' "$answer" | awk 'END { print $NF }')
  awk -v members="$1" -v up="$up" -v used="$used" -v seconds="$seconds" -v files="$files" \
    -v sockets="$sockets" \
    -v rss="$(memory "$hvsmon" VmRSS status)" -v pss="$(memory "$hvsmon" Pss smaps_rollup)" \
    'BEGIN { printf "%d %d %.2f %.3f %.1f %.1f %d %d\n", members, up, used / 1e6 / seconds * 10,
             100 * used / 1e9 / seconds, rss, pss, files, sockets }' >>"$work/figures"
  kill "$hvsmon" "$cluster"
  wait "$hvsmon" "$cluster" 2>/dev/null || true
  pids=
  port=$((port + 1))
}

measure 10
measure 50
measure 100

awk '{
  printf "%3d members, %3d up: %6.1f ms CPU in 10 s (%.2f %% of a core), RSS %.1f MB, PSS %.1f MB, " \
         "%d open files, %d of them sockets", $1, $2, $3, $4, $5, $6, $7, $8
  if (NR > 1)
    printf "; x%.2f members: x%.2f CPU, x%.2f memory", $1 / members, $3 / cpu, $5 / rss
  printf "\n"
  members = $1; cpu = $3; rss = $5
}' "$work/figures"
