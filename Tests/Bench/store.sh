#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What a day of 5,000 series costs in hvsmon's store, pushed by remote write and imported, and in
# Prometheus and VictoriaMetrics fed with the same samples in the same run: bytes, CPU, memory, time
# to the first right answer, scan rate, and what SIGKILL takes. Prints figures; judges nothing.
#
# HVSMON_BENCH_TICKS (5760), HVSMON_BENCH_SERIES (5000, a multiple of 100) and HVSMON_BENCH_KILLS (40)
# make it smaller; HVSMON_BENCH_STORES names those that are measured.
set -eu

cd "$(dirname "$0")/../.."
ticks=${HVSMON_BENCH_TICKS:-5760}
series=${HVSMON_BENCH_SERIES:-5000}
kills=${HVSMON_BENCH_KILLS:-40}
stores=${HVSMON_BENCH_STORES:-hvsmon import prometheus victoriametrics}
step=15

. Tests/Bench/stores.sh

figures() {
  last=$((ticks - 1))
  end=$((start + last * step))
  end TERM
  note bytes "$(calc "$(bytes "$data") / $samples")"
  ready "$last"
  note start "$seconds"
  end KILL
  ready "$last"
  note killed "$seconds"
  # A query a name: without their names series would be the same, and no limit of samples is met.
  set --
  for name in up info limit mem_bytes conns disk_used_bytes requests_total net_bytes_total \
    cpu_seconds_total latency_seconds temp_celsius; do
    set -- "$@" "sum(count_over_time(hv_$name[25h]))"
  done
  # shellcheck disable=SC2046
  set -- $(STORE_TOKEN=$token measure scan "http://127.0.0.1:$port" "$end" "$@")
  note scan "$(calc "$2 / $1 / 1e6")"
  [ "$2" = "$samples" ] || echo "store: $store has $2 of $samples samples" >&2
  end TERM
}

measure_push() {
  fresh "$1"
  ready_empty
  before=$(spent "$pid")
  push --ticks "$ticks" >"$work/push" || { cat "$work/push" >&2; exit 2; }
  note rate "$(sed 's/.*"samples_per_s":\([0-9]*\).*/\1/' "$work/push")"
  note latency "$(sed 's/.*"mean_lat_ms":\([0-9.]*\).*/\1/' "$work/push")"
  settle "$pid"
  note cpu "$(calc "($(spent "$pid") - $before) / $samples * 1e6")"
  note peak "$(calc "$(peak "$pid") / 1e6")"
  note running "$(calc "$(bytes "$data") / $samples")"
  figures
  rm -rf "$data"
}

measure_import() {
  fresh import
  # shellcheck disable=SC2046
  set -- $(hgen dump --ticks "$ticks" --format om | measure run .build/release/hvsmon import - \
    --format openmetrics --config "$work/hvsmon.yml" 2>"$work/import.log") ||
    { cat "$work/import.log" >&2; exit 2; }
  note rate "$(calc "$samples / $1")"
  note cpu "$(calc "$2 / $samples * 1e6")"
  note peak "$(calc "$3 / 1e6")"
  note running "$(calc "$(bytes "$data") / $samples")"
  ready "$((ticks - 1))"
  figures
  rm -rf "$data"
}

# Kills the server at random moments of a push, and looks for every acknowledged sample afterwards.
kill_often() {
  fresh "$1"
  next=0
  checked=0
  missing=0
  wrong=0
  ready_empty
  for round in $(seq "$kills"); do
    : >"$work/ack"
    push --from-tick "$next" --ticks 100000 --rate 100000 --ack "$work/ack" >/dev/null 2>&1 &
    pusher=$!
    sleep "$(awk -v seed="$round$$" 'BEGIN { srand(seed); printf "%.3f", 0.2 + rand() * 2 }')"
    end KILL
    wait "$pusher" 2>/dev/null || true
    acked=$(awk 'END { print NR ? $1 + 1 : -1 }' "$work/ack")
    [ "$acked" -ge 0 ] || acked=$next
    ready_empty
    if [ "$acked" -gt "$next" ]; then
      # shellcheck disable=SC2046
      set -- $(hgen dump --from-tick "$next" --ticks "$((acked - next))" --format prom |
        STORE_TOKEN=$token measure check "http://127.0.0.1:$port" "$(((acked - next) * step))s")
      checked=$((checked + $1))
      missing=$((missing + $2))
      wrong=$((wrong + $3))
    fi
    next=$acked
  done
  end KILL
  note checked "$checked"
  note lost "$missing"
  note wrong "$wrong"
  rm -rf "$data"
}

samples=$((series * ticks))
port=18521
start=$((($(date +%s) - ticks * step) / step * step))
for one in $stores; do
  case $one in
    import) measure_import ;;
    *) if peer "$one"; then measure_push "$one"; fi ;;
  esac
  port=$((port + 1))
done

# A push of its own that ends about now, at most 100,000 ticks from here.
for one in $stores; do
  [ "$one" != import ] || continue
  start=$((($(date +%s) - 100000 * step) / step * step))
  if peer "$one"; then kill_often "$one"; fi
  port=$((port + 1))
done

echo "$samples samples: $series series, $ticks ticks of $step s; ratios are to hvsmon pushed"
awk '
  { figure[$1, $2] = $3; if (!($1 in seen)) { seen[$1]; order[++count] = $1 } }
  function row(key, text, form,   line, i, value) {
    line = sprintf("%-34s", text)
    for (i = 1; i <= count; i++) {
      value = (order[i], key) in figure ? sprintf(form, figure[order[i], key]) : "-"
      if (value != "-" && order[i] != "hvsmon" && figure["hvsmon", key] > 0)
        value = value sprintf(" (x%.2f)", figure[order[i], key] / figure["hvsmon", key])
      line = line sprintf("%22s", value)
    }
    print line
  }
  END {
    line = sprintf("%-34s", "")
    for (i = 1; i <= count; i++) line = line sprintf("%22s", order[i])
    print line
    row("running", "bytes a sample, quiet", "%.3f")
    row("bytes", "bytes a sample, stopped", "%.3f")
    row("cpu", "CPU-s a million samples", "%.3f")
    row("rate", "samples/s in", "%.0f")
    row("latency", "ms a request of one tick, mean", "%.2f")
    row("peak", "peak memory, MB", "%.1f")
    row("start", "s to the first right answer", "%.3f")
    row("killed", "the same after SIGKILL", "%.3f")
    row("scan", "scan, million samples/s", "%.1f")
    row("checked", "acknowledged before SIGKILL", "%d")
    row("lost", "of those lost", "%d")
    row("wrong", "of those wrong", "%d")
  }' "$work/figures"
