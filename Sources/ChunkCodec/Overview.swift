// SPDX-License-Identifier: MIT
//
// Turns samples into few bytes and back, bit for bit: NaN payloads, negative zero and staleness
// markers included.
//
// It must never do I/O, know what a series is, or trap on any input: bytes that no encoder made
// throw a `ChunkError`.
//
// Entry types: `SampleBlock` (samples of series that share their times), `HeadLogWriter` and
// `HeadLogReader` (samples as they came, until they are in blocks), `CRC32C`.
//
// A block. Fixed fields of several bytes and bit strings begin with the lowest byte and bit; a
// varint has 7 bits a byte, lowest first; signed is a varint of 0, -1, 1, -2 folded to 0, 1, 2, 3.
//
//   +---------+-------------+---------------------------+--------------------------------------+
//   | version | rows varint | series: stretches varint, | bytes of the times, varint           |
//   | 1 byte  |             |   for each the gap after  | bytes of each series' values, varint |
//   | = 2     |             |   the last and the count  |                                      |
//   +---------+-------------+---------------------------+--------------------------------------+
//   | times (an integer sequence) | values of the first series | ... of the last | CRC-32C      |
//   |                             | (a value column)           |                 | 4 bytes      |
//   +-----------------------------+----------------------------+-----------------+--------------+
//
// An integer sequence is drawn beside `IntegerSequence`, a value column beside `ValueColumn`, a
// record of the log beside `HeadLogWriter`. For each column the coding is chosen that takes the
// fewest bytes: a constant; whole numbers over a power of ten and a common divisor, predicted by the
// number before, by its slope, or by a straight line, in frames or Rice's code, or as runs; the bits
// of noisy numbers in frames, or as Gorilla's XOR.
//
// Sources: Lemire and Boytsov, Decoding billions of integers per second through vectorization (2015),
// for frames of reference; Rice, Some practical universal noiseless coding techniques (1979).
