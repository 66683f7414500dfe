#!/usr/bin/env bash
# Runs what eng/gpu/pack.sh packed, which lies beside this file, with the libtorch of a PyTorch for Python, and leaves the
# results in one folder.
#
#   run.sh [--device cuda|cpu] [--python PYTHON | --libtorch DIR] [--out DIR] [--seconds N] [--params SET]... [--rounds N]
#          [--tests all|devices] [--bench 'ARGS']...
#
#   --device     what everything runs on; cuda by default
#   --python     the Python that has PyTorch; python3 by default
#   --libtorch   a folder with libtorch_cpu.so in PyTorch's place; what PyTorch itself would be measured on does not run then
#   --out        where the results go; results by default
#   --seconds    the end of everything, 570 by default: parts are cut short, or not begun, to keep it
#   --params     a set of bench step, gpt2-small:12 and llama-1b:1 by default; may be given several times
#   --rounds     timed steps of each optimizer, 15 by default
#   --tests      all by default; devices are those that compare CUDA with the CPU alone
#   --bench      words of the benchmarks program, which it runs in place of all below; {out} is the folder of the results; may be
#                given several times:
#                --bench 'race --device cuda --workers 12 --runs {out}/race.jsonl --out {out} --json {out}/race.json'
#
# First the tests that compare CUDA with the CPU, then for each set the steps of this library and of PyTorch, what a step costs
# the host (host.json), and all other tests (JSON each, of tests in the CTRF format). log.txt has all that was printed,
# summary.txt which PyTorch and GPU it was and how each part ended: what failed, what was stopped and what did not run, with
# the reason. With the default sets there are nine files. The exit code is 1 where a part failed or there was no time for it.
#
# Processes of a --bench share a GPU by NVIDIA's MPS, where the machine has that and a small step works under it; else they take
# turns. summary.txt says which.
#
# TorchSharp loads libtorch_cpu.so, its own libLibTorchSharp.so, which lies beside the programs, and libtorch_cuda.so by name,
# through LD_LIBRARY_PATH. Its own is linked against the libtorch of TorchSharp's package, and another version may lack symbols
# or lay out objects in another way: the symbols are looked up first, and a small step of every optimizer shows whether it works.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

stop() { echo "run.sh: $*" >&2; exit 2; }

device=cuda python=python3 libtorch='' out=results seconds=570 rounds=15 chosen=all sets=() benches=()
while [ $# -gt 0 ]; do
    case "$1" in
        -h | --help) sed -n '2,/^set/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit ;;
    esac
    [ $# -ge 2 ] || stop "$1: unknown, or its value is missing (see --help)"
    case "$1" in
        --device) device=$2 ;;
        --python) python=$2 ;;
        --libtorch) libtorch=$2 ;;
        --out) out=$2 ;;
        --seconds) seconds=$2 ;;
        --params) sets+=("$2") ;;
        --rounds) rounds=$2 ;;
        --tests) chosen=$2 ;;
        --bench) benches+=("$2") ;;
        *) stop "$1: unknown (see --help)" ;;
    esac
    shift 2
done
case "$device" in cuda | cpu) ;; *) stop "--device $device: cuda or cpu" ;; esac
case "$chosen" in all | devices) ;; *) stop "--tests $chosen: all or devices" ;; esac
case "$seconds$rounds" in *[!0-9]*) stop "--seconds and --rounds are whole numbers" ;; esac
[ ${#sets[@]} -gt 0 ] || sets=(gpt2-small:12 llama-1b:1)

mkdir -p "$out"
out=$(cd "$out" && pwd)
rm -f "$out"/*.{txt,json}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

# say LINE...: to the terminal, to the log and to the summary.
say() { printf '%s\n' "$@" | tee -a "$out/log.txt" "$out/summary.txt"; }

# Without what it names nothing can run.
give_up() { say "nothing was run: $*"; exit 1; }

not_run() { say "not run         $1: $2"; failures=$((failures + 1)); }

# part NAME SECONDS COMMAND...: runs it for at most so long, and no longer than all may take; says how it ended.
part() {
    local name=$1 limit=$2 began=$SECONDS code=0 ended
    shift 2
    [ "$limit" -le $((seconds - SECONDS - 10)) ] || limit=$((seconds - SECONDS - 10))
    [ "$limit" -ge 5 ] || { not_run "$name" "no time was left"; return 1; }
    printf '\n== %s (%s s at most)\n' "$name" "$limit" | tee -a "$out/log.txt"
    rm -f "$work/output"
    # An interrupt, so that the tests end in order and say what they have; five seconds later by force.
    timeout -s INT -k 5 "$limit" "$@" 2>&1 </dev/null | tee -a "$out/log.txt" "$work/output" || code=$?
    case $code in
        0) ended='ok      ' ;;
        124 | 137) ended='stopped ' ;;
        *) ended="exit $(printf %3s $code)" ;;
    esac
    say "$ended $(printf %4s $((SECONDS - began))) s  $name"
    [ $code = 0 ] || { failures=$((failures + 1)); return 1; }
}

tar -xJf "$here/root-optimizers.tar.xz" -C "$work" 2>/dev/null || "$python" -c \
    'import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2])' "$here/root-optimizers.tar.xz" "$work"
say "Root.Optimizers $(<"$work/commit"), $(date -u +%FT%TZ), $(uname -sr), $(nproc) cores"

# The folders with PyTorch's libraries and NVIDIA's, of which PyTorch knows and the loader does not.
libraries=$libtorch
if [ -z "$libtorch" ]; then
    timeout 120 "$python" - >"$work/torch" <<'PY' || give_up "$python cannot import torch"
import importlib.util, pathlib, platform, torch

folders = [pathlib.Path(torch.__file__).parent / "lib"]
nvidia = importlib.util.find_spec("nvidia")
for place in nvidia.submodule_search_locations if nvidia else []:
    folders += sorted(pathlib.Path(place).glob("*/lib"))
print(":".join(map(str, folders)))
print(f"PyTorch {torch.__version__}, CUDA {torch.version.cuda}, Python {platform.python_version()}, {torch.__file__}")
print("PyTorch's device:", torch.cuda.get_device_name(0) if torch.cuda.is_available() else "cpu")
PY
    libraries=$(head -n 1 "$work/torch")
    say "$(tail -n +2 "$work/torch")"
    if [ "$device" = cuda ] && grep -q 'device: cpu$' "$work/torch"; then give_up "PyTorch itself finds no CUDA device"; fi
fi
libtorch=${libraries%%:*}
say "libtorch: $libtorch"
say "GPU: $(nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader 2>/dev/null || echo none)"
needed=libtorch_cpu.so
[ "$device" = cpu ] || needed=libtorch_cuda.so
[ -e "$libtorch/$needed" ] || give_up "$libtorch holds no $needed"

# An older libstdc++ gets its forwarder, as by ./run.
source "$work/eng/system.sh"
system=$(find_libstdcxx)
if [ -n "$system" ] && ! grep -q 'GLIBCXX_3\.4\.32' "$system"; then
    say "libstdc++: $system is older than GCC 13's and gets a forwarder"
    "$work/eng/libstdcxx/build.sh" "$system" "$work/libstdcxx" || give_up "the forwarder could not be built: it needs binutils"
    libraries=$work/libstdcxx:$libraries
fi
# Write protection of compiled code is a second mapping of it, which not every sandbox allows; no test depends on it.
programs=(env "LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" OMP_WAIT_POLICY=PASSIVE
    DOTNET_EnableWriteXorExecute=0 "ROOT_TEST_DEVICE=$device" "CHARGPT_DATA=$work/data")
bench=("${programs[@]}" "$work/program/Root.Optimizers.Benchmarks")
tests=("${programs[@]}" "$work/program/Root.Optimizers.Tests" -noColor -noLogo -noAutoReporters)
native=$work/program/libLibTorchSharp.so

check_symbols() {
    local found
    found=$("${programs[@]}" ldd -r "$native" 2>&1 | grep -E '^undefined symbol.*libLibTorchSharp|not found' || true)
    say "libLibTorchSharp.so: $(grep -c . <<<"$found" || true) symbols or libraries are not found"
    if [ -n "$found" ]; then c++filt <<<"$found" 2>/dev/null || echo "$found"; fi | sed 's/\t(.*//' | tee -a "$out/log.txt"
}

small_step() {
    part "a small step of every optimizer$1" 120 "${bench[@]}" step --device "$device" --params chargpt:1 --rounds 1
}

# start_mps: whether processes share the GPU by MPS from now on.
start_mps() {
    [ "$device" = cuda ] && [ ${#benches[@]} -gt 0 ] || return 1
    command -v nvidia-cuda-mps-control >/dev/null || { say "MPS: this machine has none"; return 1; }
    export CUDA_MPS_PIPE_DIRECTORY=$work/mps CUDA_MPS_LOG_DIRECTORY=$work/mps-log
    mkdir "$CUDA_MPS_PIPE_DIRECTORY" "$CUDA_MPS_LOG_DIRECTORY"
    if timeout 20 nvidia-cuda-mps-control -d >"$work/mps-start" 2>&1 </dev/null; then
        trap 'stop_mps; rm -rf "$work"' EXIT
        if small_step " under MPS"; then say "MPS: processes share the GPU by it"; return; fi
        # It is tried again without.
        failures=0
    fi
    say "MPS: it did not work here"
    cat "$work/mps-start" "$CUDA_MPS_LOG_DIRECTORY"/*.log >>"$out/log.txt" 2>/dev/null || true
    stop_mps
    return 1
}

stop_mps() {
    [ -n "${CUDA_MPS_PIPE_DIRECTORY:-}" ] || return 0
    timeout 20 nvidia-cuda-mps-control >/dev/null 2>&1 <<<quit || true
    unset CUDA_MPS_PIPE_DIRECTORY CUDA_MPS_LOG_DIRECTORY
}

check_symbols
usable=true
start_mps || small_step "" || usable=false

# run_tests NAME SECONDS FILE FILTER...
run_tests() {
    local name=$1 limit=$2 file=$3
    shift 3
    $usable || { not_run "$name" "TorchSharp does not work with this libtorch"; return; }
    part "$name" "$limit" "${tests[@]}" -result-ctrf "$out/$file" "$@" || true
    [ ! -e "$work/output" ] || say "$(grep -E '\[(FAIL|SKIP)\]|Total: ' "$work/output" || echo '    no test reported a result')"
}

everything() {
    local set file name
    run_tests "the tests of devices" 150 tests-device.json -namespace Root.Optimizers.Tests.Cuda

    for set in "${sets[@]}"; do
        file=${set//:/-}
        name="bench step $set"
        if $usable; then
            part "$name" 150 "${bench[@]}" step --device "$device" --params "$set" --rounds "$rounds" \
                --json "$out/step-$file.json" || true
        else not_run "$name" "TorchSharp does not work with this libtorch"; fi
        name="PyTorch's step.py $set"
        if [ -e "$work/torch" ]; then
            part "$name" 90 "$python" "$work/step.py" --device "$device" --params "$set" --rounds "$rounds" \
                --json "$out/pytorch-$file.json" || true
        else say "not run         $name: --libtorch is not Python's"; fi
    done

    if $usable; then
        part "bench host" 60 "${bench[@]}" host --device "$device" --json "$out/host.json" || true
    else not_run "bench host" "TorchSharp does not work with this libtorch"; fi

    [ "$chosen" = devices ] || run_tests "all other tests" "$seconds" tests-all.json -namespace- Root.Optimizers.Tests.Cuda
}

for arguments in "${benches[@]}"; do
    read -ra words <<<"$arguments"
    words=("${words[@]//\{out\}/$out}")
    if $usable; then part "bench ${words[*]}" "$seconds" "${bench[@]}" "${words[@]}" || true
    else not_run "bench ${words[*]}" "TorchSharp does not work with this libtorch"; fi
done
[ ${#benches[@]} -gt 0 ] || everything

say "$SECONDS s in all; parts that failed, were stopped or did not run: $failures"
echo "Results: $out"
[ $failures = 0 ]
