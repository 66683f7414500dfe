# Sourced by ./run: what the system must bring, and how what is missing gets there.

forwarder=$PWD/artifacts/libstdcxx

# Where the system's libstdc++ is older than TorchSharp's native library wants, puts a forwarder before it (eng/libstdcxx), built
# on the first call and again when the system's library has changed.
prepare_libstdcxx() {
    [ "$(uname -sm)" = "Linux x86_64" ] || return 0
    local system stamp
    system=$(find_libstdcxx)
    if [ -z "$system" ] || grep -q 'GLIBCXX_3\.4\.32' "$system"; then return 0; fi
    grep -q 'GLIBCXX_3\.4\.30' "$system" || {
        echo "./run: $system is older than GCC 12's, with which TorchSharp's native library cannot be loaded. TorchSharp 0.107" \
            "runs on Debian 13, Ubuntu 24.04, Fedora 39 and later, and with this script on Debian 12 and Ubuntu 22.04." >&2
        exit 1
    }
    stamp=$(sha256sum "$system" eng/libstdcxx/*)
    if [ "$stamp" != "$(cat "$forwarder/stamp" 2>/dev/null)" ]; then
        install binutils
        eng/libstdcxx/build.sh "$system" "$forwarder"
        echo "$stamp" >"$forwarder/stamp"
    fi
    export LD_LIBRARY_PATH=$forwarder${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
}

# The libstdc++.so.6 that the loader would take, as an absolute path; empty where there is none.
find_libstdcxx() {
    local directory directories
    IFS=: read -ra directories <<<"${LD_LIBRARY_PATH:-}"
    for directory in "${directories[@]}"; do
        if [ "$directory" != "$forwarder" ] && [ -e "$directory/libstdc++.so.6" ]; then
            realpath -s "$directory/libstdc++.so.6"
            return
        fi
    done
    { PATH=$PATH:/usr/sbin:/sbin ldconfig -p 2>/dev/null || true; } | awk '/libstdc\+\+\.so\.6 \(libc6,x86-64/ && !found { print $NF; found = 1 }'
}

# Fetches the packages that are not there yet. NuGet's own errors say what was not found; this says what to do.
restore() {
    local log
    log=$(mktemp)
    if dotnet restore Root.Optimizers.sln --verbosity quiet "$@" >"$log" 2>&1; then rm "$log"; return; fi
    # Each error once, and not for every project again.
    sed -E 's/^.*: (error|warning) /\1 /; s/ \[[^]]*]$//' "$log" | awk '!seen[$0]++' >&2
    rm "$log"
    echo "./run: the NuGet packages could not be restored (see above). Where TorchSharp, TorchSharp-cpu or libtorch-cpu is" \
        "named, the package source lacks it or is out of reach: 'dotnet nuget list source' shows the sources in use, and" \
        "'dotnet nuget add source' adds nuget.org or a mirror that has TorchSharp 0.107.0." >&2
    exit 1
}

# The default texts of ./run train come from npm.
needs_npm() {
    case " $* " in *" learning "* | *" coefficients "* | *" --replay "* | *" manifold "* | *" transfer "* | *" step "* | *" orthogonalize "* | *" micro "* | *" digest "* | *" scale "*) return 1 ;; esac
    case " $* " in *" --text /"* | *" --text ."* | *" --help "* | *" -h "* | *" --resume "*) return 1 ;; esac
    ! compgen -G 'data/*.txt' >/dev/null
}

# install PACKAGE...: the Debian packages that are not there yet.
install() {
    local package log missing=() as_root=()
    for package in "$@"; do
        is_there "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || {
        echo "./run: missing: ${missing[*]} (Debian's names). Install them with your system's package manager." >&2
        exit 1
    }
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || {
            echo "./run: missing: ${missing[*]}. Run as root: apt-get install ${missing[*]}" >&2
            exit 1
        }
        as_root=(sudo)
    fi
    echo "./run: installing ${missing[*]}" >&2
    log=$(mktemp)
    { "${as_root[@]}" apt-get update -q &&
        DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -qy --no-install-recommends "${missing[@]}"; } \
        >"$log" 2>&1 || {
        tail -n 5 "$log" >&2
        rm "$log"
        echo "./run: could not install ${missing[*]}; try by hand: apt-get install ${missing[*]}" >&2
        exit 1
    }
    rm "$log"
}

is_there() {
    case "$1" in
        binutils) command -v as >/dev/null && command -v ld >/dev/null && command -v objdump >/dev/null ;;
        xz-utils) command -v xz >/dev/null ;;
        openmpi-bin) open_mpi >/dev/null ;;
        mpich) command -v mpirun.mpich >/dev/null ;;
        *) command -v "$1" >/dev/null ;;
    esac
}
