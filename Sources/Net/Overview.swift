// SPDX-License-Identifier: MIT
//
// Every byte in and out: an HTTP client, a mail client and byte streams on libcurl, an HTTP server on
// libmicrohttpd, and the digests of libcrypto.
//
// It must never know what the bytes mean to hvsmon, follow a proxy variable of the environment,
// show a URL's path or query in an error, or let a C type past its edge.
//
// Entry types: `HTTPClient`, `MailClient`, `StreamConnector`, `HTTPServer`, `Digest`; `ReadySet` and
// `DeadlineQueue` for threads that wait for many descriptors.
//
// Invariants
// - Everything has a limit and every error names the one that was hit: time, header, body,
//   redirects, exchanges, connections, answers that nobody reads.
// - One thread carries all exchanges of a client, another all streams of a connector; they sleep
//   while nothing happens, and one turn of the streams' thread costs what happened in it, however
//   many are open. What other threads share with them is `TransferMailbox` and
//   `StreamMailbox`; the rest belongs to the thread.
// - A peer that closes a connection which an exchange left idle is reported at once.
// - Each mail has a thread and a connection of its own while it is sent.
// - A TLS peer is checked against the system's authorities, one CA file, or one fingerprint, and
//   what it showed is known also when the check failed. A connection is reused only by requests
//   with the same trust.
// - The server never stops libmicrohttpd while a connection is suspended.
//
// Sources: RFC 9110 and 9112 (HTTP), RFC 3986 (URL), RFC 6750 (bearer tokens), RFC 5321 (SMTP), the manual pages of
// libcurl 7.88, libmicrohttpd 0.9.75 and OpenSSL 3.0.
