# Sourced by ./run: decides where TorchSharp comes from, and installs what is missing. The choice is written to
# eng/TorchSharp.local.props, which eng/TorchSharp.props reads; delete that file to have the choice made anew.

choice=eng/TorchSharp.local.props

# Sets provider to package or standin.
choose_provider() {
    if [ -f "$choice" ]; then
        provider=$(sed -n 's:.*<TorchSharpProvider>\(.*\)</TorchSharpProvider>.*:\1:p' "$choice")
    else
        provider=package
        reason=$(why_not_package) || {
            provider=standin
            echo "./run: $reason; building against eng/TorchSharp.Standin over the system's libtorch instead."
        }
        printf '<Project><PropertyGroup><TorchSharpProvider>%s</TorchSharpProvider></PropertyGroup></Project>\n' \
            "$provider" >"$choice"
    fi
    [ "$provider" != standin ] || install libtorch-dev libopenblas0-openmp g++
}

# Prints why the TorchSharp package cannot be used, and fails; or succeeds.
why_not_package() {
    local libstdcxx log
    # TorchSharp 0.107's native library is built with GCC 13: on Debian 12 and older it restores but does not load.
    if [ "$(uname -s)" = Linux ]; then
        libstdcxx=$(PATH=$PATH:/usr/sbin:/sbin ldconfig -p 2>/dev/null | sed -n 's/.*libstdc++\.so\.6 .*=> //p' | head -n 1)
        if [ -n "$libstdcxx" ] && ! grep -q GLIBCXX_3.4.32 "$libstdcxx"; then
            echo "the TorchSharp package needs the libstdc++ of GCC 13 or later, which this system lacks"
            return 1
        fi
    fi
    log=$(mktemp)
    if ! dotnet restore samples/CharGpt -p:TorchSharpProvider=package >"$log" 2>&1; then
        if grep -qE 'NU110[1-3].*(TorchSharp|libtorch)' "$log"; then
            echo "the package feed lacks TorchSharp"
        else
            echo "the TorchSharp package cannot be restored ($(grep -m 1 -oE 'error .*' "$log" || echo "see dotnet restore"))"
        fi
        return 1
    fi
}

# The default texts of ./run train come from npm.
needs_npm() {
    case " $* " in *" learning "* | *" coefficients "* | *" --replay "* | *" manifold "* | *" transfer "* | *" step "* | *" orthogonalize "* | *" micro "*) return 1 ;; esac
    case " $* " in *" --text /"* | *" --text ."* | *" --help "* | *" -h "* | *" --resume "*) return 1 ;; esac
    ! compgen -G 'data/*.txt' >/dev/null
}

# install PACKAGE...: the Debian packages that are not there yet.
install() {
    local package missing=() as_root=()
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
    echo "./run: installing ${missing[*]}"
    { "${as_root[@]}" apt-get update -q &&
        DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -qy --no-install-recommends "${missing[@]}"; } \
        >/tmp/root-optimizers-install.log 2>&1 || {
        tail -n 5 /tmp/root-optimizers-install.log >&2
        echo "./run: could not install ${missing[*]}; try by hand: apt-get install ${missing[*]}" >&2
        exit 1
    }
}

is_there() {
    case "$1" in
        g++ | npm) command -v "$1" >/dev/null ;;
        *) dpkg -s "$1" >/dev/null 2>&1 ;;
    esac
}
