#!/bin/sh
# Vector, so started that a kill -9 or a node's loss of power loses no line: `sh agent.sh --config …`, in Vector's place.
#
# Vector's source notes how far it has read as soon as it has read, not when the lines are in the disk buffer; what is in
# between when the process dies is lost. So a copy of its notes is made every few seconds, and counts once it is so old that
# the lines it covers are in the buffer, and synced. After an end that wasn't clean, the copy is put in the notes' place:
# lines read since come twice, none is missing. While the buffer is nearly full, lines may wait in front of it: no copy counts.
set -eu

data=${DATA_DIR:-/var/lib/vector}
buffer_bytes=${BUFFER_BYTES:-10737418240}
seconds=${KEEP_SECONDS:-10} # Vector needs less than one for a line's way into the buffer, and syncs that twice a second
notes=$data/pods/checkpoints.json
kept=$data/kept

nearly_full() {
  used=$(du -sk "$data/buffer" 2>/dev/null | cut -f1)
  [ "${used:-0}" -ge $((buffer_bytes / 1024 / 4 * 3)) ]
}

# Whole or not at all, also after a loss of power.
copy() {
  cp "$1" "$2.part" && sync "$2.part" && mv "$2.part" "$2"
}

keep() {
  while sleep "$seconds"; do
    if nearly_full; then
      rm -f "$kept/young"
    else
      if [ -f "$kept/young" ]; then mv "$kept/young" "$kept/old"; fi
      if [ -f "$notes" ]; then copy "$notes" "$kept/young"; fi
    fi
  done
}

first=
if [ ! -d "$kept" ]; then first=yes; fi # notes may be there: of a Vector that was started without this script
mkdir -p "$kept" "$data/pods"
if [ -n "$first" ] || [ -f "$kept/clean" ]; then
  if [ -f "$notes" ]; then copy "$notes" "$kept/old"; fi
elif [ -f "$kept/old" ]; then
  rm -f "$data/pods/checkpoints.new.json"
  copy "$kept/old" "$notes"
else # killed before a copy counted: all that it read, it read within seconds
  rm -f "$data/pods/checkpoints.new.json" "$notes"
fi
rm -f "$kept/clean" "$kept/young"

# The lane of alerts is on where the settings name its queue.
if [ -n "${ALERT_QUEUE_URL:-}" ]; then
  export ALERTS=true
  set -- "$@" --config "$(dirname "$0")/alerts.yaml"
fi

vector "$@" &
vector=$!
trap 'kill -TERM "$vector"' TERM INT
keep &
keeper=$!

status=0
wait "$vector" || status=$?
while kill -0 "$vector" 2>/dev/null; do # a signal ends the wait before Vector has ended
  status=0
  wait "$vector" || status=$?
done
kill "$keeper"
# Told to stop, Vector brings what it has read into the buffer, unless that is full.
if [ "$status" -eq 0 ] && ! nearly_full; then : >"$kept/clean"; fi
exit "$status"
