// SPDX-License-Identifier: MIT
//
// YAML
