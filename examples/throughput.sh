#!/usr/bin/env bash
# Requests per second of the guarded service and of the same routes without a guard: one worker on one core, a keep-alive
# client on the other, interleaved runs, medians.
#
#   examples/throughput.sh FRAMEWORK [SECONDS-PER-RUN [RUNS]]      axum, actix or rocket; default: 4 seconds, 5 runs
set -euo pipefail
cd "$(dirname "$0")/.."
framework=${1:?usage: examples/throughput.sh axum|actix|rocket [SECONDS-PER-RUN [RUNS]]}
seconds=${2:-4}
runs=${3:-5}

cargo build --quiet --release -p "portcullis-example-$framework" -p portcullis-example-shop --bins
bin=${CARGO_TARGET_DIR:-target}/release
work=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null; rm -rf "$work"' EXIT
# Limits that the run does not reach, and the response as the bare service sends it.
printf 'rate.limit = "4000000000/h"\n[headers]\nenabled = false\n' >"$work/guard.toml"

start() {
    : >"$work/$1"
    taskset -c 0 "$bin/portcullis-example-$framework" --listen 127.0.0.1:0 --workers 1 "${@:2}" >"$work/$1" 2>"$work/$1.log" &
    pids+=($!)
    for _ in $(seq 50); do
        grep -q '^listening' "$work/$1" && break
        sleep 0.1
    done
    sed -n 's|^listening on http://||p' "$work/$1"
}
start bare --bare >"$work/bare.address"
start guarded --config "$work/guard.toml" >"$work/guarded.address"

load() { taskset -c 1 "$bin/load" "$(cat "$work/$1.address")" "$2"; }
load bare 1 >/dev/null
load guarded 1 >/dev/null
for run in $(seq "$runs"); do
    bare=$(load bare "$seconds")
    guarded=$(load guarded "$seconds")
    echo "$bare" >>"$work/bare.all"
    echo "$guarded" >>"$work/guarded.all"
    printf 'run %s: bare %7s/s   guarded %7s/s\n' "$run" "$bare" "$guarded"
done
median() { sort -n "$1" | sed -n "$(((runs + 1) / 2))p"; }
bare=$(median "$work/bare.all")
guarded=$(median "$work/guarded.all")
printf 'median: bare %s/s, guarded %s/s = %s%%\n' "$bare" "$guarded" "$((100 * guarded / bare))"
