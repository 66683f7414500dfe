#!/usr/bin/env bash
# Builds a forwarder to the system's libstdc++ for TorchSharp's native library, which was linked by GCC 13 and asks for one symbol
# that Debian 12 and Ubuntu 22.04 lack, std::ios_base_library_init() of version GLIBCXX_3.4.32.
#
#   build.sh SYSTEM DIR     SYSTEM: the absolute path of the system's libstdc++.so.6; makes DIR/libstdc++.so.6
#
# The forwarder defines that symbol, declares every version that the system's library declares and the two that are missing, and
# needs one library, the system's own. With DIR in LD_LIBRARY_PATH the loader checks versions against the forwarder, which comes
# first under that name, and finds all other symbols in the library behind it. Needs binutils.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
system=$1 directory=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The library's own name stands first among its version definitions.
versions=$(objdump -p "$system" | sed -n '/^Version definitions:/,/^$/s/^[0-9][0-9]* 0x[0-9a-f]* 0x[0-9a-f]* //p' | tail -n +2)
for version in $versions; do echo "$version {};"; done >"$work/versions"
echo "GLIBCXX_3.4.31 {}; GLIBCXX_3.4.32 { global: _ZSt21ios_base_library_initv; local: *; };" >>"$work/versions"

# A library of which only the name matters: it becomes the forwarder's entry for the system's library.
as -o "$work/empty.o" </dev/null
ld -shared -soname "$system" -o "$work/system.so" "$work/empty.o"

as -o "$work/forwarder.o" "$here/forwarder.s"
ld -shared -soname libstdc++.so.6 --version-script "$work/versions" -z noexecstack --no-as-needed \
    -o "$work/forwarder.so" "$work/forwarder.o" "$work/system.so"
mkdir -p "$directory"
mv "$work/forwarder.so" "$directory/libstdc++.so.6"
