// SPDX-License-Identifier: MIT

/// Whether a part of the cluster may be stopped now.
package struct StopVerdict: Equatable, Sendable {
  /// The answer.
  package enum Answer: String, Equatable, Sendable {
    case yes
    case no
    case unknown
  }

  /// One thing that was looked at.
  package struct Reason: Equatable, Sendable {
    /// What it means for the answer.
    package enum Weight: String, Equatable, Sendable {
      /// It must not be stopped.
      case objection
      /// Nobody knows whether it may be stopped.
      case doubt
      /// Good to know.
      case remark
    }

    /// What it means for the answer.
    package let weight: Weight
    /// One sentence without its full stop.
    package let text: String
  }

  /// What would be stopped.
  package let component: Component
  /// Objections first, then doubts, then remarks.
  package let reasons: [Reason]

  init(component: Component, reasons: [Reason]) {
    self.component = component
    self.reasons =
      reasons.filter { $0.weight == .objection } + reasons.filter { $0.weight == .doubt }
      + reasons.filter { $0.weight == .remark }
  }

  /// No with any objection, unknown with any doubt, else yes.
  package var answer: Answer {
    switch reasons.first?.weight {
    case .objection?: .no
    case .doubt?: .unknown
    case .remark?, nil: .yes
    }
  }
}
