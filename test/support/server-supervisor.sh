#!/bin/sh
# Runs one private server that needs nothing made before; servers.mjs starts it.
#
# usage: server-supervisor.sh <directory> <program> <argument>...
# Prints "server <process id>" when the server is started, and the tail of its log when it ended.

. "$(dirname "$0")/supervision.sh"

own_directory "$1"
shift
run_server TERM "$@"
