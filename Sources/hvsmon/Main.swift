// SPDX-License-Identifier: MIT

/// The command line's entry.
@main
struct Main {
  static func main() async {}
}
