// SPDX-License-Identifier: MIT

/// Where a shipped rule draws its line.
package struct Limit: Equatable, Sendable {
  /// Which side of which number is bad.
  package enum Bound: Equatable, Sendable {
    case above(Double)
    case below(Double)
    /// More than so many, of something that is counted.
    case moreThan(Int)
    case isZero
    case isOne
  }

  /// How urgent the rule's alert is.
  package enum Severity: String, Sendable {
    case info
    case warning
    case page
  }

  /// The alert's name.
  package let rule: String
  /// The alert's severity.
  package let severity: Severity
  /// What the rule's expression compares with.
  package let bound: Bound

  init(_ rule: String, _ severity: Severity, _ bound: Bound) {
    self.rule = rule
    self.severity = severity
    self.bound = bound
  }

  /// The first value that the colour of this limit, or from below that of the next, belongs to.
  var edge: Double {
    switch bound {
    case .above(let number), .below(let number): number
    case .moreThan(let count): Double(count + 1)
    case .isZero, .isOne: 1
    }
  }

  /// Small values are the bad ones.
  var isFloor: Bool {
    switch bound {
    case .below, .isZero: true
    case .above, .moreThan, .isOne: false
    }
  }

  var colour: Colour {
    switch severity {
    case .info: .info
    case .warning: .warning
    case .page: .critical
    }
  }
}

extension [Limit] {
  /// Colours by the value from which on they hold, ascending; nil is the least value there is.
  ///
  /// All are limits of the same side.
  func steps(calm: Colour) -> [(from: Double?, colour: Colour)] {
    let ordered = sorted { $0.edge < $1.edge }
    guard let first = ordered.first, first.isFloor else {
      return [(nil, calm)] + ordered.map { ($0.edge, $0.colour) }
    }
    let after = ordered.dropFirst().map(\.colour) + [calm]
    return [(nil, first.colour)] + zip(ordered, after).map { ($0.edge, $1) }
  }
}

/// Colours that people with any kind of colour blindness can tell apart (Okabe and Ito); what they
/// mean is always said in words as well.
enum Colour: String, Sendable {
  case fine = "#009E73"
  case info = "#56B4E9"
  case warning = "#E69F00"
  case critical = "#D55E00"
  case unknown = "#CC79A7"
  case maintenance = "#0072B2"
  /// Whatever the theme writes in.
  case plain = "text"
}
