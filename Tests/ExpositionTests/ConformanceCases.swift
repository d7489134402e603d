// SPDX-License-Identifier: MIT
import FoundationEssentials
import TestSupport
import Testing

/// Texts of others with their verdicts.
struct ConformanceCase: Decodable, CustomTestStringConvertible, Sendable {
  let name: String
  /// Nil where the format and its best-known reader disagree.
  let shouldParse: Bool?
  private let text: String?
  private let base64: String?

  var bytes: [UInt8] {
    if let text { return Array(text.utf8) }
    return Array(base64.flatMap { Data(base64Encoded: $0) } ?? Data())
  }

  var testDescription: String { name }

  /// The folder with the cases; says so when it is not there.
  static let folder: String? = {
    guard let path = SharedFolder.path.map({ $0 + "/conformance/exposition" }),
      FileManager.default.fileExists(atPath: path)
    else {
      print("skipped: the folder shared/conformance/exposition is missing")
      return nil
    }
    return path
  }()

  /// All cases of a file; empty when it is not there.
  static func all(_ file: String) throws -> [ConformanceCase] {
    guard let folder else { return [] }
    let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(file)"))
    return try data.split(separator: UInt8(ascii: "\n")).map {
      try JSONDecoder().decode(ConformanceCase.self, from: $0)
    }
  }

  /// Whole texts, by file name.
  static func samples() throws -> [(name: String, bytes: [UInt8])] {
    guard let folder else { return [] }
    return try FileManager.default.contentsOfDirectory(atPath: "\(folder)/samples").sorted().map {
      ($0, [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/samples/\($0)"))))
    }
  }
}
