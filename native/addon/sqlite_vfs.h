#pragma once

// The SQLite that is compiled into the node executable (node:sqlite). It sleeps by way of one
// public structure, sqlite3_vfs, whose members programs may change (https://sqlite.org/vfs.html);
// the slot of nanosleep(2) it shares with Abseil, which waits for V8's mutexes so, in the middle of
// V8.
namespace greenify::addon::sqlite_vfs {

// Makes its sleeps green; nothing where there is no such SQLite. Once is enough. Thread: any, one
// at a time.
void redirect_sleep();

// Thread: any.
bool is_redirected();

}  // namespace greenify::addon::sqlite_vfs
