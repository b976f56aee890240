# shellcheck shell=sh
# A browser, which a JavaScript package carries compressed, with the libraries and fonts that a small machine lacks.

# shellcheck source=tools/provision/kinds/javascript.sh
. "$provision/kinds/javascript.sh"
command=$slot/unpacked/$entry

install() {
    [ "$(uname -sm)" = 'Linux x86_64' ] || { echo "$package has a browser for Linux on x86-64 only, not for $(uname -sm)"; return 1; }
    fill_slot install_browser
}

install_browser() {
    install_packages "$1" || return
    mkdir "$1/unpacked"
    # The package unpacks its libraries only where it takes the machine for one of AWS Lambda's.
    ( cd "$1" && AWS_LAMBDA_JS_RUNTIME=nodejs22.x TMPDIR=$1/unpacked "$workspace/bin/node" --input-type=module \
        --eval 'await (await import("@sparticuz/chromium")).default.executablePath()' ) || return
    sed -i "s|<dir>/tmp/fonts</dir>|<dir>$slot/unpacked/fonts</dir>|; s|<cachedir>.*|<cachedir prefix=\"xdg\">fontconfig</cachedir>|" \
        "$1/unpacked/fonts/fonts.conf" || return
    rm -r "$1/node_modules"
}

launch() {
    export LD_LIBRARY_PATH="$slot/unpacked/al2023/lib" FONTCONFIG_PATH="$slot/unpacked/fonts"
    exec "$command" --headless --no-sandbox --disable-dev-shm-usage --disable-gpu "$@"
}

version() {
    sed -n 's/^ *"@sparticuz\/chromium": "\(.*\)".*/\1/p' "$package_folder/package.json"
}
