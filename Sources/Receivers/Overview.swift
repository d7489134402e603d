// SPDX-License-Identifier: MIT
//
// The ways to tell people: one folder for each chat service, the generic webhook, mail.
//
// It must never retry by itself, wait for a peer's wish, keep a message, follow a redirect, or show
// more of a URL than its host: the dispatcher does the first three, and most URLs are secrets.
//
// Entry types: `allReceiverKinds` (the registry), `ReceiverServices`.
//
// To add a service: make a folder with its kind (settings and their refusals) and its service (a
// pure function from a notification to a request, and what answers mean), and add a line to
// `Registry.swift`. `ServiceReceiver` sends; `Text` holds the words, `Service` the ways.
//
// Invariants
// - The first line of every message carries its whole meaning: severity, name, object, since when,
//   value. Telephones show about a hundred characters.
// - Text gets into a field by `BudgetedText` only: made visible, escaped for the service, cut at a
//   whole character, within the field's limit in the service's own unit. It can neither call people
//   nor make links.
// - A message that had to be shortened says how much is missing.
// - What an answer means is said by its service, and by its status where the service is silent: 2xx
//   is success; 408, 425, 429, 5xx and failures of the network are worth another try; everything
//   else is final. A form that is refused is tried once more as plain text; an edit that is refused
//   becomes a message of its own.
// - An error shows a host and an answer's start at most, and that only without a secret in it.
//
// Sources: the services' own pages, named where a limit is used; Alertmanager's webhook version 4.
