// SPDX-License-Identifier: MIT
//
// Asks targets on time and lets their samples in: the `Collector` port, the scheduler, the
// settling of a failure, and `Ingest`, the one front door for samples.
//
// It must never know a concrete collector, evaluate rules, or touch a database.
//
// Entry types: `Collector`, `Target`, `PollScheduler`, `Ingest`, `LatestSamples`, `RemoteWriteDoor`; the
// shell around one target is `TargetLoop`, its decisions are `PollPace` and `Settlement`.
//
// Invariants
// - One target is never polled twice at a time: a collector that ignores its timeout counts as a
//   failure at every poll until it returns.
// - Every sample that a daemon takes came through `Ingest`: it alone adds labels, `up`, `scrape_*` and
//   staleness markers, and refuses what no definition covers. What others write through
//   `RemoteWriteDoor` keeps the labels and markers it has, and is covered by no definition; nor is
//   what scraped targets name (`ScrapedSamples`), whose labels a scraper made.
// - A failure is published only when it is settled: `confirm_failures` failures in a row,
//   `confirm_interval` apart. Until then the last good samples stand.
// - A target that is asked (`PollScheduler.ask`) is polled at once, but for one in doubt, whose
//   confirmation answers; the poll began no earlier than the question was put.
// - A target that is down has `up 0` and no other live series but the counters of its polls.
// - What ended because a part of its target fell silent is told apart from what is over.
