#!/usr/bin/env bash
# Runs the tests over the libtorch of a PyTorch install, for machines that have PyTorch, g++ and perhaps a GPU, but no
# .NET SDK. In two places:
#
#   eng/test-on-pytorch.sh --publish DIR           with the SDK: publishes the tests, self-contained, into DIR
#   eng/test-on-pytorch.sh PYTHON DIR [ARGS...]    without: builds the shim against the torch that the interpreter PYTHON
#                                                  has, and runs the tests in DIR (ARGS go to the xunit runner)
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

if [ "${1:-}" = --publish ] && [ $# -eq 2 ]; then
    exec dotnet publish "$here/../tests/Root.Optimizers.Tests" -c Release -r linux-x64 --self-contained \
        -p:TorchSharpProvider=standin -o "$2"
fi
if [ $# -lt 2 ] || [ ! -x "$2/Root.Optimizers.Tests" ]; then
    sed -n '2,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
fi
python=$1 published=$2
shift 2
"$here/build-shim.sh" "$published/libTorchSharpStandin.so" "$python"
exec "$published/Root.Optimizers.Tests" "$@"
