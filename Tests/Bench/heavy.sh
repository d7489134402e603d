#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Ten heavy queries at once beside a daemon that polls each second: what they do to the distances of
# its polls and to its memory. Prints figures; judges nothing.
#
# HVSMON_BENCH_SERIES (2000) and HVSMON_BENCH_TICKS (240, 15 s apart) make the history smaller or
# larger, HVSMON_BENCH_PROGRAM names a program that is built already.
set -eu

cd "$(dirname "$0")/../.."
series=${HVSMON_BENCH_SERIES:-2000}
ticks=${HVSMON_BENCH_TICKS:-240}
program=${HVSMON_BENCH_PROGRAM:-}
port=18474

command -v python3 >/dev/null || { echo 'heavy: skipped: it needs python3'; exit 0; }
if [ -z "$program" ]; then
  sh deploy/build.sh hvsmon 2>&1 | tail -n 1
  program=.build/release/hvsmon
fi

work=$(mktemp -d)
pid=
finish() {
  [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT INT TERM

now=$(date +%s)
awk -v series="$series" -v ticks="$ticks" -v now="$now" 'BEGIN {
  print "# TYPE heavy_total counter"
  for (n = 0; n < series; n++)
    for (t = ticks; t > 0; t--)
      printf "heavy_total{n=\"%d\",group=\"%d\"} %d %d000\n", n, n % 20, (ticks - t) * (n + 1), now - 15 * t
}' >"$work/history.txt"
"$program" import "$work/history.txt" --store "$work/hvsmon.sqlite" --format text

cat >"$work/hvsmon.yml" <<CONF
storage: {path: $work/hvsmon.sqlite}
http: {listen: "127.0.0.1:$port"}
poll: {interval: 1s, timeout: 900ms}
CONF
"$program" serve --config "$work/hvsmon.yml" 2>"$work/hvsmon.log" &
pid=$!

python3 Tests/Bench/heavy.py "http://127.0.0.1:$port" "$pid" "$now" "$((15 * ticks))"
