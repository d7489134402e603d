// SPDX-License-Identifier: MIT
import MetricModel

extension TemplateFunctionSet {
  /// The functions every template of the language has.
  ///
  /// Source: the Go standard library's documentation of `text/template`, section Functions.
  static let languageFunctions: [String: Function] = [
    "not": { call throws(TemplateFault) in
      try call.expect(1)
      return .flag(!call.arguments[0].isTrue)
    },
    "eq": { call throws(TemplateFault) in .flag(try equalsAny(call)) },
    "ne": { call throws(TemplateFault) in
      try call.expect(2)
      return .flag(try !TemplateOrder.equal(call.arguments[0], call.arguments[1]))
    },
    "lt": { call throws(TemplateFault) in .flag(try isLess(call)) },
    "le": { call throws(TemplateFault) in .flag(try isLessOrEqual(call)) },
    // Greater is "not less or equal", which is true of NaN.
    "gt": { call throws(TemplateFault) in .flag(try !isLessOrEqual(call)) },
    "ge": { call throws(TemplateFault) in .flag(try !isLess(call)) },
    "index": { call throws(TemplateFault) in try index(call) },
    "slice": { call throws(TemplateFault) in try slice(call) },
    "len": { call throws(TemplateFault) in try length(call) },
    "print": { call in .text(FormatText.joined(call.arguments)) },
    "println": { call in
      .text(call.arguments.map(\.printed).joined(separator: " ") + "\n")
    },
    "printf": { call throws(TemplateFault) in
      .text(try FormatText.formatted(try call.text(0), Array(call.arguments.dropFirst())))
    },
    "html": { call in .text(EscapedText.html(FormatText.joined(call.arguments))) },
    "js": { call in .text(EscapedText.script(FormatText.joined(call.arguments))) },
    "urlquery": { call in .text(EscapedText.query(FormatText.joined(call.arguments))) },
    "call": { call throws(TemplateFault) in
      try call.expectAtLeast(1)
      throw TemplateFault("non-function of type \(call.arguments[0].typeName)")
    },
  ]

  private static func equalsAny(_ call: TemplateCall) throws(TemplateFault) -> Bool {
    try call.expectAtLeast(1)
    guard call.arguments.count > 1 else {
      throw TemplateFault("missing argument for comparison")
    }
    for other in call.arguments.dropFirst() {
      if try TemplateOrder.equal(call.arguments[0], other) { return true }
    }
    return false
  }

  private static func isLess(_ call: TemplateCall) throws(TemplateFault) -> Bool {
    try call.expect(2)
    return try TemplateOrder.less(call.arguments[0], call.arguments[1])
  }

  private static func isLessOrEqual(_ call: TemplateCall) throws(TemplateFault) -> Bool {
    if try isLess(call) { return true }
    return try TemplateOrder.equal(call.arguments[0], call.arguments[1])
  }

  private static func index(_ call: TemplateCall) throws(TemplateFault) -> TemplateValue {
    try call.expectAtLeast(1)
    var value = call.arguments[0]
    for key in call.arguments.dropFirst() {
      switch value {
      case .map(let entries): value = try entry(key, of: entries)
      case .text(let text):
        let bytes = Array(text.utf8)
        value = .integer(Int(bytes[try position(key, below: bytes.count)]))
      case .list(let items): value = items[try position(key, below: items.count)]
      case .object(let object):
        if let entries = object.entries {
          value = try entry(key, of: entries)
          continue
        }
        guard let items = object.items else { fallthrough }
        value = items[try position(key, below: items.count)]
      default: throw TemplateFault("can't index item of type \(value.typeName)")
      }
    }
    return value
  }

  private static func entry(
    _ key: TemplateValue,
    of entries: [String: TemplateValue]
  ) throws(TemplateFault) -> TemplateValue {
    guard case .text(let name) = key else {
      throw TemplateFault("value has type \(key.typeName); should be string")
    }
    return entries[name] ?? .text("")
  }

  private static func position(
    _ key: TemplateValue,
    below count: Int
  ) throws(TemplateFault) -> Int {
    guard case .integer(let position) = key else {
      throw TemplateFault("cannot index slice/array with type \(key.typeName)")
    }
    guard position >= 0, position < count else {
      throw TemplateFault("index out of range: \(position)")
    }
    return position
  }

  private static func slice(_ call: TemplateCall) throws(TemplateFault) -> TemplateValue {
    try call.expectAtLeast(1)
    guard call.arguments.count <= 3 else { throw TemplateFault("too many slice indexes") }
    let bytes: [UInt8]
    let items: [TemplateValue]
    if case .text(let text) = call.arguments[0] {
      (bytes, items) = (Array(text.utf8), [])
    } else {
      (bytes, items) = ([], try call.list(0))
    }
    let count = max(bytes.count, items.count)
    let start = call.arguments.count > 1 ? try call.integer(1) : 0
    let end = call.arguments.count > 2 ? try call.integer(2) : count
    for limit in [start, end] where limit < 0 || limit > count {
      throw TemplateFault("index out of range: \(limit)")
    }
    guard start <= end else { throw TemplateFault("invalid slice index: \(start) > \(end)") }
    guard case .text = call.arguments[0] else { return .list(Array(items[start..<end])) }
    return .text(String(decoding: bytes[start..<end], as: UTF8.self))
  }

  private static func length(_ call: TemplateCall) throws(TemplateFault) -> TemplateValue {
    try call.expect(1)
    switch call.arguments[0] {
    case .text(let text): return .integer(text.utf8.count)
    case .list(let items): return .integer(items.count)
    case .map(let entries): return .integer(entries.count)
    case .object(let object):
      if let items = object.items { return .integer(items.count) }
      if let entries = object.entries { return .integer(entries.count) }
    default: break
    }
    throw TemplateFault("len of type \(call.arguments[0].typeName)")
  }
}

/// Comparison of template values: only of the same kind.
enum TemplateOrder {
  private static let incompatible = TemplateFault("incompatible types for comparison")

  static func equal(
    _ left: TemplateValue,
    _ right: TemplateValue
  ) throws(TemplateFault) -> Bool {
    switch (left, right) {
    case (.text(let left), .text(let right)): return left.hasSameBytes(as: right)
    case (.number(let left), .number(let right)): return left == right
    case (.integer(let left), .integer(let right)): return left == right
    case (.flag(let left), .flag(let right)): return left == right
    case (.span(let left), .span(let right)): return left == right
    case (.instant(let left), .instant(let right)): return left == right
    case (.none, _): return if case .none = right { true } else { false }
    case (_, .none): return false
    case (.list, _), (.map, _), (_, .list), (_, .map):
      throw TemplateFault("non-comparable type \(left.typeName)")
    default: throw incompatible
    }
  }

  static func less(
    _ left: TemplateValue,
    _ right: TemplateValue
  ) throws(TemplateFault) -> Bool {
    switch (left, right) {
    case (.text(let left), .text(let right)): left.utf8.lexicographicallyPrecedes(right.utf8)
    case (.number(let left), .number(let right)): left < right
    case (.integer(let left), .integer(let right)): left < right
    case (.span(let left), .span(let right)): left < right
    case (.flag, .flag), (.list, _), (.map, _), (.record, _), (.none, _), (.instant, _):
      throw TemplateFault("invalid type for comparison")
    default: throw incompatible
    }
  }
}
