#!/bin/sh
# Owns one private PostgreSQL server and its directory from beginning to end; postgres.mjs starts it.
# Standard input is a pipe from that process. However that process ends, the pipe reaches its end,
# and then the server is ended and the directory removed.
#
# usage: postgres-supervisor.sh <directory> <template> <user> <bin> <server option>...
#   <template>  a cached data directory: copied when it is there, made when it is not
#   <user>      whom the server runs as; empty: whoever runs this
# Prints "server <process id>" when the server is started, and the tail of its log when it ended.

directory=$1
template=$2
user=$3
bin=$4
shift 4
data=$directory/data
log=$directory/log

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

# At the end of standard input: fast shutdown (postgres(1), SIGINT), asked for again and again, since
# a server that has just been started may not yet listen to signals; killed after 10 s.
# Until the main shell has waited for the server and ended this loop, the process id stays taken.
end_with_parent() {
  read -r end <&3
  for attempt in $(seq 100); do
    kill -INT "$server" || return
    sleep 0.1
  done
  kill -KILL "$server"
}

finish() {
  tail -n 40 "$log" 2>/dev/null
  rm -rf "$directory"
}

trap '' PIPE
trap finish EXIT
cd "$directory" || exit
exec 3<&0 </dev/null 2>>"$log"
if [ -n "$user" ] && ! id "$user" >/dev/null; then
  echo "PostgreSQL refuses to run as root, and there is no user \"$user\" to run it as" >&2
  exit 1
fi
give_to_user "$directory"
fill_data_directory >>"$log" || exit

exec_as_user "$bin/postgres" -D "$data" "$@" >>"$log" 3<&- &
server=$!
echo "server $server"
end_with_parent >/dev/null &
watchdog=$!
wait "$server"
status=$?
kill "$watchdog"
exit "$status"
