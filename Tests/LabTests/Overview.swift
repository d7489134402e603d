// SPDX-License-Identifier: MIT
//
// hvsmon in a cluster of real parts: keepalived and nginx in namespaces of one machine, made by
// `Tests/Lab/lab.sh`. `make lab` runs these tests on the cluster's monitor; elsewhere they are
// skipped.
