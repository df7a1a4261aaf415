#!/bin/sh
# Runs one private PostgreSQL server, its data directory made or copied before; postgres.mjs starts it.
#
# usage: postgres-supervisor.sh <directory> <template> <user> <bin> <server option>...
#   <template>  a cached data directory: copied when it is there, made when it is not
#   <user>      whom the server runs as; empty: whoever runs this
# Prints "server <process id>" when the server is started, and the tail of its log when it ended.

. "$(dirname "$0")/supervision.sh"

directory=$1
template=$2
user=$3
bin=$4
shift 4
data=$directory/data

exec_as_user() {
  [ -n "$user" ] || exec "$@"
  exec setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups -- "$@"
}

give_to_user() {
  [ -z "$user" ] || chown -R "$user:" "$1"
}

fill_data_directory() {
  if [ -d "$template" ]; then
    cp -R "$template" "$data" && give_to_user "$data"
    return
  fi
  create_data_directory || return
  keep_template || echo "no template kept: every start will take initdb's seconds"
}

create_data_directory() (
  exec_as_user "$bin/initdb" --pgdata="$data" --username=greenify --auth=trust \
    --encoding=UTF8 --locale=C --wal-segsize=1 --no-sync --no-instructions
)

# Renamed when complete, so that nobody ever sees half a template; when another process was quicker
# the rename fails, and its template is as good.
keep_template() {
  partial=$template.partial-$$
  mkdir -p "$(dirname "$template")" || return
  cp -R "$data" "$partial" && mv -T "$partial" "$template" && return
  rm -rf "$partial"
  [ -d "$template" ]
}

own_directory "$directory"
if [ -n "$user" ] && ! id "$user" >/dev/null; then
  echo "PostgreSQL refuses to run as root, and there is no user \"$user\" to run it as" >&2
  exit 1
fi
give_to_user "$directory"
fill_data_directory >>"$log" || exit

# Fast shutdown (postgres(1), SIGINT).
run_server INT exec_as_user "$bin/postgres" -D "$data" "$@"
