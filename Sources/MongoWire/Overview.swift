// SPDX-License-Identifier: MIT
//
// A MongoDB client for asking one member how it is: BSON, OP_MSG, connection strings, the SCRAM
// and X.509 logins, one connection at a time.
//
// It must never send a command that changes anything or reads what users stored, follow a member's
// word to another member, believe a server that did not prove to know the password, trap on any
// bytes, or put a password or a part of a login into an error.
//
// Entry types: `MongoConnection`, `ReadCommand`, `BSONDocument`.
//
// Invariants
// - Every byte from a peer is guarded by length before it is read; sizes, depths, counts of
//   elements and iteration counts have limits.
// - Only `CommandAllowance` and the login decide what is sent.
// - The protocol is values that take bytes and give bytes: `FrameAssembler`, `DueReply`,
//   `LoginMachine`, `ScramConversation`. `MongoTransport` is the port that carries them.
// - A connection on which one byte was not as it had to be is closed, never resynchronised.
//
// CRC-32C comes from ChunkCodec, which is pure.
//
// Sources: bsonspec.org 1.1; mongodb/specifications (OP_MSG, handshake, auth, connection string).
