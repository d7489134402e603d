// SPDX-License-Identifier: MIT
//
// Decides who is told of which alerts, and sees to it that the message arrives.
//
// It must never read a clock of its own, open a socket or a file, drop a message without counting
// it, take an alert as resolved because nobody reports it for a moment, or show a secret.
//
// Entry types: `NotificationPlanner` (alerts and time in, messages out), `Dispatcher` (queue in,
// receivers out), `NotificationSettings`; others fill `Receiver`, `ReceiverKind` and
// `NotificationQueueing`.
//
// Words and meanings of the settings are Alertmanager's. Where people complained about its pace,
// the planner differs:
// - A change is told `group_wait` after it came: a new group, one more firing alert in a known
//   group, and the end of the last firing alert. None of these waits for `group_interval`.
// - `group_interval` bounds the noise instead: within it a group sends at most three such messages,
//   whatever flaps; further news waits until the oldest of the three is that old.
// - The end of some alerts while others still fire is told `group_interval` after the last message.
// - A group that still fires is told again exactly `repeat_interval` after its last message.
// - An alert that no rule reports for five minutes is told as withdrawn, not as recovered.
// - What still fires when its silence or mute interval ends is told, with the reason; so is an end in
//   a mute interval. What is acknowledged is not repeated. Many groups at once are one: the storm.
// - What begins and ends too often is told once, as flapping, and once more when it is calm
//   (`FlapWatch`); `MessageTemplates` replaces hvsmon's own words by the user's templates.
// - Matchers that say what silences what need not be written: `Inhibition` asks the topology.
//
// Invariants
// - Only an integration that was told that an alert fires is told that it ended, whatever the
//   settings say by then, and once; nobody is, of an alert that is silenced when it ends.
// - The planner's state and the messages it leads to are stored as one piece, so that a restart
//   neither repeats nor loses a message.
// - An integration gets the messages of one group in order. What waits for one group is sent as one
//   message, so that a firing that could not be delivered and its end arrive together.
// - Nothing is held back without a cause that is told.
// - Delivery is at least once; a repeated delivery carries the same event id.
// - What calls people is a message of its own. What ends, and what joins a young message without
//   being more urgent, is edited into the earlier message where the service can.
//
// Source: Alertmanager's configuration and notification pages for routes, matchers, group keys.
