# shellcheck shell=sh
# One tool of tools.txt: select_tool NAME, then what its kind defines:
#   place      the path without suffix of its lock and log: in the cache, or in the workspace, with which they go
#   slot       the folder that its installation fills
#   command    the executable inside it
#   installed  succeeds when the tool is ready to run
#   install    makes it ready
#   launch     runs it in place of this process
#   version    prints the pinned version
#   subject    prints what messages call the installation
# The caller sets $provision to this folder.

workspace=$(dirname "$(dirname "$provision")")
toolchain=$workspace/third_party/python/toolchain
cache=${FUNCTION_CDK8S_CACHE:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/function-cdk8s}

select_tool() {
    while read -r tool kind package entry takes _; do
        if [ "$tool" = "$1" ]; then
            # shellcheck source=/dev/null
            . "$provision/kinds/$kind.sh"
            return
        fi
    done <"$provision/tools.txt"
    echo "no tool is called \"$1\": bin/help lists them" >&2
    return 1
}

install_once() {
    mkdir -p "$(dirname "$place")"
    "$(find_python)" "$provision/locked.py" "$place.lock" "$provision/install" "$tool"
}

# Nothing but the platform decides between two installations from the same inputs.
platform() {
    uname -sm
}

digest() {
    if command -v sha256sum >/dev/null; then
        sha256sum
    else
        shasum -a 256
    fi | cut -c 1-16
}

find_python() {
    for candidate in python3 python3.14 python3.13 python3.12 python3.11 python; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            "$candidate" -c 'import sys; print(sys.executable)'
            return
        fi
    done
    echo 'no Python 3.11 or newer is on PATH: install one, for example with your system'"'"'s package manager' >&2
    return 1
}

subject() {
    echo "$tool $(version)"
}

# Calls the function $1 with an empty folder to fill, which becomes $slot once it is complete.
fill_slot() {
    rm -rf "$slot.partial"
    mkdir -p "$slot.partial"
    "$1" "$slot.partial" || return
    mv "$slot.partial" "$slot"
}
