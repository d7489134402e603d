// SPDX-License-Identifier: MIT
//
// The ways to tell people: one folder for each chat service, the generic webhook, mail.
//
// It must never retry by itself, wait for a peer's wish, keep a message, follow a redirect, or show
// more of a URL than its host: the dispatcher does the first three, and most URLs are secrets.
//
// Entry types: `allReceiverKinds` (the registry), `ReceiverServices`.
//
// To add a service: make a folder with its kind (settings and their refusals), its receiver (posts
// and judges the answer) and its message (a pure function from a notification to bytes), and add a
// line to `Registry.swift`.
//
// Invariants
// - The first line of every message carries its whole meaning: severity, name, object, since when,
//   value. Telephones show about a hundred characters.
// - Texts from labels and annotations are escaped for the service, so that they can neither mention
//   people nor make links, and cut at a whole character.
// - A message that had to be shortened says how much is missing.
// - What an answer means is decided by `EndpointPost` alone: 2xx is success; 408, 425, 429, 5xx and
//   failures of the network are worth another try; everything else is final.
//
// Sources: the services' own pages, named where a limit is used; Alertmanager's webhook version 4.
