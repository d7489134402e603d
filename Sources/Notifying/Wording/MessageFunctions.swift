// SPDX-License-Identifier: MIT
import MetricModel
import Rules

/// The functions of Alertmanager's templates that rules do not have.
///
/// Source: Alertmanager's documentation, "Notification template reference".
enum MessageFunctions {
  static let all: [String: TemplateFunctionSet.Function] = [
    "join": { call throws(TemplateFault) in
      try call.expect(2)
      let separator = try call.text(0)
      guard case .list(let items) = call.arguments[1] else {
        throw TemplateFault("expected a list of texts; got another value")
      }
      return .text(items.map(\.printed).joined(separator: separator))
    },
    "stringSlice": { call throws(TemplateFault) in
      var items: [TemplateValue] = []
      for index in call.arguments.indices { items.append(.text(try call.text(index))) }
      return .list(items)
    },
    "trimSpace": { call throws(TemplateFault) in
      try call.expect(1)
      return .text(try call.text(0).trimmingBlanks)
    },
    "since": { call throws(TemplateFault) in
      try call.expect(1)
      guard case .instant(let instant) = call.arguments[0] else {
        throw TemplateFault("expected a time; got another value")
      }
      return .span(call.context.now - instant)
    },
    "date": { call throws(TemplateFault) in
      try call.expect(2)
      guard case .instant = call.arguments[1] else {
        throw TemplateFault("expected a time; got another value")
      }
      return try call.arguments[1].member("Format", [call.arguments[0]])
    },
    "safeUrl": { call throws(TemplateFault) in
      try call.expect(1)
      return .text(try call.text(0))
    },
  ]
}

extension String {
  /// The text without blanks and line ends around it.
  var trimmingBlanks: String {
    let start = drop { $0.isWhitespace }
    guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(start[...last])
  }
}
