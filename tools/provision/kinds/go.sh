# shellcheck shell=sh
# A Go program, built from the module of third_party/go that pins it.
# Its build-flags file holds arguments of `go build`, one a line; {version}, {major} and {minor} there are the program's.

module=$workspace/third_party/go/$package
place=$cache/$tool
slot=$place/$({ platform; echo "$entry"; cat "$toolchain/go.txt" "$module/go.mod" "$module/go.sum" "$module/build-flags" "$provision/kinds/go.sh"; } | digest)
command=$slot/$tool

installed() {
    [ -e "$slot" ]
}

install() {
    fill_slot build
}

build() {
    # shellcheck source=tools/provision/go_environment.sh
    . "$provision/go_environment.sh"
    unset GOOS GOARCH
    export CGO_ENABLED=0 GOFLAGS=-modcacherw
    set -- -o "$1/$tool"
    while IFS= read -r flag; do
        set -- "$@" "$flag"
    done <<FLAGS
$(build_flags)
FLAGS
    "$workspace/bin/go" -C "$module" build -mod=readonly -trimpath -buildvcs=false "$@" "$entry"
}

build_flags() {
    version=$(version)
    numbers=${version#v}
    minor=${numbers#*.}
    sed "s/{version}/$version/g; s/{major}/${numbers%%.*}/g; s/{minor}/${minor%%.*}/g" "$module/build-flags"
}

launch() {
    exec "$command" "$@"
}

# The longest module path that begins the package's path is the module the package comes from.
version() {
    awk -v entry="$entry" '
        { sub(/^require /, "") }
        (entry == $1 || index(entry, $1 "/") == 1) && $2 ~ /^v/ && length($1) > length(found) { found = $1; version = $2 }
        END { print version }
    ' "$module/go.mod"
}
