// SPDX-License-Identifier: MIT
import FoundationEssentials
import Glibc
import MongoWire
import TestSupport
import Testing

/// The folder of shared data above the package.
enum Fixtures {
  /// The folder's path; nil, with a line that says so, where it is missing.
  static let folder: String? = {
    var folder = URL(fileURLWithPath: #filePath)
    while folder.path != "/" {
      folder.deleteLastPathComponent()
      let candidate = folder.path + "/shared/fixtures/mongodb"
      if access(candidate, R_OK) == 0 { return candidate }
    }
    print("skipped: no shared/fixtures/mongodb beside the package")
    return nil
  }()

  static func bytes(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: try #require(folder) + "/" + path)))
  }

  static func json(_ path: String) throws -> JSON {
    try JSONDecoder().decode(JSON.self, from: Data(try bytes(path)))
  }

  /// The files below a folder whose names end so, in order.
  static func files(_ path: String, ending end: String) throws -> [String] {
    let folder = try #require(folder) + "/" + path
    return try FileManager.default.subpathsOfDirectory(atPath: folder)
      .filter { $0.hasSuffix(end) }.sorted().map { "\(path)/\($0)" }
  }
}

/// Any JSON value.
enum JSON: Decodable, Equatable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([JSON])
  case object([String: JSON])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSON].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSON].self))
    }
  }

  subscript(_ key: String) -> JSON? { if case .object(let all) = self { all[key] } else { nil } }
  var text: String? { if case .string(let text) = self { text } else { nil } }
  var items: [JSON] { if case .array(let items) = self { items } else { [] } }
  var isTrue: Bool { self == .bool(true) }
}

func bytes(hex: String) throws -> [UInt8] {
  var bytes: [UInt8] = []
  var digits = Array(hex.utf8)[...]
  while digits.count >= 2 {
    bytes.append(try #require(UInt8(String(decoding: digits.prefix(2), as: UTF8.self), radix: 16)))
    digits = digits.dropFirst(2)
  }
  #expect(digits.isEmpty)
  return bytes
}

extension JSON {
  init(text: String) throws {
    self = try JSONDecoder().decode(JSON.self, from: Data(text.utf8))
  }
}
