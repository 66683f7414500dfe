#!/bin/sh
# Builds the stand-in's C++ shim.
#
#   eng/build-shim.sh OUT.so            against the system's libtorch (Debian's libtorch-dev)
#   eng/build-shim.sh OUT.so PYTHON     against the PyTorch that the interpreter PYTHON has, with CUDA where it has it
set -eu

if [ $# -lt 1 ] || [ $# -gt 2 ]; then
    echo "usage: $0 OUT.so [PYTHON]" >&2
    exit 2
fi
out=$1
source=$(dirname "$0")/TorchSharp.Standin/Native/shim.cpp

# In the form that MSBuild shows as an error of its own.
fail() {
    echo "build-shim.sh : error : $1" >&2
    exit 1
}

cxx=${CXX:-g++}
needs="apt-get install libtorch-dev libopenblas0-openmp g++"
command -v "$cxx" > /dev/null || fail "The C++ compiler $cxx was not found. $needs"

if [ $# -eq 2 ]; then
    flags=$("$2" - << 'PYTHON'
import os
import torch
from torch.utils import cpp_extension

# The headers of the CUDA toolkit, which may be missing, are not needed.
includes = [path for path in cpp_extension.include_paths() if "torch" in path]
libraries = os.path.join(os.path.dirname(torch.__file__), "lib")
flags = ["-std=c++20", f"-D_GLIBCXX_USE_CXX11_ABI={int(torch._C._GLIBCXX_USE_CXX11_ABI)}"]
flags += ["-isystem" + path for path in includes]
flags += ["-L" + libraries, "-Wl,-rpath," + libraries, "-Wl,--no-as-needed", "-ltorch", "-ltorch_cpu", "-lc10"]
if os.path.exists(os.path.join(libraries, "libtorch_cuda.so")):
    flags += ["-ltorch_cuda", "-lc10_cuda"]
print(" ".join(flags))
PYTHON
    ) || fail "$2 cannot import torch."
else
    [ -e /usr/include/ATen/ATen.h ] || fail "libtorch was not found. $needs"
    flags="-std=c++17 -isystem/usr/include/torch/csrc/api/include -Wl,--no-as-needed -ltorch -ltorch_cpu -lc10"
fi

# Several builds may want the same file at once, so that each makes one of its own and then moves it.
# shellcheck disable=SC2086  # the flags are several words
"$cxx" -O2 -fPIC -shared -fvisibility=hidden -Wall "$source" -o "$out.$$" $flags
mv "$out.$$" "$out"
