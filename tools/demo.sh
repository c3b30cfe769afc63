#!/bin/sh
# What `make demo` shows: a large fleet planned and explained, then a small one made, drifted and destroyed,
# all against stand-ins for three clouds on this computer.
#   sh tools/demo.sh PROGRAM LARGE WORKLOAD SMALL    where PROGRAM is the path of `broker`
# PREPARE is run once the plan is on the screen: it installs what changes clouds, which is large.
# It works in a folder of its own, which goes at the end together with the stand-ins, even after
# Ctrl-C. Nothing in the checkout is written.
set -eu
broker=$1 large=$2 workload=$3 small=$4
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
cp "$root/examples/$large/fleet.yaml" .
show sandbox start
show refresh
show offers -gpu=H100 -limit=10
show plan -preview=false
show explain "$workload"

${PREPARE:-true}
if ! "$broker" sandbox status | grep -q PULUMI_DEBUG_PROVIDERS; then
  # Begun before the engine's parts were there: again, over the same prices.
  "$broker" sandbox stop
  show sandbox start
fi
echo "== examples/$small"
cp "$root/examples/$small/fleet.yaml" .
show plan -out=fleet.plan
show apply fleet.plan
pool=$("$broker" sandbox resources | awk '$2 ~ /^pool-/ { print $NF; exit }')
echo "== somebody deletes a node pool by hand: $pool"
show sandbox drift "$pool"
show drift
show apply -auto-approve
show destroy -auto-approve
show audit verify
