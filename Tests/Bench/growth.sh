#!/bin/sh
# SPDX-License-Identifier: MIT
#
# How hvsmon's cost grows with a Proxmox cluster: 8, 16 and 32 nodes with 250, 500 and 1,000 guests,
# each polled every 10 s, the cluster simulated in another process. Prints figures; judges nothing.
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

port=18481
measure() { # NODES GUESTS
  folder=$work/$1
  mkdir "$folder"
  .build/release/BenchCluster "$1" "$2" "$folder" "$port" >"$folder/out" 2>&1 &
  cluster=$!
  pids="$pids $cluster"
  until grep -qs ready "$folder/out"; do
    kill -0 "$cluster" || { cat "$folder/out" >&2; exit 2; }
    sleep 1
  done
  .build/release/hvsmon serve --config "$folder/hvsmon.yml" 2>"$folder/log" &
  hvsmon=$!
  pids="$pids $hvsmon"
  sleep "$settle" # past the start, with every guest's configuration read
  before=$(spent "$hvsmon")
  sleep "$seconds"
  used=$(($(spent "$hvsmon") - before))
  answer=$(.build/release/hvsmon query 'scrape_samples_scraped{job="pve"}' \
    --url "http://127.0.0.1:$port") || { cat "$folder/log" >&2; exit 2; }
  samples=$(printf '%s\n' "$answer" | awk 'END { print $NF }')
  awk -v nodes="$1" -v guests="$2" -v used="$used" -v seconds="$seconds" -v samples="$samples" \
    -v rss="$(memory "$hvsmon" VmRSS status)" -v pss="$(memory "$hvsmon" Pss smaps_rollup)" \
    'BEGIN { printf "%d %d %d %.2f %.3f %.1f %.1f\n", nodes, guests, samples, used / 1e6 / seconds * 10,
             100 * used / 1e9 / seconds, rss, pss }' >>"$work/figures"
  kill "$hvsmon" "$cluster"
  wait "$hvsmon" "$cluster" 2>/dev/null || true
  pids=
  port=$((port + 1))
}

measure 8 250
measure 16 500
measure 32 1000

awk '{
  printf "%2d nodes, %4d guests: %5d samples a poll, %6.1f ms CPU in 10 s (%.2f %% of a core), " \
         "RSS %.1f MB, PSS %.1f MB", $1, $2, $3, $4, $5, $6, $7
  if (NR > 1)
    printf "; x%.2f guests: x%.2f CPU, x%.2f memory", $2 / guests, $4 / cpu, $6 / rss
  printf "\n"
  guests = $2; cpu = $4; rss = $6
}' "$work/figures"
