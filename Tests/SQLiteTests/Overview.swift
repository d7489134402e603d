// SPDX-License-Identifier: MIT
//
// What the stores rely on: values come back as they went in, transactions are whole or not there,
// each way a file can be wrong has its own error, and a queue runs closures in order on one thread.
