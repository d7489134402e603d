#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What hvsmon costs when nothing happens: 10 targets at 10 s, a release build, beside Debian's
# Prometheus that scrapes 10 targets at the same pace. Prints figures; judges nothing.
set -eu

cd "$(dirname "$0")/../.."
seconds=${BENCH_SECONDS:-120}
peers=$PWD/.peers
work=$(mktemp -d)
pids=

finish() {
  for pid in $pids; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT INT TERM

[ -x "$peers/usr/sbin/nginx" ] || { echo 'bench: make setup-peers first' >&2; exit 2; }
sh deploy/build.sh hvsmon 2>&1 | tail -n 1

nginx_port=18471 hvsmon_port=18472 prometheus_port=18473
cat >"$work/nginx.conf" <<CONF
daemon off; pid $work/pid; error_log $work/error.log; worker_processes 1; user root;
events {}
http {
  access_log off; client_body_temp_path $work/b; proxy_temp_path $work/p;
  fastcgi_temp_path $work/f; uwsgi_temp_path $work/u; scgi_temp_path $work/s;
  server { listen 127.0.0.1:$nginx_port; location = /nginx_status { stub_status; } }
}
CONF
"$peers/usr/sbin/nginx" -c "$work/nginx.conf" -e "$work/error.log" &
pids="$pids $!"

members=$(for i in 1 2 3 4 5 6 7 8 9 10; do
  printf '{name: nginx%s, address: "127.0.0.1:%s"}, ' "$i" "$nginx_port"
done)
cat >"$work/hvsmon.yml" <<CONF
architecture:
  tiers:
    - name: web
      members: [$members]
      nginx: {status: "http://{address}/nginx_status"}
storage: {path: $work/hvsmon.sqlite}
http: {listen: "127.0.0.1:$hvsmon_port"}
rules: [$PWD/alerts.yml]
CONF
.build/release/hvsmon serve --config "$work/hvsmon.yml" 2>"$work/hvsmon.log" &
hvsmon=$!
pids="$pids $hvsmon"

prometheus=
if [ -x "$peers/usr/bin/prometheus" ]; then
  targets=$(for i in 1 2 3 4 5 6 7 8 9 10; do
    printf '{targets: ["127.0.0.%s:%s"]}, ' "$i" "$prometheus_port"
  done)
  cat >"$work/prometheus.yml" <<CONF
global: {scrape_interval: 10s, evaluation_interval: 15s}
rule_files: [$PWD/alerts.yml]
scrape_configs:
  - {job_name: nginx, metrics_path: /-/healthy, static_configs: [$targets]}
CONF
  "$peers/usr/bin/prometheus" --config.file="$work/prometheus.yml" \
    --storage.tsdb.path="$work/data" --web.listen-address="0.0.0.0:$prometheus_port" \
    2>"$work/prometheus.log" &
  prometheus=$!
  pids="$pids $prometheus"
fi

# Nanoseconds of CPU that the threads of a process have used so far: the clock ticks of
# /proc/PID/stat are too coarse for work of microseconds.
spent() { cat "/proc/$1"/task/*/schedstat | awk '{ sum += $1 } END { print sum }'; }
memory() { awk -v name="$2:" '$1 == name { printf "%.1f MB", $2 * 1024 / 1e6 }' "/proc/$1/$3"; }

report() { # NAME PID SPENT_BEFORE
  used=$(($(spent "$2") - $3))
  awk -v name="$1" -v used="$used" -v seconds="$seconds" \
    -v rss="$(memory "$2" VmRSS status)" -v pss="$(memory "$2" Pss smaps_rollup)" \
    'BEGIN { printf "%-10s  RSS %s  PSS %s  CPU %.3f %% of a core\n", name, rss, pss,
             100 * used / 1e9 / seconds }'
}

sleep 20 # past the start, with every target polled
before=$(spent "$hvsmon")
prometheus_before=$([ -z "$prometheus" ] || spent "$prometheus")
echo "idle for $seconds s, 10 targets at 10 s:"
sleep "$seconds"
report hvsmon "$hvsmon" "$before"
[ -z "$prometheus" ] || report prometheus "$prometheus" "$prometheus_before"
