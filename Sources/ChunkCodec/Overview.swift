// SPDX-License-Identifier: MIT
//
// Turns runs of samples into few bytes and back, bit for bit: NaN payloads, negative zero and
// staleness markers included.
//
// It must never do I/O, know what a series is, or trap on any input: bytes that no encoder made
// throw a `ChunkError`.
//
// Entry types: `SampleChunk` (one run of one series), `HeadRecord` (samples of many series as they
// came), `CRC32C`.
//
// A chunk. Multi-byte fixed fields are little-endian; a varint has 7 bits a byte, lowest first;
// zigzag maps 0, -1, 1, -2 to 0, 1, 2, 3; a bit string starts at the highest bit of its byte.
//
//   +---------+-------+--------------+----------------+---------------------+--------------+
//   | version | codec | count varint | first time     | times, values       | CRC-32C      |
//   | 1 byte  | 1 byte|              | zigzag varint  | bit string, padded  | 4 bytes, of  |
//   | = 1     |       |              |                | with zeros          | all before   |
//   +---------+-------+--------------+----------------+---------------------+--------------+
//
// Times after the first: deltas of deltas (the delta before the first is 0). Values by codec:
//
//   0 constant   64 bits once
//   1 deltas     first value, then differences, as integers
//   2 curves     first value, then differences of differences, as integers
//   3 XOR        64 bits, then a XOR with the value before
//
//   integer   0 -> 0 | 10 + 7 bits | 110 + 14 bits | 1110 + 24 bits | 1111 + 64 bits (zigzag)
//   XOR       0 -> same | 10 + window as before | 11 + 6 bits leading zeros + 6 bits width - 1 + window
//
// A chunk without samples ends after its count. A head record is drawn beside its type.
//
// Source: Pelkonen et al., Gorilla (VLDB 2015), for the two delta schemes.
