// SPDX-License-Identifier: MIT
//
// The running whole in one process: real HTTP, real files, peers that misbehave.
