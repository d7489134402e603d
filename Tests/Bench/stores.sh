#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What the benches of stores share; they read it in. `series` and `step` say what is generated,
# `start` when it begins, `port` where the store that is measured listens.

generator=../shared/bench/hgen.c
if [ ! -f "$generator" ] || ! command -v gcc >/dev/null || ! command -v python3 >/dev/null; then
  echo "$0: skipped: it needs $generator, gcc and python3"
  exit 0
fi

work=$(mktemp -d)
pid=
finish() {
  [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT INT TERM

gcc -O2 -o "$work/hgen" "$generator" -lm
sh Tests/Peers/setup.sh bench
sh deploy/build.sh hvsmon 2>&1 | tail -n 1

hgen() {
  verb=$1
  shift
  "$work/hgen" "$verb" --series "$series" --start "$start" --step "$step" "$@"
}
measure() { python3 Tests/Bench/measure.py "$@"; }
note() { printf '%s %s %s\n' "$store" "$1" "$2" >>"$work/figures"; }

# CPU-seconds that a process has used so far, threads that ended included.
spent() {
  sed 's/.*) //' "/proc/$1/stat" | awk -v hz="$(getconf CLK_TCK)" '{ print ($12 + $13) / hz }'
}
peak() { awk '$1 == "VmHWM:" { print $2 * 1024 }' "/proc/$1/status"; }
bytes() { find "$1" -type f -printf '%s\n' | awk '{ sum += $1 } END { printf "%.0f", sum }'; }
calc() { awk "BEGIN { printf \"%.6f\", $* }"; }

# Waits until a process has used less than 1 % of a core for five seconds, two minutes at most.
settle() {
  for _ in $(seq 24); do
    earlier=$(spent "$1")
    sleep 5
    [ "$(awk "BEGIN { print ($(spent "$1") - $earlier < 0.05) }")" = 1 ] && return
  done
}

end() {
  kill "-${1:-TERM}" "$pid" 2>/dev/null || true
  while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
  pid=
}

# The store's server as the function `serve` names it, in the background, up to its first right
# answer; sets `pid` and `seconds`.
begin() { # QUERY TIME VALUE
  set -- "http://127.0.0.1:$port" "$@"
  # shellcheck disable=SC2046
  set -- $(STORE_LOG=$work/$store.log STORE_TOKEN=$token "$(command -v python3)" \
    Tests/Bench/measure.py start "$@" $(serve)) || { tail -n 20 "$work/$store.log" >&2; exit 2; }
  pid=$1
  seconds=$2
}

# The command of the store that is measured.
serve() {
  case $store in
    hvsmon | import) echo .build/release/hvsmon serve --config "$work/hvsmon.yml" ;;
    prometheus)
      echo .peers/usr/bin/prometheus --config.file="$work/prometheus.yml" \
        --storage.tsdb.path="$data" --storage.tsdb.retention.time=3650d \
        --web.listen-address=127.0.0.1:"$port" --web.enable-remote-write-receiver \
        --query.max-samples=500000000
      ;;
    victoriametrics)
      echo .peers/usr/bin/victoria-metrics -storageDataPath="$data" -retentionPeriod=10y \
        -httpListenAddr=127.0.0.1:"$port" -search.latencyOffset=0s -search.maxQueryDuration=120s
      ;;
  esac
}

# hvsmon wants a token, which the generator knows nothing of: the path carries the header.
path() {
  if [ -z "$token" ]; then
    printf /api/v1/write
  else
    printf '/api/v1/write HTTP/1.1\r\nAuthorization: Bearer %s\r\nX-Rest: /' "$token"
  fi
}

fresh() { # STORE
  store=$1
  data=$work/$store
  rm -rf "$data"
  mkdir "$data"
  token=
  case $store in
    hvsmon | import) token=bench-token-0123456789 ;;
  esac
  cat >"$work/hvsmon.yml" <<YML
storage: {path: $data/hvsmon.sqlite, retention: 3650d, max_size: 100GiB}
http:
  listen: 127.0.0.1:$port
  auth: {tokens: [{name: bench, role: write, token: "$token"}]}
  remote_write: {enabled: true}
rules: []
YML
  echo 'global: {scrape_interval: 1m}' >"$work/prometheus.yml"
}

# What every store is asked until it answers right: the last value of one counter.
probe='hv_cpu_seconds_total{instance="vm0000",mode="user"}'
ready() { # TICK
  begin "$probe" "$((start + $1 * step))" "$("$work/hgen" value --inst 0 --slot 93 --tick "$1")"
}

# An empty store: it is ready when it answers at all.
ready_empty() { begin 'vector(1)' "$start" 1; }

push() { # OPTIONS
  hgen push --url-port "$port" --path "$(path)" --format rw "$@"
}

# The program of a peer, or nothing when it is not there.
peer() {
  case $1 in
    prometheus) program=.peers/usr/bin/prometheus ;;
    victoriametrics) program=.peers/usr/bin/victoria-metrics ;;
    *) return 0 ;;
  esac
  [ -x "$program" ] || { echo "$0: skipped $1: no $program"; return 1; }
}
