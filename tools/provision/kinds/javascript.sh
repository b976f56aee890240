# shellcheck shell=sh
# A JavaScript program with a lock of its own, a folder of third_party/javascript; the root's lock has what every check needs.

package_folder=$workspace/third_party/javascript/$package
place=$cache/$package
slot=$place/$({ platform; cat "$package_folder/package.json" "$package_folder/package-lock.json" "$toolchain/node.txt" "$workspace/.npmrc"; } | digest)
command=$slot/node_modules/$entry

installed() {
    [ -e "$slot" ]
}

install() {
    fill_slot install_packages
}

install_packages() {
    cp "$package_folder/package.json" "$package_folder/package-lock.json" "$workspace/.npmrc" "$1" || return
    "$workspace/bin/npm" --prefix "$1" ci --no-audit --no-fund
}

launch() {
    PATH=$workspace/bin:$PATH exec "$workspace/bin/node" "$command" "$@"
}

version() {
    sed -n "s/^ *\"$package\": \"\(.*\)\".*/\1/p" "$package_folder/package.json"
}
