#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Facts about one host for hvsmon, by ssh. It only reads, and knows only the sections listed in
# `section` below; everything else that is sent to it is refused and never evaluated.
#
# Locked account (recommended): install it where the monitor's key can run nothing else,
#
#     install -D -o root -g root -m 755 facts.sh /usr/local/lib/hvsmon/facts.sh
#
# and begin the key's line in the account's ~/.ssh/authorized_keys with
#
#     restrict,command="/usr/local/lib/hvsmon/facts.sh",from="192.168.30.50" ssh-ed25519 ...
#
# Any other account: nothing to install; hvsmon sends this text with each new connection.
#
# What a section wants beyond an ordinary user:
#   nginx-errors      membership in the group that may read the log (Debian: adm)
#   nginx-config      root, or in sudoers:  hvsmon ALL=(root) NOPASSWD: /usr/sbin/nginx -T
#   keepalived-data, keepalived-text   root, or in sudoers:
#     hvsmon ALL=(root) NOPASSWD: /usr/local/lib/hvsmon/facts.sh as-root keepalived-data
#     hvsmon ALL=(root) NOPASSWD: /usr/local/lib/hvsmon/facts.sh as-root keepalived-text
#   pm2               to be the user whose PM2 daemon it is
#
# One request is one line, on standard input or as the command of the ssh call:
#
#     ask NONCE SECTION[:ARGUMENT]...
#
# and its answer, in which N counts the sections from 1 and STATUS is 0, 64 (refused), 69 (not
# running), 70 (not understood), 124 (took too long), 126 (not permitted), 127 (not there) or the
# program's own:
#
#     @@NONCE begin 1 UNIX_SECONDS
#     @@NONCE section N BYTES_MAX
#     ...                             at most BYTES_MAX bytes
#     @@NONCE end N STATUS
#     @@NONCE done
#
# NONCE is the asker's and new for each request, so that nothing quoted here can pass for a marker.

PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
unset IFS CDPATH ENV BASH_ENV
set -f
installed=/usr/local/lib/hvsmon/facts.sh
log_bytes_max=1048576

# bounded SECONDS PROGRAM ARGUMENT...: 127 when the program is missing, 124 when it took too long.
bounded() {
  command -v "$2" >/dev/null 2>&1 || return 127
  timeout -k 1 "$@"
}

is_root() { [ "$(id -u)" = 0 ]; }

# as_root PROGRAM ARGUMENT...: runs it as root, which sudo must allow without a password.
as_root() {
  if is_root; then
    bounded 4 "$@"
  else
    command -v sudo >/dev/null 2>&1 || return 126
    # A refusal of sudo's own is 1, and so is the failure of a program.
    sudo -n -l "$@" >/dev/null 2>&1 || return 126
    bounded 4 sudo -n "$@"
  fi
}

# The processes of one name. Ages are told against a process that just began, because in a container
# the uptime is another clock than that of the start times.
processes() {
  wanted=$1
  just_begun=$(cat /proc/self/stat) || return 70
  # What stands in brackets is the program's name, which may hold anything.
  # shellcheck disable=SC2086
  set -- ${just_begun##*) }
  printf 'now %s %s\n' "${20}" "$(getconf CLK_TCK 2>/dev/null || echo 100)"
  set +f
  for folder in /proc/[0-9]*; do
    read -r comm <"$folder/comm" || continue
    [ "$comm" = "$wanted" ] || continue
    read -r stat <"$folder/stat" || continue
    # shellcheck disable=SC2086
    set -- ${stat##*) }
    printf 'process %s %s %s %s\n' "${folder#/proc/}" "$2" "$1" "${20}"
  done
  return 0
}

# keepalived_report SECTION: what keepalived writes about itself, as JSON or as text, without its
# password. Wants root.
keepalived_report() {
  if ! is_root; then
    as_root "$installed" as-root "$1"
    return
  fi
  pid=
  for pid_file in /run/keepalived.pid /run/keepalived/keepalived.pid; do
    [ -z "$pid" ] && [ -r "$pid_file" ] && read -r pid <"$pid_file"
  done
  case $pid in '' | *[!0-9]*) return 69 ;; esac
  read -r comm <"/proc/$pid/comm" || return 69
  [ "$comm" = keepalived ] || return 69
  case $1 in
    keepalived-data) wanted=JSON file=/tmp/keepalived.json ;;
    *) wanted=DATA file=/tmp/keepalived.data ;;
  esac
  signal=$(bounded 2 keepalived "--signum=$wanted") || return 127
  case $signal in '' | *[!0-9]*) return 127 ;; esac
  before=$(stat -c '%y %i' "$file")
  kill "-$signal" "$pid" || return 126
  # The file is complete about 20 ms after the signal, and not written in one piece: it is read once
  # it is new and has stopped growing.
  tries=20 last=
  while :; do
    [ "$tries" -gt 0 ] || return 124
    tries=$((tries - 1))
    sleep 0.05
    now=$(stat -c '%y %i %s' "$file")
    [ "$now" = "$last" ] && [ "${now% *}" != "$before" ] && break
    last=$now
  done
  # Anybody may put a file there.
  [ ! -L "$file" ] && [ "$(stat -c %u "$file")" = 0 ] || return 126
  if [ "$wanted" = DATA ]; then
    head -c 262144 "$file" | sed '/[Pp]assword/d'
    return
  fi
  data=$(head -c 262144 "$file" | sed -E 's/"auth_data" *: *"([^"\\]|\\.)*"/"auth_data":""/g')
  # Fails closed: a form that was not foreseen is not sent.
  if printf '%s\n' "$data" | sed 's/"auth_data":""//g' | grep -q auth_data; then return 70; fi
  printf '%s\n' "$data"
}

# Keeps of nginx's configuration the directives that are compared, one a line: the rest may hold
# tokens and passwords.
nginx_program='
function finish(ending,    word) {
  sub(/^ +/, "", statement); sub(/ +$/, "", statement)
  word = statement; sub(/ .*/, "", word)
  if (ending == "{") {
    depth++
    if (skipped == 0 && index(" map geo types split_clients charset_map ", " " word " "))
      skipped = depth
    if (skipped == depth || skipped == 0)
      print (index(" upstream server location http events stream ", " " word " ") ? statement : word) " {"
  } else if (ending == "}") {
    if (skipped == 0 || skipped == depth) print "}"
    if (skipped == depth) skipped = 0
    depth--
  } else if (skipped == 0 && index(kept, " " word " ")) print statement ";"
  statement = ""
}
BEGIN {
  kept = " server listen server_name ip_hash least_conn hash random zone keepalive keepalive_timeout" \
    " limit_req_zone limit_req limit_req_status limit_req_log_level limit_req_dry_run limit_conn" \
    " limit_conn_zone limit_conn_status proxy_pass proxy_connect_timeout proxy_read_timeout" \
    " proxy_send_timeout proxy_next_upstream proxy_next_upstream_tries" \
    " proxy_next_upstream_timeout worker_processes worker_connections worker_rlimit_nofile" \
    " error_log pid user stub_status ssl_certificate real_ip_header set_real_ip_from" \
    " real_ip_recursive max_fails "
}
/^# configuration file [^ ]*:$/ && quote == "" { print; next }
{
  line = $0 "\n"
  for (place = 1; place <= length(line); place++) {
    character = substr(line, place, 1)
    if (character == "\\") {
      place++
      statement = statement character substr(line, place, 1)
    } else if (quote != "") {
      if (character == quote) quote = ""
      statement = statement character
    } else if (character == "\"" || character == "\047") {
      quote = character
      statement = statement character
    } else if (character == "#" && statement ~ /^$| $/) {
      place = length(line)
      if (statement != "" && statement !~ / $/) statement = statement " "
    } else if (character == "{" && statement ~ /\$$/) {
      variable = 1
      statement = statement character
    } else if (character == "}" && variable) {
      variable = 0
      statement = statement character
    } else if (character == "{" || character == "}" || character == ";") finish(character)
    else if (character ~ /[ \t\r\n]/) {
      if (statement != "" && statement !~ / $/) statement = statement " "
    } else statement = statement character
  }
}'

nginx_config() {
  program=$(command -v nginx) || return 127
  # The newest file: read after the workers began, it is not in force.
  newest=$(find -L /etc/nginx -type f -exec stat -c %Y {} + | sort -n | tail -n 1)
  printf '# newest %s\n' "${newest:-0}"
  {
    ended=$({ { as_root "$program" -T; echo $? >&3; } | awk "$nginx_program" >&4; } 3>&1)
  } 4>&1
  return "${ended:-70}"
}

# The lines of nginx's error log that are counted, cut down to what is counted: the request, its
# query and the client stay here. Only whole lines; the last line printed says where they end.
log_program='
function show(line,    cut, head, server, upstream) {
  cut = index(line, ", client: ")
  head = cut > 0 ? substr(line, 1, cut - 1) : line
  if (head !~ /limiting |delaying |upstream|worker_connections|reusing connections|signal process/ &&
      head !~ /\[(emerg|alert|crit)\]/) return
  server = upstream = ""
  if (match(line, /, upstream: "[^"?]*/)) upstream = substr(line, RSTART, RLENGTH) "\""
  if (match(line, /, server: [^ ,]*/)) server = substr(line, RSTART, RLENGTH)
  # After scheme and host of the upstream comes the path of the request.
  if (match(upstream, /:\/\/[^\/"]*\//)) upstream = substr(upstream, 1, RSTART + RLENGTH - 1) "\""
  gsub(/\?[^ ",]*/, "", head)
  print substr(head, 1, 400) server upstream
}
NR > 1 { show(last) }
{ last = $0; bytes += length($0) + 1 }
END {
  if (NR > 0 && bytes <= wanted) show(last)
  else if (NR > 0) bytes -= length(last) + 1
  # One line that fills the whole read has no end in sight: it is passed over.
  if (bytes == 0 && wanted + 0 == wanted_max + 0) bytes = wanted
  printf "position %s %d %s\n", inode, start + bytes, size
}'

# log_lines FILE INODE START SIZE
log_lines() {
  wanted=$(($4 - $3))
  [ "$wanted" -le "$log_bytes_max" ] || wanted=$log_bytes_max
  tail -c "+$(($3 + 1))" -- "$1" | head -c "$wanted" |
    awk -v inode="$2" -v start="$3" -v size="$4" -v wanted="$wanted" -v wanted_max="$log_bytes_max" \
      "$log_program"
}

# nginx_errors FILE INODE OFFSET: what came after that place; 0:0 asks for the place alone.
nginx_errors() {
  [ -e "$1" ] || return 127
  [ -r "$1" ] || return 126
  # shellcheck disable=SC2046
  set -- "$1" "$2" "$3" $(stat -L -c '%i %s' -- "$1")
  [ $# = 5 ] || return 70
  if [ "$2" = 0 ]; then
    printf 'position %s %s %s\n' "$4" "$5" "$5"
    return
  fi
  start=$3
  if [ "$4" != "$2" ]; then
    start=0
    # Rotated away: first the rest of the older file, as far as it goes.
    # shellcheck disable=SC2046
    [ -r "$1.1" ] && set -- "$@" $(stat -L -c '%i %s' -- "$1.1")
    if [ "${6-}" = "$2" ] && [ "$3" -lt "$7" ]; then
      log_lines "$1.1" "$2" "$3" "$7"
      [ $(($7 - $3)) -le "$log_bytes_max" ] || return 0
    fi
  elif [ "$3" -gt "$5" ]; then
    # Emptied in place.
    start=0
  fi
  log_lines "$1" "$4" "$start" "$5"
}

# Asks PM2's daemon on its socket, or reads a list on standard input, and prints the list without
# anybody's environment: the same JSON as `pm2 jlist`, reduced to the names below.
pm2_program='
const fs = require("fs"), net = require("net");
const pick = (from, names) => {
  const to = {};
  for (const name of names) {
    const value = from ? from[name] : undefined;
    if (value === null || ["string", "number", "boolean"].includes(typeof value))
      to[name] = typeof value === "string" ? value.slice(0, 500) : value;
  }
  return to;
};
const build = (folder) => {
  try {
    const text = fs.readFileSync(folder + "/.next/BUILD_ID", "utf8").trim();
    return /^[\w.-]{1,100}$/.test(text) ? text : undefined;
  } catch { return undefined; }
};
const reduced = (app) => {
  const env = (app && app.pm2_env) || {};
  const to = pick(app, ["pid", "name", "pm_id"]);
  to.monit = pick(app && app.monit, ["memory", "cpu"]);
  to.pm2_env = pick(env, ["namespace", "status", "restart_time", "unstable_restarts", "pm_uptime",
    "created_at", "exec_mode", "instances", "exit_code", "version", "node_version",
    "prev_restart_delay", "pm_exec_path", "pm_cwd", "max_restarts", "min_uptime", "restart_delay",
    "autorestart", "max_memory_restart", "pmx_module"]);
  const metrics = (typeof env.axm_monitor === "object" && env.axm_monitor) || {};
  to.pm2_env.axm_monitor = {};
  for (const name of Object.keys(metrics).slice(0, 50))
    to.pm2_env.axm_monitor[name.slice(0, 100)] = pick(metrics[name], ["value", "unit", "type"]);
  if (typeof env.pm_cwd === "string") to.build_id = build(env.pm_cwd);
  return to;
};
const finish = (list) => {
  if (!Array.isArray(list)) process.exit(70);
  process.stdout.write(JSON.stringify(list.map(reduced)) + "\n");
};
const parts = [];
let size = 0;
const keep = (part) => {
  size += part.length;
  if (size > 16 << 20) process.exit(70);
  parts.push(part);
};
const list = (text) => {
  try { return JSON.parse(text); } catch { process.exit(70); }
};
if (process.argv[1] === "-") {
  process.stdin.on("data", keep);
  process.stdin.on("end", () => {
    const lines = Buffer.concat(parts).toString().split("\n").filter((line) => line[0] === "[");
    finish(list(lines.pop() || ""));
  });
} else {
  const frame = (text) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(Buffer.byteLength(text));
    return Buffer.concat([length, Buffer.from(text)]);
  };
  const socket = net.connect(process.argv[1]);
  socket.on("error", (error) =>
    process.exit(["ECONNREFUSED", "ENOENT"].includes(error.code) ? 69 : 70));
  socket.on("close", () => process.exit(70));
  socket.on("data", (part) => {
    keep(part);
    const reply = Buffer.concat(parts);
    if (reply.length < 5 || reply.length < 5 + reply.readUInt32BE(1)) return;
    socket.removeAllListeners("close");
    socket.destroy();
    const text = reply.toString("utf8", 5, 5 + reply.readUInt32BE(1));
    const answer = text.startsWith("j:") ? list(text.slice(2)) : {};
    if (!answer || answer.error || !Array.isArray(answer.args)) process.exit(70);
    finish(answer.args[0]);
  });
  socket.write(Buffer.concat([Buffer.from([0x12]),
    frame(JSON.stringify({ type: "call", method: "getMonitorData", args: [{}] })
      .replace(/^/, "j:")), frame("s:0:1")]));
}'

# Never starts a daemon: pm2 itself is asked only when its daemon lives, and then only if the
# daemon's socket is not understood.
pm2_list() {
  home=${PM2_HOME:-${HOME:-/nonexistent}/.pm2}
  read -r pid <"$home/pm2.pid" || [ -n "${pid-}" ] || return 69
  case $pid in '' | *[!0-9]*) return 69 ;; esac
  title=$(tr '\0' ' ' <"/proc/$pid/cmdline" | head -c 200) || return 69
  case $title in 'PM2 v'*) ;; *) return 69 ;; esac
  version=${title#PM2 v}
  printf 'daemon %s %s\n' "$pid" "${version%%:*}"
  # The daemon runs on the node that its applications use, wherever that is.
  node=$(readlink "/proc/$pid/exe") || return 126
  bounded 3 "$node" -e "$pm2_program" "$home/rpc.sock"
  ended=$?
  [ "$ended" = 70 ] || return "$ended"
  PATH=${node%/*}:$PATH
  command -v pm2 >/dev/null 2>&1 || return 70
  PM2_SILENT=true PM2_HOME=$home bounded 4 pm2 -s jlist | bounded 4 "$node" -e "$pm2_program" -
}

unit() {
  bounded 2 systemctl show --no-pager -p LoadState -p ActiveState -p SubState -p UnitFileState \
    -p MainPID -p NRestarts -p ActiveEnterTimestampMonotonic -- "$1"
}

certificate() {
  [ -e "$1" ] || return 127
  [ -r "$1" ] || return 126
  printf 'modified=%s\n' "$(stat -L -c %Y -- "$1")"
  bounded 2 openssl x509 -noout -subject -issuer -serial -startdate -enddate -ext subjectAltName \
    -in "$1"
}

# section WORD: one section by its name, if its arguments have the form it allows.
section() {
  case $1 in
    *[!A-Za-z0-9._/:@-]* | *..* | *: | *::*) return 64 ;;
  esac
  IFS=:
  # shellcheck disable=SC2086
  set -- $1
  unset IFS
  case $1:$# in
    addresses:1) bounded 2 ip -j addr show ;;
    processes:2)
      case $2 in keepalived | nginx) ;; *) return 64 ;; esac
      processes "$2"
      ;;
    keepalived-data:1 | keepalived-text:1) keepalived_report "$1" ;;
    nginx-config:1) nginx_config ;;
    nginx-errors:4)
      case $2 in
        /var/log/nginx/*/*) return 64 ;;
        /var/log/nginx/?*) ;;
        *) return 64 ;;
      esac
      case $3:$4 in *[!0-9:]* | ???????????????????*:* | *:???????????????????*) return 64 ;; esac
      nginx_errors "$2" "$3" "$4"
      ;;
    pm2:1) pm2_list ;;
    unit:2)
      case $2 in
        keepalived.service | nginx.service | mongod.service | pm2-?*.service) unit "$2" ;;
        *) return 64 ;;
      esac
      ;;
    certificate:2)
      case $2 in /etc/?*.pem | /etc/?*.crt) certificate "$2" ;; *) return 64 ;; esac
      ;;
    *) return 64 ;;
  esac
}

# answer NONCE SECTION...
answer() {
  nonce=$1
  shift
  printf '@@%s begin 1 %s\n' "$nonce" "$(date +%s)"
  number=0
  for word do
    number=$((number + 1))
    [ "$number" -le 16 ] || break
    case $word in
      nginx-* | pm2) bytes_max=1048576 ;;
      *) bytes_max=262144 ;;
    esac
    printf '@@%s section %s %s\n' "$nonce" "$number" "$bytes_max"
    {
      status=$(
        { { section "$word" 3>&- 4>&-; echo $? >&3; } | head -c "$bytes_max" >&4; } 3>&1
      )
    } 4>&1 </dev/null 2>/dev/null
    printf '\n@@%s end %s %s\n' "$nonce" "$number" "${status:-70}"
  done
  printf '@@%s done\n' "$nonce"
}

# request WORD...: answers a line that is a request; anything else ends the connection.
request() {
  [ $# -ge 3 ] && [ "$1" = ask ] || return 64
  case $2 in *[!0-9a-f]* | ????????????????????????????????????????????????*) return 64 ;; esac
  case $2 in ????????????????*) ;; *) return 64 ;; esac
  shift
  answer "$@"
}

serve() {
  # A login script may have left a line without its end.
  printf '\nhvsmon-facts 1 ready\n'
  while read -r line; do
    # shellcheck disable=SC2086
    request $line || { printf 'hvsmon-facts 1 refused\n'; exit 64; }
  done
}

if [ "${1-}" = as-root ]; then
  [ $# = 2 ] && is_root || exit 64
  case $2 in keepalived-data | keepalived-text) ;; *) exit 64 ;; esac
  keepalived_report "$2"
  exit
fi
case ${SSH_ORIGINAL_COMMAND-} in
  # Compared, not run: what hvsmon sends to an account that is not locked.
  '' | serve | 'echo; echo "hvsmon-facts 1 send"; exec sh -c '*) serve ;;
  *'
'*) printf 'hvsmon-facts 1 refused\n'; exit 64 ;;
  *)
    # shellcheck disable=SC2086
    request $SSH_ORIGINAL_COMMAND || { printf 'hvsmon-facts 1 refused\n'; exit 64; }
    ;;
esac
