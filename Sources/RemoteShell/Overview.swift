// SPDX-License-Identifier: MIT
//
// Facts about other hosts, asked with OpenSSH's client as a program.
//
// It must never send a command that was put together from a text of somebody else, use a key, a
// configuration or an agent that the settings do not name, accept a host key that is not pinned, or
// leave a process behind.
//
// One `ssh` process a host is kept, and on the far side `deploy/facts.sh` reads one request a line:
// a poll then costs one round trip and no process (1.9 ms, against 11 ms for a process over a
// shared master connection and 140 to 240 ms for a new one). It has none of the master's traps
// either: no limit of sessions, no socket files, no background process that holds a pipe, and the
// loss of the connection is seen at once, as the end of its output.
//
// Protocol/    the words: `RemoteCommand`, `RemoteAnswer`, `RemoteShellError`; markers, failure texts
// Connection/  the processes: `SSHConnections` gives out a `RemoteHost` for each that is asked
//
// A locked account runs facts.sh as its forced command; any other is sent the same text as soon as
// it says that it wants it. Both then answer alike.
//
// Invariants
// - All processes, pipes and buffers belong to one thread; others leave messages in its inbox.
//   One turn of the thread looks only at connections to which something happened or is due.
// - A question is answered, or fails with a typed error, once and before its deadline; a late
//   answer costs the connection, because what follows it could not be told apart.
// - A host key is checked with each connection, so a connection is renewed hourly.
// - A process is ended with its group, by SIGTERM and then SIGKILL, and always reaped.
