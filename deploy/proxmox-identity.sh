#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The identity with which hvsmon reads a Proxmox cluster: a user that cannot log in, its API token,
# and for both the right to look at everything and to change nothing. Run it as root on one node,
# while the cluster has quorum; all nodes then know the identity.
#
#     sh proxmox-identity.sh create [--secret-file FILE] [--role NAME] [--renew]
#     sh proxmox-identity.sh remove [--secret-file FILE]
#
# `create` may be run again: it adds what is missing and leaves the rest. Proxmox tells a token's
# secret once, when the token is made; it goes into FILE (/root/hvsmon-proxmox.token, mode 0600) and
# nowhere else. `--renew` replaces the token, so that the old secret ends. `remove` takes all back.
#
# The rights, and which questions want them:
#
#     Sys.Audit        /cluster/status, /cluster/backup, /cluster/ha/..., /cluster/config/..., and
#                      status, time, services, disks, tasks and task logs of the nodes
#     VM.Audit         guests in /cluster/resources, their configuration, addresses and replication
#     Datastore.Audit  storages, and their archives by .../prunebackups (a preview, asked with GET)
#
# /version, /access/permissions, certificates and subscription want no right. The role PVEAuditor
# that Proxmox ships has these three and others to look at things. With `--role HvsmonAudit` a role
# of the three alone is made; `hvsmon init` then cannot ask guest agents for the addresses of
# virtual machines. The listing .../content and /apt/update want rights to change things, so hvsmon
# never asks them.
#
# Effective are the rights that user and token both have, and most questions about the cluster are
# checked at the path / itself: so both get the role, there.
set -eu

user=hvsmon@pve
token=monitor
narrow_role=HvsmonAudit
privileges='Sys.Audit VM.Audit Datastore.Audit'
role=PVEAuditor
secret_file=/root/hvsmon-proxmox.token
renew=

say() { printf '%s\n' "$*"; }
fail() {
  printf 'proxmox-identity: %s\n' "$*" >&2
  exit 1
}
usage() {
  sed -n '/^#     sh /s/^#     //p' "$0" >&2
  exit 2
}

# Whether a list of pveum, told as JSON, has an object with that member.
has() {
  list=$1 member=$2 value=$3
  # shellcheck disable=SC2086
  pveum $list --output-format json | tr -d ' \n' | grep -qF "\"$member\":\"$value\""
}

has_user() { has 'user list' userid "$user"; }
has_role() { has 'role list' roleid "$1"; }
has_token() { has "user token list $user" tokenid "$token"; }

make_token() {
  # Made before the token: a secret that cannot be kept would be lost.
  umask 077
  rm -f "$secret_file"
  (set -C && : >"$secret_file") || fail "cannot write $secret_file; no token was made"
  reply=$(pveum user token add "$user" "$token" --privsep 1 --comment 'hvsmon reads the cluster' \
    --output-format json)
  secret=$(printf '%s' "$reply" | tr -d '\n' |
    sed -n 's/.*"value" *: *"\([^"]*\)".*/\1/p')
  if [ -z "$secret" ]; then
    pveum user token remove "$user" "$token"
    rm -f "$secret_file"
    fail "pveum did not tell the secret of the token as expected; the token was removed again"
  fi
  printf '%s\n' "$secret" >"$secret_file"
}

# Effective rights, as Proxmox itself counts them.
check_rights() {
  granted=$(pveum user token permissions "$user" "$token" --path / --output-format json)
  missing=
  for privilege in $privileges; do
    case $granted in *"\"$privilege\""*) ;; *) missing="$missing $privilege" ;; esac
  done
  [ -z "$missing" ] || fail "the token still lacks$missing on /: look at Datacenter, Permissions"
}

tell_next() {
  node=$(hostname)
  ca=/etc/pve/pve-root-ca.pem
  trust='--ca-file /etc/hvsmon/pve-root-ca.pem'
  copy="
  scp root@$node:$ca /etc/hvsmon/pve-root-ca.pem
  chmod 0644 /etc/hvsmon/pve-root-ca.pem"
  if [ -e "/etc/pve/nodes/$node/pveproxy-ssl.pem" ]; then
    # Such a certificate is another authority's.
    trust= copy=
  fi
  from=
  if [ -s "$secret_file" ]; then
    from="
  scp root@$node:$secret_file /etc/hvsmon/secrets/proxmox.token
  chmod 0600 /etc/hvsmon/secrets/proxmox.token"
  fi
  say "
Next, as root on the machine that runs hvsmon:

  install -d -m 0700 /etc/hvsmon/secrets$from$copy
  hvsmon init --proxmox https://$node:8006 --token-id '$user!$token' \\
    --token-secret-file /etc/hvsmon/secrets/proxmox.token${trust:+ $trust} \\
    --output /etc/hvsmon/hvsmon.yml"
  [ -z "$from" ] || say "
then, here: rm $secret_file"
  say "
The service runs as a user of its own and does not see that folder: hvsmon.service hands it a copy
with the line LoadCredential=proxmox.token:/etc/hvsmon/secrets/proxmox.token, and hvsmon.yml names
it as /run/credentials/hvsmon.service/proxmox.token."
}

create() {
  if has_user; then
    say "user $user: is there"
  else
    pveum user add "$user" --comment 'hvsmon reads the cluster; has no password'
    say "user $user: added"
  fi
  if [ "$role" = "$narrow_role" ] && ! has_role "$role"; then
    pveum role add "$role" --privs "$privileges"
    say "role $role: added ($privileges)"
  fi
  has_role "$role" || fail "there is no role $role"
  pveum acl modify / --users "$user" --roles "$role"
  if [ -n "$renew" ] && has_token; then
    pveum user token remove "$user" "$token"
    say "token $user!$token: removed, its secret has ended"
  fi
  if has_token; then
    say "token $user!$token: is there"
    [ -s "$secret_file" ] || say "  Proxmox does not tell its secret again; if it is lost, run this \
with --renew."
  else
    make_token
    say "token $user!$token: added, its secret is in $secret_file (mode 0600)"
  fi
  pveum acl modify / --tokens "$user!$token" --roles "$role"
  check_rights
  say "role $role on /: user and token have it"
  tell_next
}

remove() {
  if has_user; then
    if has_token; then pveum user token remove "$user" "$token"; fi
    # The entries in the access lists go with the user.
    pveum user delete "$user"
    say "user $user: removed, and its token and rights with it"
  else
    say "user $user: is not there"
  fi
  if has_role "$narrow_role"; then
    pveum role delete "$narrow_role"
    say "role $narrow_role: removed"
  fi
  rm -f "$secret_file"
}

[ $# -ge 1 ] || usage
action=$1
shift
while [ $# -gt 0 ]; do
  case $1 in
  --secret-file | --role)
    [ $# -ge 2 ] && [ -n "$2" ] || usage
    if [ "$1" = --role ]; then role=$2; else secret_file=$2; fi
    shift 2
    ;;
  --renew)
    renew=1
    shift
    ;;
  *) usage ;;
  esac
done
case $action in create | remove) ;; *) usage ;; esac

command -v pveum >/dev/null 2>&1 || fail 'there is no pveum here: run this on a Proxmox VE node'
$action
