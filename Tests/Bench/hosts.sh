#!/bin/sh
# SPDX-License-Identifier: MIT
#
# How hvsmon's cost grows with the hosts that it asks by ssh: 50, 250 and 500 of them, each asked for
# its PM2 every 10 s, in the place of ssh a program that another process answers for. CPU and memory
# are hvsmon's own; each ssh is one process of its own. Prints figures; judges nothing.
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
# The other side holds pipes of every host as well.
ulimit -n "$(ulimit -Hn)"

# Nanoseconds of CPU that the threads of a process have used so far.
spent() { cat "/proc/$1"/task/*/schedstat | awk '{ sum += $1 } END { printf "%.0f", sum }'; }
memory() { awk -v name="$2:" '$1 == name { print $2 * 1024 / 1e6 }' "/proc/$1/$3"; }

port=18491
measure() { # HOSTS
  folder=$work/$1
  mkdir "$folder"
  .build/release/BenchCluster hosts "$1" "$folder" "$port" >"$folder/out" 2>&1 &
  hosts=$!
  pids="$pids $hosts"
  until grep -qs ready "$folder/out"; do
    kill -0 "$hosts" || { cat "$folder/out" >&2; exit 2; }
    sleep 1
  done
  .build/release/hvsmon serve --config "$folder/hvsmon.yml" 2>"$folder/log" &
  hvsmon=$!
  pids="$pids $hvsmon"
  sleep "$settle"
  before=$(spent "$hvsmon")
  sleep "$seconds"
  used=$(($(spent "$hvsmon") - before))
  answer=$(.build/release/hvsmon query 'sum(hvsmon_pm2_up)' --url "http://127.0.0.1:$port") ||
    { cat "$folder/log" >&2; exit 2; }
  working=$(printf '%s\n' "$answer" | awk 'END { print $NF }')
  files=$(find "/proc/$hvsmon/fd" | wc -l)
  processes=$(wc -w <"/proc/$hvsmon/task/$hvsmon/children" 2>/dev/null || echo 0)
  for task in "/proc/$hvsmon"/task/*; do
    [ "$task" = "/proc/$hvsmon/task/$hvsmon" ] ||
      processes=$((processes + $(wc -w <"$task/children" 2>/dev/null || echo 0)))
  done
  printf '%s %s %s %s %s %s %s %s\n' "$1" "$working" "$used" "$seconds" \
    "$(memory "$hvsmon" VmRSS status)" "$(memory "$hvsmon" Pss smaps_rollup)" "$files" \
    "$processes" >>"$work/figures"
  kill "$hvsmon" "$hosts"
  wait "$hvsmon" "$hosts" 2>/dev/null || true
  pids=
  port=$((port + 1))
}

measure 50
measure 250
measure 500

awk '{
  cpu = $3 / 1e6 / $4 * 10
  printf "%3d hosts: %3d work, %6.1f ms CPU in 10 s (%.2f %% of a core, %.2f ms a host), " \
         "RSS %.1f MB, PSS %.1f MB, %d open files, %d processes", $1, $2, cpu, cpu / 100, cpu / $1, $5, $6, $7, $8
  if (NR > 1)
    printf "; x%.1f hosts: x%.2f CPU, x%.2f memory, x%.2f files", $1 / hosts, cpu / last, $5 / rss, $7 / files
  printf "\n"
  hosts = $1; last = cpu; rss = $5; files = $7
}' "$work/figures"
