// SPDX-License-Identifier: MIT
//
// What is pure is tested as values; the life of a connection with a program that stands in for ssh;
// what ssh itself does with Debian's sshd on loopback, unpacked by `make setup-peers`.
