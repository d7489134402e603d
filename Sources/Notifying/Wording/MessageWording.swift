// SPDX-License-Identifier: MIT

/// What a message says in place of hvsmon's own words: plain text, not escaped.
package struct MessageWording: Equatable, Sendable {
  /// The first line and title; nil for hvsmon's own.
  package let title: String?
  /// Everything below; nil for hvsmon's own.
  package let text: String?
  /// Why a template of the user could not be followed; hvsmon's own words are used then.
  package let fault: String?

  /// Words of the user.
  package init(title: String?, text: String?) {
    self.title = title
    self.text = text
    fault = nil
  }

  /// Words of hvsmon, with the reason why they are not the user's.
  package init(fault: String) {
    title = nil
    text = nil
    self.fault = fault
  }
}
