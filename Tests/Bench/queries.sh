#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Twelve queries of dashboards and rules over a day of 5,000 series, at one instant and over 24 h, in
# hvsmon, Prometheus and VictoriaMetrics with the same samples in the same run: median time of an
# answer and CPU of the server. Prints figures; judges nothing.
#
# HVSMON_BENCH_TICKS (5760), HVSMON_BENCH_SERIES (5000, a multiple of 100), HVSMON_BENCH_ROUNDS (20)
# and HVSMON_BENCH_STORES make it smaller. HVSMON_BENCH_DATA names a folder in which loaded stores are
# kept for the next run.
set -eu

cd "$(dirname "$0")/../.."
ticks=${HVSMON_BENCH_TICKS:-5760}
series=${HVSMON_BENCH_SERIES:-5000}
rounds=${HVSMON_BENCH_ROUNDS:-20}
stores=${HVSMON_BENCH_STORES:-import prometheus victoriametrics}
step=15

. Tests/Bench/stores.sh

samples=$((series * ticks))
port=18551
kept=${HVSMON_BENCH_DATA:-$work/kept}
mkdir -p "$kept"
start=$((($(date +%s) - ticks * step) / step * step))
[ ! -f "$kept/start" ] || start=$(cat "$kept/start")
echo "$start" >"$kept/start"
last=$((ticks - 1))

load() { # STORE
  fresh "$1"
  rm -rf "$data"
  data=$kept/$1
  sed -i "s#path: [^,]*#path: $data/hvsmon.sqlite#" "$work/hvsmon.yml"
  [ ! -d "$data" ] || return 0
  mkdir "$data"
  if [ "$1" = import ]; then
    hgen dump --ticks "$ticks" --format om |
      .build/release/hvsmon import - --format openmetrics --config "$work/hvsmon.yml" >&2
  else
    ready_empty
    push --ticks "$ticks" >"$work/push" || { cat "$work/push" >&2; exit 2; }
    settle "$pid"
    end TERM
  fi
}

for one in $stores; do
  peer "$one" || continue
  load "$one"
  ready "$last"
  STORE_TOKEN=$token measure queries "http://127.0.0.1:$port" "$pid" "$((start + last * step + 7))" \
    "$rounds" "$work/$one.json"
  end TERM
  port=$((port + 1))
done

"$work/hgen" serve --port "$port" --series 0 &
pid=$!
for _ in $(seq 100); do
  exchange=$(measure exchange "http://127.0.0.1:$port" 2>/dev/null) && break
  sleep 0.05
done
end KILL

echo "$samples samples: $series series, $ticks ticks of $step s; ratios are to hvsmon"
echo "an exchange with a server that has nothing to do takes $exchange ms"
set --
for one in $stores; do [ ! -f "$work/$one.json" ] || set -- "$@" "$work/$one.json"; done
measure compare "$@"
