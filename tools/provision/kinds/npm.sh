# shellcheck shell=sh
# A command of the workspace's node_modules, installed from package-lock.json.

place=$workspace/.provision/npm
slot=$workspace/node_modules
command=$slot/.bin/$entry
stamp=$slot/.installed

installed() {
    [ "$(cat "$stamp" 2>/dev/null)" = "$(inputs)" ]
}

inputs() {
    { platform; cat "$workspace/package-lock.json" "$workspace/package.json" "$toolchain/node.txt"; } | digest
}

install() {
    rm -f "$stamp"
    installing=$(inputs)
    "$workspace/bin/npm" --prefix "$workspace" ci --no-audit --no-fund || return
    echo "$installing" >"$stamp"
}

launch() {
    export NX_DAEMON=false NX_NO_CLOUD=true NX_TUI=false
    PATH=$workspace/bin:$PATH exec "$workspace/bin/node" "$command" "$@"
}

subject() {
    echo 'the packages of package-lock.json'
}

version() {
    sed -n "s/^ *\"$package\": \"\(.*\)\".*/\1/p" "$workspace/package.json"
}
