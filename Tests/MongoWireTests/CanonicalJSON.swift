// SPDX-License-Identifier: MIT
import FoundationEssentials
import MongoWire

/// Canonical Extended JSON v2, as far as the corpus needs it.
extension BSONValue {
  /// Whether the value is what the text in Extended JSON says; Decimal128 is taken on trust.
  func isSame(as json: JSON) -> Bool {
    switch (self, json) {
    case (.string(let text), .string(let other)): return text == other
    case (.bool(let value), .bool(let other)): return value == other
    case (.null, .null): return true
    case (.array(let values), .array(let others)):
      return values.count == others.count && zip(values, others).allSatisfy { $0.isSame(as: $1) }
    case (.document(let document), .object(let others)): return document.isSame(as: others)
    case (_, .object(let object)): return isSame(as: object)
    default: return false
    }
  }

  private func isSame(as object: [String: JSON]) -> Bool {
    func text(_ key: String) -> String? { object[key]?.text }
    switch self {
    case .double(let value): return value.isSame(as: text("$numberDouble"))
    case .int32(let value): return text("$numberInt") == String(value)
    case .int64(let value): return text("$numberLong") == String(value)
    case .decimal128: return text("$numberDecimal") != nil
    case .objectID(let id): return text("$oid") == id.hex
    case .datetime(let value): return object["$date"]?["$numberLong"]?.text == String(value)
    case .binary(let binary):
      return object["$binary"]?["base64"]?.text == Data(binary.bytes).base64EncodedString()
        && object["$binary"]?["subType"]?.text.flatMap { UInt8($0, radix: 16) } == binary.subtype
    case .code(let code): return text("$code") == code && object["$scope"] == nil
    case .scopedCode(let code, let scope):
      guard case .object(let other)? = object["$scope"] else { return false }
      return text("$code") == code && scope.isSame(as: other)
    case .symbol(let symbol): return text("$symbol") == symbol
    case .undefined: return object["$undefined"] == .bool(true)
    case .minKey: return object["$minKey"] == .number(1)
    case .maxKey: return object["$maxKey"] == .number(1)
    case .regex(let pattern, let options):
      let json = object["$regularExpression"]
      return json?["pattern"]?.text == pattern && json?["options"]?.text == options
    case .pointer(let collection, let id):
      let json = object["$dbPointer"]
      return json?["$ref"]?.text == collection && json?["$id"]?["$oid"]?.text == id.hex
    case .timestamp(let moment):
      let json = object["$timestamp"]
      return json?["t"] == .number(Double(moment.seconds))
        && json?["i"] == .number(Double(moment.increment))
    default: return false
    }
  }
}

extension BSONDocument {
  func isSame(as json: JSON) -> Bool { BSONValue.document(self).isSame(as: json) }

  fileprivate func isSame(as object: [String: JSON]) -> Bool {
    elements.count == object.count
      && elements.allSatisfy { element in
        object[element.key].map { element.value.isSame(as: $0) } ?? false
      }
  }
}

extension BSONObjectID {
  var hex: String {
    func digits(_ value: some BinaryInteger, _ count: Int) -> String {
      let text = String(value, radix: 16)
      return String(repeating: "0", count: count - text.count) + text
    }
    return digits(high, 16) + digits(low, 8)
  }
}

extension Double {
  fileprivate func isSame(as text: String?) -> Bool {
    switch text {
    case "NaN": isNaN
    case "Infinity": self == .infinity
    case "-Infinity": self == -.infinity
    case let text?: Double(text)?.bitPattern == bitPattern
    case nil: false
    }
  }
}
