# shellcheck shell=sh
# A JavaScript program that ships in a wheel beside its Node.

# shellcheck source=tools/provision/kinds/wheel.sh
. "$provision/kinds/wheel.sh"

launch() {
    PATH=$workspace/bin:$PATH exec "$workspace/bin/node" "$command" "$@"
}
