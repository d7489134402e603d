#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs `swift test` with the given arguments and says once more at the end what failed: among
# thousands of lines nobody finds it.
#
#     run.sh --skip-build --filter '^NetTests\.'
set -u

linesMax=60
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM

{
  swift test "$@" 2>&1
  echo $? >"$folder/status"
} | tee "$folder/log"
status=$(cat "$folder/status" 2>/dev/null || echo 2)
if [ "$status" -ne 0 ]; then
  printf '\nswift test ended with %s. What failed:\n' "$status"
  # What a test says of its failure follows in lines of its own.
  awk '/^↳/ { if (isShown) print; next }
    { isShown = /recorded an issue|Caught error|^error:|Fatal error|✘ Test run/ }
    isShown' "$folder/log" | cut -c 1-300 | tail -n "$linesMax"
  [ "$status" -lt 128 ] || tail -n 5 "$folder/log"
fi
exit "$status"
