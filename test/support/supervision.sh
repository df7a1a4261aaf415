# What the supervisors of private servers share; they source it. A supervisor owns one server and its
# directory from beginning to end. Standard input is a pipe from the process that started it
# (supervised.mjs). However that process ends, the pipe reaches its end, and then the server is ended
# and the directory removed.

# usage: own_directory <directory>
# Goes there. From now on errors go to the log, whose tail is printed at the end.
own_directory() {
  directory=$1
  log=$directory/log
  trap '' PIPE
  trap finish EXIT
  cd "$directory" || exit
  exec 3<&0 </dev/null 2>>"$log"
}

finish() {
  tail -n 40 "$log" 2>/dev/null
  rm -rf "$directory"
}

# usage: run_server <signal that ends it> <command> <argument>...
# Prints "server <process id>" when it is started; exits when it has ended, with its status.
run_server() {
  signal=$1
  shift
  "$@" >>"$log" 3<&- &
  server=$!
  echo "server $server"
  end_with_parent >/dev/null &
  watchdog=$!
  wait "$server"
  status=$?
  kill "$watchdog"
  exit "$status"
}

# Asked for again and again, since a server that has just been started may not yet listen to signals;
# killed after 10 s. Until run_server has waited for the server and ended this loop, the process id
# stays taken.
end_with_parent() {
  read -r end <&3
  for attempt in $(seq 100); do
    kill -"$signal" "$server" || return
    sleep 0.1
  done
  kill -KILL "$server"
}
