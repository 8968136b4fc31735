# SPDX-License-Identifier: GPL-2.0-only
# Sourced by run and test: puts in place what they need, and only what is missing.
#
#   setup EXTRA     EXTRA: "" for running, "test" for the tools of the test suite as well
#
# Afterwards the current directory is the project's root, and .venv has everything. PYTHON may name the interpreter.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 1

say() { printf 'setup: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# The first of these packages that this distribution has (names change: libfuse2 became libfuse2t64).
first_package() {
    local name
    for name; do
        if apt-cache show "$name" 2>/dev/null | grep -q '^Version:'; then
            echo "$name"
            return
        fi
    done
    echo "$1"
}

have_library() { /sbin/ldconfig -p 2>/dev/null | grep -q "^\s*$1 "; }

python_can() { command -v "$python" >/dev/null && "$python" -c "$1" 2>/dev/null; }

has_headers='import os, sysconfig; os.stat(os.path.join(sysconfig.get_path("include"), "Python.h"))'

# One line per missing thing: the packages that bring it, best name first.
missing() {
    command -v "$python" >/dev/null || echo python3
    python_can 'import ensurepip, venv' || echo python3-venv
    python_can "$has_headers" || echo python3-dev
    command -v gcc >/dev/null || echo gcc
    [ -e /usr/include/stdio.h ] || echo libc6-dev
    have_library libfuse.so.2 || echo libfuse2t64 libfuse2
    command -v fusermount >/dev/null || echo fuse fuse3
    if [ "$1" = test ]; then
        command -v make >/dev/null || echo make
    fi
}

# What single tests skip without: tried, not insisted on.
wanted() {
    command -v pkg-config >/dev/null || echo pkg-config
    pkg-config --exists libtraceevent 2>/dev/null || echo libtraceevent-dev
    local each
    for each in busybox trace-cmd perf:linux-perf coreutils:rust-coreutils socat strace sqlite3; do # COMMAND[:PACKAGE]
        command -v "${each%:*}" >/dev/null || echo "${each#*:}"
    done
}

# Once: what this distribution does not have is not asked for at every start.
install_wanted() {
    local names known
    names=$(wanted)
    [ -n "$names" ] && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null || return 0
    [ "$names" != "$(cat .venv/.wanted 2>/dev/null)" ] || return 0
    apt-get update -qq >&2 || say "apt-get update failed; trying with what is known"
    known=$(for name in $names; do if apt-cache show "$name" 2>/dev/null | grep -q '^Version:'; then echo "$name"; fi; done)
    # shellcheck disable=SC2086  # a line is a package
    [ -z "$known" ] || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $known >&2 || true
    wanted >.venv/.wanted
    [ ! -s .venv/.wanted ] || say "not installed, some tests will skip:" $(cat .venv/.wanted)
}

install_packages() {
    local lines names=()
    lines=$(missing "$1")
    [ -n "$lines" ] || return 0
    command -v apt-get >/dev/null || die "missing, and this is no Debian or Ubuntu: $(echo $lines)"
    if [ "$(id -u)" -eq 0 ]; then
        say "apt-get update"
        apt-get update -qq >&2 || say "apt-get update failed; trying with what is known"
    fi
    while read -r line; do
        # shellcheck disable=SC2086  # a line is a list of alternatives
        names+=("$(first_package $line)")
    done <<<"$lines"
    [ "$(id -u)" -eq 0 ] || die "missing packages; as root: apt-get install ${names[*]}"
    say "apt-get install ${names[*]}"
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${names[@]}" >&2 ||
        die "apt-get could not install: ${names[*]}"
}

# What the installed state depends on: the interpreter, the declarations, and every C source.
fingerprint() {
    {
        "$python" -VV
        pwd
        find pyproject.toml setup.py ringbuf tracefs \( -name '*.[ch]' -o -name build.py -o -name '*.toml' -o -name setup.py -o -path '*/syscalls/[a-z]*.tbl' ! -path '*/types/*' -o -name prctl.tbl \) \
            ! -name '_*' -print0 |
            sort -z | xargs -0 sha256sum
    } | sha256sum | cut -d' ' -f1
}

# What was installed for the tests does for running as well.
installed() { # installed EXTRA FINGERPRINT
    [ -x .venv/bin/tracefs ] || return
    [ "$(cat .venv/.installed-test 2>/dev/null)" = "$2" ] && return
    [ -z "$1" ] && [ "$(cat .venv/.installed- 2>/dev/null)" = "$2" ]
}

# Programs of others that read what we write; their tests skip without them. By name, as ".[judges]" would build all of us again.
install_judges() {
    local names
    mapfile -t names < <(.venv/bin/python -c 'if True:
        from importlib.metadata import requires
        for each in requires("tracefs"):
            if "judges" in each.partition(";")[2]: print(each.partition(";")[0])')
    .venv/bin/python -m pip install --quiet --disable-pip-version-check "${names[@]}" >&2 ||
        say "not installed, some tests will skip: ${names[*]}"
}

install_project() {
    local now
    now=$(fingerprint)
    installed "$1" "$now" && return
    if ! .venv/bin/python -c 'import pip' 2>/dev/null; then
        say "creating .venv"
        "$python" -m venv --clear .venv || die "cannot create .venv"
    fi
    say "building and installing into .venv"
    # One built by hand (python ROOM/build.py) has a more specific name, and would be imported in place of the new one.
    find ringbuf tracefs -name '_*.so' -delete
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -e ".${1:+[$1]}" >&2 || die "the installation failed"
    [ "$1" != test ] || install_judges
    echo "$now" >".venv/.installed-$1"
}

setup() {
    python=${PYTHON:-python3}
    install_packages "$1"
    python_can 'import sys; assert sys.version_info >= (3, 10)' || die "Python 3.10 or later is needed; PYTHON=... names another"
    install_project "$1"
    [ "$1" != test ] || install_wanted
    PATH=$root/.venv/bin:$PATH
}
