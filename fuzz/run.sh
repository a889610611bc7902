#!/usr/bin/env bash
# Runs the fuzz targets, each for a limited time. Crashes are written to fuzz/artifacts/; add each fixed one as
# fuzz/regressions/TARGET/NAME, which .ci/run replays with the seeds.
#
#   fuzz/run.sh [SECONDS [TARGET...]]     default: 600 seconds each, all targets
set -euo pipefail
cd "$(dirname "$0")"

seconds=${1:-600}
shift || true
targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(ls fuzz_targets | sed 's/\.rs$//')

# Coverage instrumentation as cargo-fuzz sets it, without needing cargo-fuzz.
export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Cdebug-assertions -Coverflow-checks"
toolchain=()
rustup toolchain list 2>/dev/null | grep -q '^nightly' && toolchain=(+nightly)
# With a target named, the flags do not reach build scripts.
host=$(rustc -vV | sed -n 's/^host: //p')
cargo "${toolchain[@]}" build --quiet --release --target "$host" --target-dir target/fuzz

failed=0
for target in "${targets[@]}"; do
    mkdir -p "corpus/$target" "artifacts/$target"
    echo "== $target, $seconds s"
    mapfile -t known < <(ls -d "seeds/$target" "regressions/$target" 2>/dev/null)
    "target/fuzz/$host/release/$target" -max_total_time="$seconds" -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="artifacts/$target/" "corpus/$target" "${known[@]}" 2>&1 | grep -vE 'NEW|REDUCE|pulse|RELOAD' | tail -n 12 || failed=1
done
exit "$failed"
