#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A cluster of real parts on one machine, in namespaces of its own, laid out as the reference cluster:
#
#     lb100 lb101 lb102     192.168.30.100-102   keepalived (priorities 101, 100, 99), nginx, sshd
#     app106 app107 app108  192.168.30.106-108   a web server on port 3000, and sshd
#     monitor               192.168.30.50        where the tests run; has the key for all sshd
#     floating IP           192.168.30.200       router 51, an advertisement a second
#                           fd00:30::200         router 52, version 3, two advertisements a second
#
#     lab.sh run COMMAND...      makes the lab, runs the command on the monitor with HVSMON_LAB set to
#                                the lab's folder, and takes the lab down however that ends
#     lab.sh do ACTION [HOST [WORD]]   from within: keepalived-start, keepalived-stop,
#                                keepalived-kill, keepalived-kill-parent, keepalived-kill-child,
#                                keepalived-edit, nginx-start, nginx-kill, nginx-edit, nginx-reload,
#                                sshd-freeze, sshd-rekey, link-cut, link-join, isolate, unite, heal
#
# Wants root. All hosts are on one bridge, which is in a namespace of its own: the machine's own
# network is not touched. A host has folders and accounts of its own, so that each program reads and
# writes the paths it was made for. Everything ends with the processes of the namespaces, by their
# ids.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
self=$root/Tests/Lab/lab.sh
peers=$root/.peers
balancers='lb100 lb101 lb102'
apps='app106 app107 app108'
# There the key can run nothing but facts.sh.
locked='lb101 app107'
floating=192.168.30.200

say() { printf 'lab: %s\n' "$*" >&2; }

address() {
  case $1 in
    monitor | bridge) echo 192.168.30.50 ;;
    *) echo "192.168.30.$(echo "$1" | tr -d a-z)" ;;
  esac
}

address6() { echo "fd00:30::$(address "$1" | cut -d . -f 4)/64"; }

priority() { echo $((201 - ${1#lb})); }

# inside HOST COMMAND...: runs it on the host.
inside() {
  host=$1
  shift
  nsenter -t "$(cat "$lab/$host/pid")" -m -n -u -p -i "$@"
}

# begin HOST LOG PROGRAM...: starts it there, as a child of the host's first process: nsenter would be
# stopped along with it. Where this machine has its temporary files is nothing to the host.
begin() {
  host=$1
  log=$lab/$1/$2
  shift 2
  inside "$host" env -u TMPDIR setsid --fork "$@" </dev/null >>"$log" 2>&1
}

on_bridge() { nsenter -t "$(cat "$lab/bridge/pid")" -n "$@"; }

# The first process of a host: sees its own folders only, and collects what others leave behind.
host_main() {
  for folder in /tmp /run /var/log /etc; do
    mkdir -p "$lab/$1$folder"
    mount --bind "$lab/$1$folder" "$folder"
  done
  mount --bind "$lab/programs" /usr/local/sbin
  mount --bind "$lab/library" /usr/local/lib
  mount -t sysfs sysfs /sys 2>/dev/null || true
  hostname "$1"
  ip link set lo up
  : >"$lab/$1/ready"
  # Among the processes of the machine a child would outlive this one.
  [ $$ = 1 ] || exec sleep infinity
  while :; do
    sleep 3600 &
    wait $! || true
  done
}

# What programs read of /etc, with accounts that this host has to itself.
write_accounts() {
  folder=$lab/$1/etc
  mkdir -p "$folder" "$lab/$1/run/sshd" "$lab/$1/run/root/.ssh"
  chmod 700 "$lab/$1/run/root" "$lab/$1/run/root/.ssh"
  for name in ld.so.cache ld.so.conf ld.so.conf.d alternatives localtime; do
    [ -e "/etc/$name" ] && cp -a "/etc/$name" "$folder/"
  done
  printf '%s\n' 'root:x:0:0:root:/run/root:/bin/sh' 'sshd:x:100:65534::/run/sshd:/usr/sbin/nologin' \
    'nobody:x:65534:65534::/nonexistent:/usr/sbin/nologin' >"$folder/passwd"
  printf '%s:*:19000:0:99999:7:::\n' root sshd nobody >"$folder/shadow"
  printf '%s\n' 'root:x:0:' 'adm:x:4:' 'nogroup:x:65534:' >"$folder/group"
  printf '%s\n' 'passwd: files' 'shadow: files' 'group: files' 'hosts: files' >"$folder/nsswitch.conf"
  printf '127.0.0.1 localhost\n%s %s\n' "$(address "$1")" "$1" >"$folder/hosts"
}

# make_host NAME WORD...: namespaces of these kinds around a sleeping shell.
make_host() {
  host=$1
  shift
  write_accounts "$host"
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
  # Nobody has to wait until an address is found to be free.
  nsenter -t "$(cat "$lab/$1/pid")" -n ip -6 addr add "$(address6 "$1")" dev eth0 nodad || true
}

write_balancer() {
  folder=$lab/$1/etc
  mkdir -p "$folder/keepalived" "$folder/nginx" "$lab/$1/var/log/nginx" "$lab/$1/run/nginx"
  cat >"$folder/keepalived/keepalived.conf" <<CONF
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
vrrp_instance VI_6 {
  version 3
  state BACKUP
  interface eth0
  virtual_router_id 52
  priority $(priority "$1")
  advert_int 0.5
  virtual_ipaddress {
    fe80::200/64
    fd00:30::200/64
  }
  track_script {
    nginx
  }
}
CONF
  cp "$folder/keepalived/keepalived.conf" "$lab/$1/keepalived.conf"
  # Where nothing but a test's edit changes the files below /etc/nginx.
  cat >"$lab/$1/nginx.conf" <<CONF
user root;
worker_processes 1;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log;
events {}
http {
  access_log off;
  client_body_temp_path /run/nginx/body;
  proxy_temp_path /run/nginx/proxy;
  fastcgi_temp_path /run/nginx/fastcgi;
  uwsgi_temp_path /run/nginx/uwsgi;
  scgi_temp_path /run/nginx/scgi;
  limit_req_zone \$binary_remote_addr zone=perip:1m rate=20r/s;
  upstream app {
    ip_hash;
    server 192.168.30.106:3000 max_fails=2 fail_timeout=5s;
    server 192.168.30.107:3000 max_fails=2 fail_timeout=5s;
    server 192.168.30.108:3000 max_fails=2 fail_timeout=5s;
  }
  server {
    listen 80;
    add_header X-Served-By $1 always;
    add_header X-Upstream \$upstream_addr always;
    location = /nginx_status { stub_status; }
    location / {
      limit_req zone=perip burst=100 nodelay;
      proxy_read_timeout 20s;
      proxy_pass http://app;
    }
  }
}
CONF
  cp "$lab/$1/nginx.conf" "$folder/nginx/nginx.conf"
}

start_nginx() {
  inside "$1" /usr/local/sbin/nginx </dev/null >>"$lab/$1/log" 2>&1
}

# nginx_reloaded HOST: returns when the old worker is gone.
nginx_reloaded() {
  read -r master <"$lab/$1/run/nginx.pid"
  old=$(inside "$1" pgrep -x -P "$master" nginx)
  inside "$1" /usr/local/sbin/nginx -s reload </dev/null >>"$lab/$1/log" 2>&1
  tries=100
  while inside "$1" kill -0 $old 2>/dev/null; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || { say "nginx on $1 does not reload"; exit 1; }
    sleep 0.05
  done
}

# stop_keepalived HOST: returns when it has given up its address and ended.
stop_keepalived() {
  inside "$1" pkill -TERM -o -x keepalived || true
  tries=100
  while inside "$1" pgrep -x keepalived >/dev/null; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || { say "keepalived on $1 does not end"; exit 1; }
    sleep 0.05
  done
}

start_keepalived() {
  begin "$1" keepalived.log /usr/local/sbin/keepalived --dont-fork --log-console --log-detail \
    --no-syslog -P
}

# make_key FILE COMMENT
make_key() { ssh-keygen -q -t ed25519 -N '' -C "$2" -f "$1"; }

write_sshd() {
  folder=$lab/$1/etc/ssh
  mkdir -p "$folder"
  make_key "$lab/$1/host_key" "$1"
  cp "$lab/$1/host_key" "$folder/ssh_host_ed25519_key"
  cat >"$folder/sshd_config" <<CONF
HostKey /etc/ssh/ssh_host_ed25519_key
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
CONF
  read -r key <"$lab/identity.pub"
  case " $locked " in
    *" $1 "*)
      monitor=$(address monitor)
      key="restrict,command=\"/usr/local/lib/hvsmon/facts.sh\",from=\"$monitor\" $key"
      ;;
  esac
  printf '%s\n' "$key" >"$lab/$1/run/root/.ssh/authorized_keys"
  read -r kind key rest <"$lab/$1/host_key.pub"
  printf '%s %s %s\n' "$(address "$1")" "$kind" "$key" >>"$lab/known_hosts"
}

start_sshd() {
  begin "$1" sshd.log /usr/local/sbin/sshd -D -e
}

# The ids within the host of sshd, its connections, and what runs on them.
sshd_tree() {
  found=$(inside "$1" pgrep -x sshd) || return 0
  while [ -n "$found" ]; do
    printf '%s\n' "$found"
    found=$(inside "$1" pgrep -P "$(echo "$found" | paste -s -d ,)") || return 0
  done
}

# signal_sshd HOST SIGNAL
signal_sshd() {
  for id in $(sshd_tree "$1" | sort -u); do inside "$1" kill "-$2" "$id" 2>/dev/null || true; done
}

# restart_sshd HOST KEY: with this host key; returns when the old one is gone.
restart_sshd() {
  tries=100
  while inside "$1" pgrep -x sshd >/dev/null; do
    # Each time: a connection may just have come in.
    signal_sshd "$1" KILL
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || { say "sshd on $1 does not end: $(inside "$1" ps -e)"; exit 1; }
    sleep 0.05
  done
  cp "$2" "$lab/$1/etc/ssh/ssh_host_ed25519_key"
  start_sshd "$1"
}

start_app() {
  mkdir -p "$lab/$1/www"
  echo "$1" >"$lab/$1/www/index.html"
  begin "$1" log "$peers/bin/busybox" httpd -f -p 3000 -h "$lab/$1/www"
}

make_lab() {
  mkdir "$lab/programs" "$lab/library" "$lab/library/hvsmon"
  for program in nginx keepalived sshd; do
    ln -s "$peers/usr/sbin/$program" "$lab/programs/$program"
  done
  install -m 755 "$root/deploy/facts.sh" "$lab/library/hvsmon/facts.sh"
  make_key "$lab/identity" monitor
  make_key "$lab/other_key" other
  make_host bridge --net --mount
  on_bridge ip link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0
  on_bridge ip link set br0 up
  for host in $balancers $apps; do
    make_host "$host" --net --mount --uts --pid --ipc --mount-proc
    plug_in "$host"
  done
  make_host monitor --net --mount
  plug_in monitor
  for host in $balancers $apps; do
    write_sshd "$host"
    start_sshd "$host"
  done
  for host in $apps; do start_app "$host"; done
  for host in $balancers; do
    write_balancer "$host"
    start_nginx "$host"
    start_keepalived "$host"
  done
}

# Ends the first process of each host, with which all others of it die, and whose end its keeper
# collects; then the keepers, whose hosts may not have come so far.
take_down() {
  for note in "$lab"/*/pid "$lab"/*/keeper; do
    [ -e "$note" ] || continue
    kill -KILL "$(cat "$note")" 2>/dev/null || true
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
  for program in "$peers/usr/sbin/keepalived" "$peers/usr/sbin/nginx" "$peers/usr/sbin/sshd" \
    "$peers/bin/busybox"; do
    [ -x "$program" ] || { say "skipped: $program is missing; make setup-peers"; exit 0; }
  done
  case $root in
    /tmp/* | /run/* | /etc/* | /var/log/*)
      say "skipped: hosts have folders of their own there and would not see $root"
      exit 0
      ;;
  esac
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
  signal_sshd "$1" CONT
  cmp -s "$lab/$1/host_key" "$lab/$1/etc/ssh/ssh_host_ed25519_key" ||
    restart_sshd "$1" "$lab/$1/host_key"
  inside "$1" pgrep -x sshd >/dev/null || start_sshd "$1"
  cmp -s "$lab/$1/nginx.conf" "$lab/$1/etc/nginx/nginx.conf" || {
    cp "$lab/$1/nginx.conf" "$lab/$1/etc/nginx/nginx.conf"
    inside "$1" pgrep -x nginx >/dev/null && nginx_reloaded "$1"
  }
  inside "$1" pgrep -x nginx >/dev/null || start_nginx "$1"
  cmp -s "$lab/$1/keepalived.conf" "$lab/$1/etc/keepalived/keepalived.conf" || {
    cp "$lab/$1/keepalived.conf" "$lab/$1/etc/keepalived/keepalived.conf"
    stop_keepalived "$1"
  }
  inside "$1" pgrep -x keepalived >/dev/null && return
  for address in "$floating/24" fd00:30::200/64 fe80::200/64; do
    inside "$1" ip addr del "$address" dev eth0 2>/dev/null || true
  done
  start_keepalived "$1"
}

# After a split, neighbours may believe in the wrong holder for most of a minute.
forget_neighbours() { nsenter -t "$(cat "$lab/monitor/pid")" -n ip neigh flush dev eth0; }

act() {
  case $1 in
    keepalived-start) start_keepalived "$2" ;;
    keepalived-stop) inside "$2" pkill -TERM -o -x keepalived ;;
    keepalived-kill) inside "$2" pkill -KILL -x keepalived ;;
    keepalived-kill-parent) inside "$2" pkill -KILL -o -x keepalived ;;
    keepalived-kill-child) inside "$2" pkill -KILL -n -x keepalived ;;
    # As sed says.
    keepalived-edit)
      sed "$3" "$lab/$2/keepalived.conf" >"$lab/$2/etc/keepalived/keepalived.conf"
      stop_keepalived "$2"
      start_keepalived "$2"
      forget_neighbours
      ;;
    nginx-start) start_nginx "$2" ;;
    nginx-kill) inside "$2" pkill -KILL -x nginx ;;
    # As sed says.
    nginx-edit) sed "$3" "$lab/$2/nginx.conf" >"$lab/$2/etc/nginx/nginx.conf" ;;
    nginx-reload) nginx_reloaded "$2" ;;
    sshd-freeze) signal_sshd "$2" STOP ;;
    sshd-rekey) restart_sshd "$2" "$lab/other_key" ;;
    link-cut) on_bridge ip link set "v-$2" down ;;
    link-join) on_bridge ip link set "v-$2" up ;;
    heal)
      for host in $balancers; do heal "$host"; done
      for host in $apps; do on_bridge bridge link set dev "v-$host" isolated off; done
      forget_neighbours
      ;;
    # These hosts, or the load balancers, hear everybody but each other.
    isolate)
      shift
      for host in ${*:-$balancers}; do on_bridge bridge link set dev "v-$host" isolated on; done
      ;;
    unite)
      shift
      for host in ${*:-$balancers}; do on_bridge bridge link set dev "v-$host" isolated off; done
      ;;
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
    sed -n 's/^# \{0,1\}//p' "$self" | sed -n '3,22p' >&2
    exit 2
    ;;
esac
