// SPDX-License-Identifier: MIT

/// Why a password cannot be used; no case says which character it is.
package enum PreparationError: Error, Equatable, Sendable {
  /// It holds a control character or another one that RFC 4013 prohibits.
  case prohibitedCharacter
  /// It holds a character that Unicode 3.2 does not have.
  case unassignedCharacter
  /// It mixes writing from the left and from the right in a way that RFC 3454 prohibits.
  case mixedDirections
}

extension PreparationError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .prohibitedCharacter: "it holds a character that SASLprep prohibits"
    case .unassignedCharacter: "it holds a character that SASLprep does not know"
    case .mixedDirections: "it mixes right-to-left and left-to-right letters"
    }
  }
}

/// The form in which passwords are compared (RFC 4013, a profile of RFC 3454).
package enum SASLprep {
  /// Prepares a password as a stored string: other ways to write it give the same text.
  package static func prepared(_ password: String) throws(PreparationError) -> String {
    if password.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) { return password }
    var mapped: [Unicode.Scalar] = []
    for character in password.unicodeScalars {
      // U+200B is in both tables; drivers delete it.
      if PreparationTables.mappedToNothing.contains(character) { continue }
      mapped.append(PreparationTables.otherBlanks.contains(character) ? " " : character)
    }
    let normalized = CompatibilityForm.normalized(mapped)
    guard !normalized.contains(where: PreparationTables.prohibited.contains) else {
      throw .prohibitedCharacter
    }
    guard !normalized.contains(where: PreparationTables.unassigned.contains) else {
      throw .unassignedCharacter
    }
    try checkDirections(normalized)
    var text = String.UnicodeScalarView()
    text.append(contentsOf: normalized)
    return String(text)
  }

  /// RFC 3454, section 6.
  private static func checkDirections(_ text: [Unicode.Scalar]) throws(PreparationError) {
    let fromRight = PreparationTables.rightToLeft
    guard text.contains(where: fromRight.contains) else { return }
    guard let first = text.first, fromRight.contains(first), let last = text.last,
      fromRight.contains(last), !text.contains(where: PreparationTables.leftToRight.contains)
    else { throw .mixedDirections }
  }
}
