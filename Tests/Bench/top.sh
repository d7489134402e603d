#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What `hvsmon top` costs in a terminal of 120 by 35 beside a simulated cluster: CPU of a core and
# resident memory, for each view. Prints figures; judges nothing.
#
# HVSMON_BENCH_NODES (32), HVSMON_BENCH_GUESTS (1000) and HVSMON_BENCH_SECONDS (20 a view) make it
# smaller; HVSMON_BENCH_PROGRAM names a program that is built already.
set -eu

cd "$(dirname "$0")/../.."
nodes=${HVSMON_BENCH_NODES:-32}
guests=${HVSMON_BENCH_GUESTS:-1000}
seconds=${HVSMON_BENCH_SECONDS:-20}
program=${HVSMON_BENCH_PROGRAM:-}
port=18475

tmux=$(command -v tmux || true)
[ -n "$tmux" ] || tmux=$PWD/.peers/usr/bin/tmux
[ -x "$tmux" ] || { echo 'top: skipped: there is no tmux; make setup-peers unpacks it'; exit 0; }
if [ -z "$program" ]; then
  sh deploy/build.sh hvsmon 2>&1 | tail -n 1
  program=$PWD/.build/release/hvsmon
fi

work=$(mktemp -d)
demo=
finish() {
  "$tmux" -S "$work/tmux" kill-server 2>/dev/null || true
  [ -z "$demo" ] || kill "$demo" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT INT TERM

"$program" demo --scenario quiet --nodes "$nodes" --guests "$guests" --listen "127.0.0.1:$port" \
  --for 30m >"$work/demo" 2>&1 &
demo=$!
for _ in $(seq 300); do
  grep -q '/metrics' "$work/demo" && break
  kill -0 "$demo" || { cat "$work/demo" >&2; exit 2; }
  sleep 0.2
done

LANG=C.UTF-8 "$tmux" -u -S "$work/tmux" -f /dev/null new-session -d -x 120 -y 35 \
  "TERM=tmux-256color exec $program top --url http://127.0.0.1:$port"
sleep 15
pid=$("$tmux" -S "$work/tmux" display-message -p '#{pane_pid}')

ticks() { sed 's/.*) //' "/proc/$pid/stat" | awk '{ print $12 + $13 }'; }
hz=$(getconf CLK_TCK)
echo "hvsmon top, $nodes nodes, $guests guests, a frame a second, $seconds s a view:"
for view in 1:nodes 2:guests 7:alerts 8:events; do
  "$tmux" -S "$work/tmux" send-keys "${view%%:*}"
  sleep 2
  before=$(ticks)
  sleep "$seconds"
  after=$(ticks)
  awk -v name="${view#*:}" -v used="$((after - before))" -v hz="$hz" -v seconds="$seconds" \
    '/^VmRSS:/ { printf "  %-8s %5.2f %% of a core, %5.1f MB\n", name, 100 * used / hz / seconds, $2 / 1024 }' \
    "/proc/$pid/status"
done
