// SPDX-License-Identifier: MIT
//
// The status page: one HTML document made of a snapshot, complete without JavaScript, and a stream
// of server-sent events that keeps an open one up to date. `/` is for a desk or a phone, `/wall` for
// a screen on a wall, `/alert` for one alert with the forms to acknowledge and silence it, `/graph`
// for any expression as a chart that the server draws, `/login` for who has a token.
//
// `/` and `/wall` ask one port for snapshots; alerts and graphs ask the endpoints for programs in
// their reader's name, so that nobody may do more here than there. It decides nothing about the
// cluster, must never put text into a page other than through `Markup`, which escapes it, and never
// needs anything from another host: styles, script and icons are compiled in and served by the
// daemon, and the content security policy lets nothing else in.
//
// Entry types: `PageRoutes`, `PagePorts`, `PageDocument`.
//
// Invariants
// - `/` and `/wall` are pure functions of a snapshot: the same bytes for the same snapshot.
// - What nobody knows is never drawn as well; a state is told by a word and a sign beside its colour.
// - The browser judges the age of what it shows by its own clock, so that a page whose server is
//   gone, or that slept, says so.
