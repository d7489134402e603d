// SPDX-License-Identifier: MIT
//
// Alerting and recording rules: rule files, the evaluation of groups, the life of an alert
// instance, and the templates of labels and annotations.
//
// It must never do I/O or read a clock: files come as bytes, queries and samples go through what
// the caller hands in, time is an argument. It knows nothing of routes and receivers.
//
// Entry types: `RuleSet` (files in, groups out, all or none), `LocatedRules` (the same with the
// places in the files), `RuleReview` (what is hardly meant), `RuleSetEvaluator` and
// `RuleGroupEvaluator` (one evaluation after the other, over reloads and restarts),
// `AlertingRule.step` (the state machine), `UnreachableTargets` (what it holds alerts for),
// `TextTemplate` (the template language). Ports:
// `RuleQuerying` and `AlertStateStoring`.
//
// Invariants
// - The label set is an instance's identity; value and annotations are always the latest.
// - A failed evaluation neither fires nor resolves anything.
// - An active instance whose target cannot be asked is kept and marked unknown. It resolves only
//   on an evaluation in which the target could be asked. Rules that read nothing but metrics of
//   reachability itself, such as `up`, are never held.
// - An instance restored after a restart fires no second time and does not resolve before its
//   time of grace is over.
// - Samples of one rule are handed over before the next rule runs.
// - A template is parsed once, with every variable and function checked; its expansion is bounded
//   in output, steps, depth and queries.
//
// Source: Prometheus documentation, "Alerting rules", "Recording rules", "Template reference"; the
// documentation of Go's text/template.
