// SPDX-License-Identifier: MIT
//
// ChunkCodec
