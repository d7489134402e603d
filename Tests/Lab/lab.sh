#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A cluster of real parts on one machine, in namespaces of its own, laid out as the reference cluster:
#
#     lb100 lb101 lb102     192.168.30.100-102   keepalived (priorities 101, 100, 99) and nginx
#     app106 app107 app108  192.168.30.106-108   a web server on port 3000
#     monitor               192.168.30.50        where the tests run
#     floating IP           192.168.30.200       router 51, an advertisement a second
#
#     lab.sh run COMMAND...      makes the lab, runs the command on the monitor with HVSMON_LAB set to
#                                the lab's folder, and takes the lab down however that ends
#     lab.sh do ACTION [HOST]    from within: keepalived-start, keepalived-stop, keepalived-kill,
#                                nginx-start, nginx-kill, link-cut, link-join, isolate, unite, heal
#
# Wants root. All hosts are on one bridge, which is in a namespace of its own: the machine's own
# network is not touched. Everything ends with the processes of the namespaces, by their ids.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
self=$root/Tests/Lab/lab.sh
peers=$root/.peers
balancers='lb100 lb101 lb102'
apps='app106 app107 app108'
floating=192.168.30.200

say() { printf 'lab: %s\n' "$*" >&2; }

address() {
  case $1 in
    monitor) echo 192.168.30.50 ;;
    *) echo "192.168.30.$(echo "$1" | tr -d a-z)" ;;
  esac
}

priority() { echo $((201 - ${1#lb})); }

# inside HOST COMMAND...: runs it on the host.
inside() {
  host=$1
  shift
  nsenter -t "$(cat "$lab/$host/pid")" -m -n -u -p -i "$@"
}

on_bridge() { nsenter -t "$(cat "$lab/bridge/pid")" -n "$@"; }

# The first process of a host: sees its own folders only, and collects what others leave behind.
host_main() {
  for folder in /tmp /run /var/log; do
    mkdir -p "$lab/$1$folder"
    mount --bind "$lab/$1$folder" "$folder"
  done
  mount -t sysfs sysfs /sys 2>/dev/null || true
  hostname "$1"
  ip link set lo up
  : >"$lab/$1/ready"
  while :; do
    sleep 3600 &
    wait $! || true
  done
}

# make_host NAME WORD...: namespaces of these kinds around a sleeping shell.
make_host() {
  host=$1
  shift
  mkdir -p "$lab/$host"
  HVSMON_LAB=$lab setsid unshare "$@" --fork --kill-child sh "$self" host "$host" \
    </dev/null >"$lab/$host/log" 2>&1 &
  echo $! >"$lab/$host/keeper"
  tries=100
  while ! [ -e "$lab/$host/ready" ]; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || { say "$host does not start: $(cat "$lab/$host/log")"; exit 1; }
    sleep 0.05
  done
  read -r keeper <"$lab/$host/keeper"
  tr -d ' ' <"/proc/$keeper/task/$keeper/children" >"$lab/$host/pid"
}

plug_in() {
  on_bridge ip link add "v-$1" type veth peer name eth0 netns "$(cat "$lab/$1/pid")"
  on_bridge ip link set "v-$1" master br0 up
  nsenter -t "$(cat "$lab/$1/pid")" -n sh -c \
    "ip addr add $(address "$1")/24 dev eth0 && ip link set eth0 up"
}

write_balancer() {
  folder=$lab/$1/etc
  mkdir -p "$folder" "$lab/$1/nginx"
  cat >"$folder/keepalived.conf" <<CONF
global_defs {
  router_id $1
  enable_script_security
  script_user root
}
vrrp_script nginx {
  script "/usr/bin/pgrep -x nginx"
  interval 1
  fall 2
  rise 2
}
vrrp_instance VI_1 {
  state BACKUP
  interface eth0
  virtual_router_id 51
  priority $(priority "$1")
  advert_int 1
  authentication {
    auth_type PASS
    auth_pass labword
  }
  virtual_ipaddress {
    $floating/24
  }
  track_script {
    nginx
  }
}
CONF
  cat >"$folder/nginx.conf" <<CONF
user root;
worker_processes 1;
pid $lab/$1/nginx/nginx.pid;
error_log $lab/$1/nginx/error.log;
events {}
http {
  access_log off;
  client_body_temp_path $lab/$1/nginx/body;
  proxy_temp_path $lab/$1/nginx/proxy;
  fastcgi_temp_path $lab/$1/nginx/fastcgi;
  uwsgi_temp_path $lab/$1/nginx/uwsgi;
  scgi_temp_path $lab/$1/nginx/scgi;
  upstream app {
    ip_hash;
    server 192.168.30.106:3000 max_fails=2 fail_timeout=5s;
    server 192.168.30.107:3000 max_fails=2 fail_timeout=5s;
    server 192.168.30.108:3000 max_fails=2 fail_timeout=5s;
  }
  server {
    listen 80;
    add_header X-Served-By $1 always;
    location = /nginx_status { stub_status; }
    location / { proxy_pass http://app; }
  }
}
CONF
}

start_nginx() {
  inside "$1" "$peers/usr/sbin/nginx" -p "$lab/$1/nginx" -e "$lab/$1/nginx/error.log" \
    -c "$lab/$1/etc/nginx.conf" </dev/null >>"$lab/$1/log" 2>&1
}

start_keepalived() {
  inside "$1" setsid "$peers/usr/sbin/keepalived" --dont-fork --log-console --log-detail \
    --no-syslog -P -f "$lab/$1/etc/keepalived.conf" </dev/null >>"$lab/$1/keepalived.log" 2>&1 &
}

start_app() {
  mkdir -p "$lab/$1/www"
  echo "$1" >"$lab/$1/www/index.html"
  inside "$1" setsid "$peers/bin/busybox" httpd -f -p 3000 -h "$lab/$1/www" \
    </dev/null >>"$lab/$1/log" 2>&1 &
}

make_lab() {
  make_host bridge --net --mount
  on_bridge ip link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0
  on_bridge ip link set br0 up
  for host in $balancers $apps; do
    make_host "$host" --net --mount --uts --pid --ipc --mount-proc
    plug_in "$host"
  done
  make_host monitor --net --mount
  plug_in monitor
  for host in $apps; do start_app "$host"; done
  for host in $balancers; do
    write_balancer "$host"
    start_nginx "$host"
    start_keepalived "$host"
  done
}

# Ends the keepers; the first process of each host dies with its keeper, and all others with it.
take_down() {
  for keeper in "$lab"/*/keeper; do
    [ -e "$keeper" ] || continue
    read -r id <"$keeper"
    kill -KILL "$id" 2>/dev/null || true
  done
  wait || true
  tries=40
  while ! rm -rf "$lab" 2>/dev/null && [ "$tries" -gt 0 ]; do
    tries=$((tries - 1))
    sleep 0.1
  done
}

run() {
  [ "$(id -u)" = 0 ] || { say 'skipped: wants root'; exit 0; }
  for program in "$peers/usr/sbin/keepalived" "$peers/usr/sbin/nginx" "$peers/bin/busybox"; do
    [ -x "$program" ] || { say "skipped: $program is missing; make setup-peers"; exit 0; }
  done
  unshare --net --mount --pid --fork true 2>/dev/null ||
    { say 'skipped: this system makes no namespaces'; exit 0; }
  for leftover in /var/tmp/hvsmon-lab.*; do
    [ -e "$leftover" ] || continue
    say "$leftover is there already: one lab at a time; remove it if none runs"
    exit 1
  done
  lab=$(mktemp -d /var/tmp/hvsmon-lab.XXXXXX)
  trap take_down EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  make_lab
  say "made in $lab"
  status=0
  HVSMON_LAB=$lab nsenter -t "$(cat "$lab/monitor/pid")" -n "$@" || status=$?
  exit "$status"
}

# Whatever was done to the host, undone.
heal() {
  on_bridge bridge link set dev "v-$1" isolated off
  on_bridge ip link set "v-$1" up
  inside "$1" pgrep -x nginx >/dev/null || start_nginx "$1"
  inside "$1" pgrep -x keepalived >/dev/null && return
  inside "$1" ip addr del "$floating/24" dev eth0 2>/dev/null || true
  start_keepalived "$1"
}

act() {
  case $1 in
    keepalived-start) start_keepalived "$2" ;;
    keepalived-stop) inside "$2" pkill -TERM -o -x keepalived ;;
    keepalived-kill) inside "$2" pkill -KILL -x keepalived ;;
    nginx-start) start_nginx "$2" ;;
    nginx-kill) inside "$2" pkill -KILL -x nginx ;;
    link-cut) on_bridge ip link set "v-$2" down ;;
    link-join) on_bridge ip link set "v-$2" up ;;
    heal)
      for host in $balancers; do heal "$host"; done
      # After a split, neighbours may believe in the wrong holder for most of a minute.
      nsenter -t "$(cat "$lab/monitor/pid")" -n ip neigh flush dev eth0
      ;;
    isolate) for host in $balancers; do on_bridge bridge link set dev "v-$host" isolated on; done ;;
    unite) for host in $balancers; do on_bridge bridge link set dev "v-$host" isolated off; done ;;
    *) say "no action $1"; exit 2 ;;
  esac
}

verb=${1:-}
[ "$#" -eq 0 ] || shift
case $verb in
  run) run "$@" ;;
  host)
    lab=$HVSMON_LAB
    host_main "$1"
    ;;
  do)
    lab=$HVSMON_LAB
    act "$@"
    ;;
  *)
    sed -n 's/^# \{0,1\}//p' "$self" | sed -n '2,20p' >&2
    exit 2
    ;;
esac
