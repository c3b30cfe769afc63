#!/bin/sh
# What `make demo` shows: refresh from stand-ins for three clouds, then plan and explain a fleet.
#   sh tools/demo.sh PROGRAM EXAMPLE WORKLOAD    where PROGRAM is the path of `broker`
# It works in a folder of its own, which goes at the end together with the stand-ins, even after
# Ctrl-C. Nothing in the checkout is written.
set -eu
broker=$1 example=$2 workload=$3
root=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d)

# dash runs what is trapped on EXIT only if it is not killed by a signal: hence the second trap.
tidy() {
  trap '' INT TERM HUP
  cd "$folder" && "$broker" sandbox stop || true
  rm -rf "$folder"
}
trap tidy EXIT
trap 'exit 130' INT TERM HUP

show() {
  echo "== broker $*"
  "$broker" "$@"
}

cd "$folder"
cp "$root/examples/$example/fleet.yaml" .
show sandbox start
show refresh
show offers -gpu=H100 -limit=10
show plan
show explain "$workload"
