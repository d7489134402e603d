#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What a round of 1,000 alert rules over 5,000 series costs in hvsmon and in Prometheus, with the same
# samples and rules in the same run: CPU a round, at a round a second. Prints figures; judges nothing.
#
# HVSMON_BENCH_SERIES (5000, a multiple of 100) and HVSMON_BENCH_SECONDS (30) make it smaller.
set -eu

cd "$(dirname "$0")/../.."
ticks=80
series=${HVSMON_BENCH_SERIES:-5000}
seconds_measured=${HVSMON_BENCH_SECONDS:-30}
stores=${HVSMON_BENCH_STORES:-hvsmon prometheus}
step=15

. Tests/Bench/stores.sh

samples=$((series * ticks))
port=18571
start=$((($(date +%s) - (ticks - 1) * step) / step * step))

# Twenty rules an instance, as people write them; hardly any fires.
write_rules() {
  echo 'groups:'
  for instance in $(seq 0 49); do
    vm=$(printf 'vm%04d' "$((instance % (series / 100)))")
    echo "  - name: instance-$instance"
    echo '    interval: 1s'
    echo '    rules:'
    number=0
    while IFS= read -r expression; do
      number=$((number + 1))
      printf '      - alert: Rule%d_%d\n        for: 1m\n        expr: >-\n          %s\n' \
        "$instance" "$number" "$(echo "$expression" | sed "s/INSTANCE/instance=\"$vm\"/g")"
    done <"$work/expressions"
  done
}

cat >"$work/expressions" <<'EXPRESSIONS'
hv_up{INSTANCE} == 0
absent(hv_up{INSTANCE})
hv_mem_bytes{INSTANCE} > 1e15
avg_over_time(hv_mem_bytes{INSTANCE}[10m]) > 1e15
max(hv_temp_celsius{INSTANCE}) > 1000
hv_conns{INSTANCE, state="ESTABLISHED"} > 1e9
sum(hv_conns{INSTANCE}) > 1e9
changes(hv_up{INSTANCE}[10m]) > 3
rate(hv_requests_total{INSTANCE, code="500"}[5m]) > 1e9
sum(rate(hv_requests_total{INSTANCE, code=~"5.."}[5m])) / sum(rate(hv_requests_total{INSTANCE}[5m])) > 2
sum by (dir) (rate(hv_net_bytes_total{INSTANCE}[5m])) > 1e15
increase(hv_cpu_seconds_total{INSTANCE, mode="user"}[10m]) > 1e9
predict_linear(hv_disk_used_bytes{INSTANCE}[10m], 14400) > 1e18
hv_disk_used_bytes{INSTANCE} / on (instance) group_left () hv_mem_bytes{INSTANCE} > 1e9
hv_latency_seconds{INSTANCE, q="0.99"} > 1e6
quantile_over_time(0.9, hv_latency_seconds{INSTANCE, q="0.9"}[10m]) > 1e6
hv_limit{INSTANCE, res="r01"} - hv_limit{INSTANCE, res="r02"} > 1e18
count(hv_limit{INSTANCE}) < 1
hv_up{INSTANCE} == 1 and on (instance) hv_mem_bytes{INSTANCE} > 1e15
resets(hv_requests_total{INSTANCE}[10m]) > 5
EXPRESSIONS
write_rules >"$work/rules.yml"

for one in $stores; do
  peer "$one" || continue
  fresh "$one"
  sed -i "s#^rules: \[\]#rules: [$work/rules.yml]#" "$work/hvsmon.yml"
  printf 'rule_files: [%s]\n' "$work/rules.yml" >>"$work/prometheus.yml"
  ready_empty
  push --ticks "$ticks" >"$work/push" || { cat "$work/push" >&2; exit 2; }
  sleep 3
  before=$(spent "$pid")
  sleep "$seconds_measured"
  note round "$(calc "($(spent "$pid") - $before) / $seconds_measured * 1000")"
  note peak "$(calc "$(peak "$pid") / 1e6")"
  end TERM
  port=$((port + 1))
done

echo "1,000 alert rules over $series series, a round a second for $seconds_measured s"
awk '
  $2 == "round" { round[$1] = $3 }
  $2 == "peak" { peak[$1] = $3 }
  END {
    for (name in round) {
      ratio = name != "hvsmon" && round["hvsmon"] > 0 \
        ? sprintf(" (x%.2f of hvsmon)", round[name] / round["hvsmon"]) : ""
      printf "%-12s %8.1f ms of CPU a round%s, peak %.0f MB\n", name, round[name], ratio, peak[name]
    }
  }' "$work/figures"
