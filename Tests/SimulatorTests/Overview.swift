// SPDX-License-Identifier: MIT
//
// The simulated cluster is asked as its peers would be: the world by its verbs, the Proxmox API
// without a socket and over HTTPS, and its replies are held against the shapes of the fixtures.
