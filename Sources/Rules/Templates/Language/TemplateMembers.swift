// SPDX-License-Identifier: MIT
import MetricModel

extension TemplateValue {
  /// What `.name` gives, with arguments where it is a method.
  package func member(
    _ name: String,
    _ arguments: [TemplateValue]
  ) throws(TemplateFault) -> TemplateValue {
    switch self {
    case .map(let entries):
      try Self.refuse(arguments, for: name)
      return entries[name] ?? .text("")
    case .record(let fields):
      if let field = fields[name] {
        try Self.refuse(arguments, for: name)
        return field
      }
    case .object(let object):
      if let member = try object.member(name, arguments) { return member }
    case .instant(let instant):
      if let member = try Self.member(of: instant, name, arguments) { return member }
    case .span(let span):
      if let member = Self.member(of: span, name) {
        try Self.refuse(arguments, for: name)
        return member
      }
    case .none: throw TemplateFault("no value; no entry for \"\(name)\"")
    default: break
    }
    throw TemplateFault("can't evaluate field \(name) in type \(typeName)")
  }

  private static func refuse(
    _ arguments: [TemplateValue],
    for name: String
  ) throws(TemplateFault) {
    guard arguments.isEmpty else {
      throw TemplateFault("\(name) has arguments but cannot be invoked as function")
    }
  }

  private static func member(
    of instant: Timestamp,
    _ name: String,
    _ arguments: [TemplateValue]
  ) throws(TemplateFault) -> TemplateValue? {
    if name == "Format" {
      guard arguments.count == 1, case .text(let layout) = arguments[0], layout.utf8.count < 256
      else { throw TemplateFault("Format needs one layout") }
      return .text(TimeText.format(instant, layout: layout))
    }
    try refuse(arguments, for: name)
    let time = CivilTime(instant)
    switch name {
    case "UTC", "Local": return .instant(instant)
    case "Unix": return .integer(Int(instant.unixSeconds.rounded(.down)))
    case "UnixMilli": return .integer(Int(instant.unixMilliseconds))
    case "Year": return .integer(time.year)
    case "Day": return .integer(time.day)
    case "Hour": return .integer(time.hour)
    case "Minute": return .integer(time.minute)
    case "Second": return .integer(time.second)
    case "YearDay": return .integer(time.dayOfYear)
    case "Month": return .text(TimeText.format(instant, layout: "January"))
    case "Weekday": return .text(TimeText.format(instant, layout: "Monday"))
    default: return nil
    }
  }

  private static func member(of span: Duration, _ name: String) -> TemplateValue? {
    switch name {
    case "Seconds": .number(span.inSeconds)
    case "Minutes": .number(span.inSeconds / 60)
    case "Hours": .number(span.inSeconds / 3_600)
    case "Milliseconds": .integer(Int(span.wholeMilliseconds))
    case "String": .text(TimeText.span(span))
    default: nil
    }
  }
}
