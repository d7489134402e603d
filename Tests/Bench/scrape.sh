#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What it costs to scrape 20,000 series every second, as four targets of 5,000: CPU-seconds for a
# million samples of hvsmon and of Prometheus, which scrape the same generator in the same run.
# Prints figures; judges nothing. HVSMON_BENCH_SECONDS (60) says how long.
set -eu

cd "$(dirname "$0")/../.."
seconds=${HVSMON_BENCH_SECONDS:-60}
generator=../shared/bench/hgen.c

if [ ! -f "$generator" ] || ! command -v gcc >/dev/null || ! command -v curl >/dev/null; then
  echo "scrape: skipped: it needs $generator, gcc and curl"
  exit 0
fi

work=$(mktemp -d)
pids=
finish() {
  for pid in $pids; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT INT TERM

gcc -O2 -o "$work/hgen" "$generator" -lm
sh Tests/Peers/setup.sh bench
sh deploy/build.sh hvsmon 2>&1 | tail -n 1

generator_port=18551 hvsmon_port=18552 prometheus_port=18553
"$work/hgen" serve --port "$generator_port" --series 5000 --step 1 --start "$(date +%s)" &
pids="$pids $!"

{
  echo "storage: {path: $work/hvsmon.sqlite}"
  echo "http: {listen: \"127.0.0.1:$hvsmon_port\"}"
  echo 'poll: {interval: 1s, timeout: 900ms}'
  echo 'exposition:'
  for job in a b c d; do
    echo "  - {name: $job, urls: [\"http://127.0.0.1:$generator_port/metrics\"]}"
  done
} >"$work/hvsmon.yml"
.build/release/hvsmon serve --config "$work/hvsmon.yml" 2>"$work/hvsmon.log" &
hvsmon=$!
pids="$pids $hvsmon"

prometheus=
if [ -x .peers/usr/bin/prometheus ]; then
  {
    echo 'global: {scrape_interval: 1s, scrape_timeout: 900ms}'
    echo 'scrape_configs:'
    for job in a b c d; do
      echo "  - {job_name: $job, static_configs: [{targets: [\"127.0.0.1:$generator_port\"]}]}"
    done
  } >"$work/prometheus.yml"
  .peers/usr/bin/prometheus --config.file="$work/prometheus.yml" \
    --storage.tsdb.path="$work/data" --web.listen-address="127.0.0.1:$prometheus_port" \
    2>"$work/prometheus.log" &
  prometheus=$!
  pids="$pids $prometheus"
fi

# Nanoseconds of CPU that the threads of a process have used so far.
spent() { cat "/proc/$1"/task/*/schedstat | awk '{ sum += $1 } END { printf "%.0f", sum }'; }
memory() { awk '$1 == "VmRSS:" { printf "%.1f", $2 * 1024 / 1e6 }' "/proc/$1/status"; }
# Samples that a server has taken so far.
taken() { # PORT COUNTER
  curl -sS "http://127.0.0.1:$1/metrics" | awk -v name="$2" '$1 ~ "^" name { sum += $2 }
    END { printf "%.0f", sum }'
}
hvsmon_taken() { taken "$hvsmon_port" hvsmon_ingest_samples_total; }
prometheus_taken() { taken "$prometheus_port" prometheus_tsdb_head_samples_appended_total; }

report() { # NAME PID SPENT_BEFORE TAKEN_BEFORE TAKEN
  awk -v name="$1" -v used="$(($(spent "$2") - $3))" -v samples="$(($5 - $4))" \
    -v rss="$(memory "$2")" 'BEGIN {
      printf "%-10s  %.3f CPU-s a million samples  (%d samples, %.3f s)  RSS %s MB\n", name,
        used / 1e9 / samples * 1e6, samples, used / 1e9, rss }'
}

sleep 10 # past the start, with every series made
echo "scraping 20,000 series every second for $seconds s:"
taken_before=$(hvsmon_taken)
before=$(spent "$hvsmon")
if [ -n "$prometheus" ]; then
  prometheus_taken_before=$(prometheus_taken)
  prometheus_before=$(spent "$prometheus")
fi
sleep "$seconds"
report hvsmon "$hvsmon" "$before" "$taken_before" "$(hvsmon_taken)"
[ -z "$prometheus" ] || report prometheus "$prometheus" "$prometheus_before" \
  "$prometheus_taken_before" "$(prometheus_taken)"
