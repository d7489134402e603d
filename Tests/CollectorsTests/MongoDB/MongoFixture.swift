// SPDX-License-Identifier: MIT
import FoundationEssentials
import Glibc
import MongoWire
import Testing

@testable import Collectors

/// Replies of replica sets in all situations, in the shared data above the package.
enum MongoFixture {
  /// The folder's path; nil, with a line that says so, where it is missing.
  static let folder: String? = {
    var folder = URL(fileURLWithPath: #filePath)
    while folder.path != "/" {
      folder.deleteLastPathComponent()
      let candidate = folder.path + "/shared/fixtures/mongodb/replies"
      if access(candidate, R_OK) == 0 { return candidate }
    }
    print("skipped: no shared/fixtures/mongodb beside the package")
    return nil
  }()

  static func document(_ path: String) throws -> BSONDocument {
    let file = URL(fileURLWithPath: try #require(folder) + "/\(path).bson")
    return try BSONDecoder().document(Array(try Data(contentsOf: file)))
  }

  /// The replies of the members that answer, by file name.
  static func replies(_ situation: String) throws -> [String: BSONDocument] {
    let path = try #require(folder) + "/\(situation)"
    var found: [String: BSONDocument] = [:]
    for file in try FileManager.default.contentsOfDirectory(atPath: path) {
      guard file.hasSuffix(".bson") else { continue }
      let name = String(file.dropLast(".bson".count))
      found[name] = try document("\(situation)/\(name)")
    }
    return found
  }

  static func views(_ situation: String) throws -> [ReplicaSetStatus] {
    try replies(situation).sorted { $0.key < $1.key }.map { try ReplicaSetStatus($0.value) }
  }
}

/// The part of `expected.json` that is compared.
struct ExpectedSet: Decodable {
  struct Wrapper: Decodable {
    let sets: [String: ExpectedSet]

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: AnyKey.self)
      var sets: [String: ExpectedSet] = [:]
      for key in container.allKeys {
        sets[key.stringValue] = try container.decode(ExpectedSet.self, forKey: key)
      }
      self.sets = sets
    }
  }

  struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  enum CodingKeys: String, CodingKey {
    case primary, term, states
    case lagSeconds = "lag_seconds"
    case majorityReachable = "majority_reachable"
    case linksDown = "links_down"
  }

  let primary: String?
  let term: Int64?
  let states: [String: Int]?
  let lagSeconds: [String: Double?]?
  let majorityReachable: Bool?
  let linksDown: [[String]]?

  static func all() throws -> [String: ExpectedSet] {
    let file = URL(fileURLWithPath: try #require(MongoFixture.folder) + "/expected.json")
    return try JSONDecoder().decode(Wrapper.self, from: try Data(contentsOf: file)).sets
  }
}
