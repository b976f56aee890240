# shellcheck shell=sh
# A command of the workspace's virtual environment, which holds every member editable and every dependency of uv.lock.

place=$workspace/.provision/venv
slot=$workspace/.venv
command=$slot/bin/$entry
stamp=$slot/.synced

# The path counts because the commands of an environment name it: a moved checkout needs a new one.
installed() {
    [ "$(cat "$stamp" 2>/dev/null)" = "$(inputs)" ]
}

inputs() {
    {
        platform
        echo "$workspace"
        cat "$workspace/uv.lock" "$workspace/pyproject.toml"
        find "$workspace/apps" "$workspace/libs" -name pyproject.toml -not -path '*/.venv/*' -not -path '*/node_modules/*' |
            LC_ALL=C sort | while IFS= read -r member; do cat "$member"; done
    } | digest
}

install() {
    rm -f "$stamp"
    synced=$(inputs)
    "$workspace/bin/uv" --directory "$workspace" sync --locked --all-packages --all-extras --python "$(find_python)" || return
    echo "$synced" >"$stamp"
}

# A test run starts hundreds of processes: each would compile again all that it imports.
launch() {
    unset PYTHONDONTWRITEBYTECODE
    exec "$command" "$@"
}

subject() {
    echo 'the virtual environment of uv.lock'
}

version() {
    if [ "$package" = python ]; then
        sed -n 's/^requires-python = "\(.*\)"/\1/p' "$workspace/pyproject.toml"
    else
        awk -v package="$package" '$1 == "name" { name = $3 } $1 == "version" && name == "\"" package "\"" { gsub(/"/, ""); print $3; exit }' "$workspace/uv.lock"
    fi
}
