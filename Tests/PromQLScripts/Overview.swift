// SPDX-License-Identifier: MIT
//
// Runs PromQL test scripts (`.test` files) against the engine: for PromQLTests, and as a program of
// its own for `make conformance`.
//
// Entry types: `ScriptFolder` finds scripts, `TestScript` reads one, `ScriptRunner` runs them.
//
// A line that cannot be read is a failure with its place and stops nothing else. An evaluation that
// needs what is not there on purpose (native histograms) is counted as unsupported, with the reason.
//
// Source: the README beside the conformance scripts describes the format.
