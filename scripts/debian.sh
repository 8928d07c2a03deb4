# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# A clean Debian in a folder, for scripts/check-release and scripts/build-debs. Source it after scripts/lib.sh.

# debian_needs COMMAND-LINE: ends with advice where this machine cannot make one.
debian_needs() {
    [ "$(id -u)" -eq 0 ] || die 'cannot make a Debian of its own: this needs root' "Next: sudo $1"
    for tool in debootstrap git unshare; do
        command -v $tool >/dev/null || die "cannot make a Debian of its own: $tool not found" \
            "Next: apt-get install debootstrap git util-linux"
    done
    unshare --mount --pid --fork true 2>/dev/null || die 'cannot make a Debian of its own: this machine allows no mounts' \
        'Next: run this outside a container, or in one with the capability SYS_ADMIN.'
}

# debian_make ROOT RELEASE LOG: makes a minimal Debian in the empty folder ROOT, which reaches the network as this machine does.
debian_make() {
    mirror=$(apt_sources | plain_bases | head -n 1)
    [ -n "$mirror" ] || die "cannot make a Debian of its own: this machine's apt is configured with no Debian mirror" \
        'Next: put one into /etc/apt/sources.list.d/.'
    say "Making a minimal Debian $2 in $1 ..."
    case $mirror in https:*) include=--include=ca-certificates ;; *) include='' ;; esac
    # shellcheck disable=SC2086 # an option, or nothing
    debootstrap --variant=minbase $include "$2" "$1" "$mirror" >"$3" 2>&1 || {
        tail -n 5 "$3" | sed 's/^/    | /' >&2
        die "cannot make a Debian $2: debootstrap failed (its last lines are above)" \
            "Next: read $3, correct the cause, and run this again."
    }
}

# debian_connect ROOT: how this machine reaches the network: names, proxies, and what its apt puts up with.
debian_connect() {
    for file in /etc/resolv.conf /etc/hosts /etc/pip.conf /etc/apt/auth.conf; do
        [ ! -f $file ] || cp -L $file "$1$file"
    done
    apt-config dump --format '%F "%v";%n' | grep -E '^Acquire::(Check|http|https|ftp|Retries)' \
        >"$1/etc/apt/apt.conf.d/99from-outside" || true
}

# debian_inside ROOT SCRIPT: runs it there, in the folder /imprint, as a login of root's would; nothing of this shell's
# environment is there. What is mounted lives in the command's own namespace, and ends with it however it ends.
debian_inside() {
    # shellcheck disable=SC2016 # expanded inside
    unshare --mount --pid --fork --kill-child sh -ec '
        mount -t proc proc "$1/proc"
        mount -t sysfs -o ro sysfs "$1/sys"
        mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts "$1/dev/pts"
        exec chroot "$1" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
            TERM=dumb LANG=C.UTF-8 ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
            ${no_proxy:+no_proxy="$no_proxy"} sh -c "cd /imprint && $2"' sh "$1" "$2" </dev/null
}
