#!/bin/sh
# Owns one private server and its directory from beginning to end; supervised.mjs starts it.
# Standard input is a pipe from that process. However that process ends, the pipe reaches its end,
# and then the server is ended and the directory removed.
#
# usage: server-supervisor.sh <directory> <program> <argument>...
# Prints "server <process id>" when the server is started, and the tail of its log when it ended.

directory=$1
shift
log=$directory/log

# Asked for again and again, since a server that has just been started may not yet listen to signals;
# killed after 10 s. Until the main shell has waited for the server and ended this loop, the process
# id stays taken.
end_with_parent() {
  read -r end <&3
  for attempt in $(seq 100); do
    kill -TERM "$server" || return
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

"$@" >>"$log" 3<&- &
server=$!
echo "server $server"
end_with_parent >/dev/null &
watchdog=$!
wait "$server"
status=$?
kill "$watchdog"
exit "$status"
