#!/usr/bin/env bash
# Packs the tests and the benchmarks for a machine that has PyTorch for Python, perhaps with a GPU, and neither .NET nor a
# network.
#
# Makes artifacts/gpu, of which nothing else is needed there: root-optimizers.tar.xz and run.sh, which says how to go on.
# libtorch stays behind, since every PyTorch for Python contains it, with CUDA where it has that. What comes along are the
# programs with their .NET runtime (the tests and the benchmarks), in one folder, so that
# what they share is there once; the test vectors; benchmarks/pytorch/step.py; eng/libstdcxx for older systems; and the text that
# races train on, of which ./run train makes a copy in data/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source eng/system.sh
install xz-utils git

text=${CHARGPT_DATA:-data}/moby-dick.txt
[ -e "$text" ] || { echo "eng/gpu/pack.sh: $text is not there: './run train --steps 1' downloads it." >&2; exit 1; }

out=artifacts/gpu most=$((60 * 1000 * 1000))
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
rm -rf "$out"
mkdir -p "$out" "$stage"/{eng,data}

# From the environment these properties reach the projects behind the projects, too, where -r and --self-contained do not.
export RuntimeIdentifier=linux-x64 SelfContained=true
for project in tests/Root.Optimizers.Tests benchmarks/Root.Optimizers.Benchmarks; do
    dotnet publish "$project" -c Release -v quiet --nologo --artifacts-path artifacts/gpu-build -o "$stage/program" \
        -p:CreateSymbolicLinksForPublishFilesIfPossible=true -p:SatelliteResourceLanguages=en -p:DebugType=embedded
done

# Published files are links, so what a package brought tells itself: libtorch, and what is for Windows or a debugger alone.
find "$stage/program" -lname '*/libtorch-cpu*' -delete
rm -rf "$stage/program"/{amd64,createdump,libcapstone.so,libmscordaccore.so,libmscordbi.so,*.xml}
[ ! -e "$stage/program/libtorch_cpu.so" ] || { echo "eng/gpu/pack.sh: libtorch is not known by its link." >&2; exit 1; }

cp -r eng/system.sh eng/libstdcxx "$stage/eng"
cp benchmarks/pytorch/step.py "$stage"
cp "$text" "$stage/data"
git describe --always --dirty >"$stage/commit"
tar -ch --owner=0 --group=0 --sort=name -C "$stage" . | xz -T0 -9 >"$out/root-optimizers.tar.xz"
cp eng/gpu/run.sh "$out"

size=$(stat -c %s "$out/root-optimizers.tar.xz")
[ "$size" -le $most ] || { echo "eng/gpu/pack.sh: the archive has $size bytes, above $most." >&2; exit 1; }
du -h "$out"/*
