# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# What ./demo, ./check and the scripts beside this file share: talking to people, and finding the project's own files.
# Source it from the root of the checkout; it changes nothing by itself. Results go to stdout, talk to stderr.

# Colours only for people: never into a file or a pipe, and not where the user asked for none (NO_COLOR).
if [ -t 1 ] && [ -t 2 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
    bold=$(printf '\033[1m') dim=$(printf '\033[2m') green=$(printf '\033[32m') red=$(printf '\033[31m')
    plain=$(printf '\033[0m')
else
    bold='' dim='' green='' red='' plain=''
fi
export bold dim green red plain

say() { printf '%s\n' "$*" >&2; }

warn() { printf '%s: warning: %s\n' "${0##*/}" "$*" >&2; }

# die TEXT...: problem first, then, one line each, what to do.
die() {
    printf '%s%s: %s%s\n' "$red" "${0##*/}" "$1" "$plain" >&2
    shift
    for line in "$@"; do
        printf '  %s\n' "$line" >&2
    done
    exit 1
}

# need_build_folder: ends with advice where the folder build/ of this checkout cannot be written.
need_build_folder() {
    if ! reason=$(mkdir -p build 2>&1); then
        reason=${reason##*: }
    elif [ ! -w build ]; then
        reason='no permission to write'
    else
        return 0
    fi
    die "cannot write to $PWD/build: $reason" 'Next: copy the checkout to a folder of your own, and run it there:' \
        "    cp -r $PWD ~/imprint && cd ~/imprint && ./${0##*/}"
}

# is_configured DIRECTORY: CMake has prepared it, for this checkout and not for one that was moved or copied here.
is_configured() {
    [ -f "$1/build.ninja" ] && grep -q -x -F "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" "$1/CMakeCache.txt" 2>/dev/null
}

# use_compiler_cache: what CMake configures from here on compiles through ccache, where there is one. The tests build the
# same sources many times: Mbed TLS for every image of every board and for every project that contains imprint. What is
# kept lies in the checkout's own cache, and nowhere else. A launcher that the user has set stays. The two settings make
# a build folder's own name no reason to compile again.
use_compiler_cache() {
    if [ -z "${CMAKE_C_COMPILER_LAUNCHER:-}" ] && command -v ccache >/dev/null; then
        CMAKE_C_COMPILER_LAUNCHER="env;CCACHE_DIR=${IMPRINT_CACHE:-$PWD/.cache}/ccache;CCACHE_NOHASHDIR=1"
        CMAKE_C_COMPILER_LAUNCHER="$CMAKE_C_COMPILER_LAUNCHER;CCACHE_IGNOREOPTIONS=-ffile-prefix-map=*;ccache"
        export CMAKE_C_COMPILER_LAUNCHER
    fi
}

# ctest_counts LOG: "PASSED FAILED", the tests that a run of CTest has counted; nothing if it did not get to the end.
ctest_counts() {
    sed -n 's/^[0-9]*% tests passed, \([0-9]*\) tests* failed out of \([0-9]*\)$/\1 \2/p' "$1" | tail -n 1 |
        awk '{ print $2 - $1, $1 }'
}

# failed_tests LOG: what CTest's log has of each test that failed, at most the last 60 lines, and CTest's closing lines. False,
# and nothing printed, where no test has failed.
failed_tests() {
    awk '
        function show(    i) {
            for (i = (count > 60 ? count - 60 : 0); i < count; i++)
                print line[i]
            count = 0
        }
        / Test +#[0-9]+: / { show(); failed = /\*\*\*/; if (failed) { found = 1; print } next }
        /^ +Start +[0-9]+: / { next }
        /^[0-9]+% tests passed/ { show(); failed = 0; closing = found }
        failed { line[count++] = $0 }
        closing { print }
        END { show(); exit !found }' "$1"
}

# apt_sources: the Debian mirrors that this machine's apt uses, one "BASE SUITE" per line. Unlike `apt-get indextargets`,
# this works before the first `apt-get update`; it downloads nothing and needs no root.
apt_sources() {
    lists=$(mktemp -d)
    mkdir "$lists/partial"
    apt-get update --print-uris -o Dir::State::lists="$lists" -o Debug::NoLocking=1 2>/dev/null |
        sed -n "s|^'\(.*\)/dists/\(.*\)/main/binary-[^/]*/Packages.*|\1 \2|p" | sort -u
    rm -rf "$lists"
}

# plain_bases: of apt_sources' lines on stdin, the bases of a plain suite; those that serve its -updates as well first, for
# they are Debian's own.
plain_bases() {
    awk '{ line[NR] = $0; seen[$0] = 1 }
        END {
            for (i = 1; i <= NR; i++) {
                split(line[i], word, " ")
                if (word[2] !~ /[-\/]/)
                    print (((word[1] " " word[2] "-updates") in seen) ? 1 : 2), word[1]
            }
        }' | sort -u | cut -d' ' -f2-
}

# own_files PATTERN...: the project's files of these names, one per line; not what is built, fetched or cached.
# Names with blanks are not ours.
own_files() {
    patterns=''
    for pattern in "$@"; do
        patterns="$patterns${patterns:+ -o }-name $pattern"
    done
    set -f
    # shellcheck disable=SC2086 # the patterns are words on purpose
    find . \( -name .git -o -name .cache -o -name 'build' -o -name 'build-*' -o -name __pycache__ \) -prune -o \
        -type f \( $patterns \) -print | sed 's|^\./||' | LC_ALL=C sort
    set +f
}

# background_start LIST FOLDER: runs the commands of LIST (scripts/in-background) one after another while this shell goes on.
# They get the processor time that nothing else wants, so that tests which measure real time can run beside them.
background_start() {
    background_folder=$2
    mkdir -p "$2"
    rm -f "$2"/*.ended
    # SCHED_IDLE gives way at once; the lowest priority, where a container forbids that, gives way nearly always. A session of
    # its own, so that background_stop reaches all that it has started. Linux shares the processors out between sessions first
    # (sched(7), autogroup): so the session has the lowest priority as well, where the kernel groups so.
    gentle='nice -n 19'
    ! chrt --idle 0 true 2>/dev/null || gentle='chrt --idle 0'
    # shellcheck disable=SC2016,SC2086 # the shell inside expands it; words on purpose
    setsid $gentle sh -c '{ echo 19 >/proc/self/autogroup; } 2>/dev/null
        exec scripts/in-background "$@"' sh "$1" "$2" &
    background=$!
}

# background_await NAME: waits until this command of the list has ended, prints what it printed and how long it took, and gives
# its exit code.
background_await() {
    while [ ! -f "$background_folder/$1.ended" ]; do
        # A process that has ended stays as a zombie until this shell waits for it.
        case $(sed 's/.*) //' "/proc/$background/stat" 2>/dev/null) in
        '' | Z*)
            [ ! -f "$background_folder/$1.ended" ] || break
            echo "cannot wait for $1: what runs in the background has been ended"
            return 1
            ;;
        esac
        sleep 1
    done
    cat "$background_folder/$1.log"
    read -r background_code background_seconds <"$background_folder/$1.ended"
    echo "in the background: $background_seconds s"
    return "$background_code"
}

# background_stop: ends all that background_start has started and that still runs.
background_stop() { [ -z "${background:-}" ] || kill -- "-$background" 2>/dev/null; }

# The number of processors to keep busy.
processors() { getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2; }
