# Sourced by ./run: programs that run as several processes of one job, its ranks.

# ranks_of DEFAULT ARGUMENT...: what --ranks says, of a list its largest number. What is no number, the program refuses.
ranks_of() {
    local argument before="" ranks=$1
    shift
    for argument; do
        case "$argument" in --ranks=*) ranks=${argument#*=} ;; esac
        [ "$before" = --ranks ] && ranks=$argument
        before=$argument
    done
    ranks=$(tr , '\n' <<<"$ranks" | sort -n | tail -n 1)
    if [[ $ranks =~ ^[1-9][0-9]*$ ]]; then echo "$ranks"; else echo 1; fi
}

# Open MPI's launcher: Debian's name for it tells it from MPICH's.
open_mpi() {
    command -v mpirun.openmpi || { mpirun --version 2>/dev/null | grep -q "Open MPI" && command -v mpirun; }
}

# start_ranks RANKS PROJECT ARGUMENT...: builds a program once and starts it as ranks on this machine.
start_ranks() {
    local ranks=$1 project=$2 threads job log
    shift 2
    install openmpi-bin
    log=$(dotnet build -c Release --no-restore --nologo --verbosity quiet "$project" 2>&1) || {
        echo "$log" >&2
        exit 1
    }
    # Cores are shared out, and no rank is bound to one: mpirun binds one or two of them to a core each.
    threads=$(($(getconf _NPROCESSORS_ONLN) / ranks))
    export OMP_NUM_THREADS=${OMP_NUM_THREADS:-$((threads > 0 ? threads : 1))}
    # .NET writes no terminal codes; UCX leaves SIGSEGV to .NET, which makes exceptions of it; in containers one is root.
    export TERM=dumb UCX_ERROR_SIGNALS="" OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    # In a process group of its own Ctrl-C does not reach mpirun, which would kill its ranks a second later: they get SIGUSR1 instead,
    # at which they stop by themselves.
    set -m
    "$(open_mpi)" --oversubscribe --bind-to none -np "$ranks" \
        dotnet "artifacts/bin/$(basename "$project")/release/$(basename "$project").dll" "$@" </dev/null &
    job=$!
    trap 'kill -USR1 "$job"' INT TERM
    while kill -0 "$job" 2>/dev/null; do wait "$job" || true; done
    wait "$job"
}
