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

/// Changes inputs at random, from seeds that a failure names.
enum Mutation {
  /// Rounds of one mutation run.
  static let rounds: Int = {
    ProcessInfo.processInfo.environment["HVSMON_FUZZ_ROUNDS"].flatMap(Int.init) ?? 20_000
  }()

  /// Cuts, flips, overwrites, repeats or inserts, one to four times.
  static func mutated(_ original: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
    var bytes = original
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      guard !bytes.isEmpty else { return [UInt8.random(in: 0...255, using: &random)] }
      let place = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<7, using: &random) {
      case 0: bytes.removeSubrange(place...)
      case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 2: bytes[place] = UInt8.random(in: 0...255, using: &random)
      case 3: bytes[place] = [0, 0x7f, 0x80, 0xff].randomElement(using: &random) ?? 0
      case 4: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
      case 5:
        let end = min(bytes.count, place + Int.random(in: 1...16, using: &random))
        bytes.insert(contentsOf: bytes[place..<end], at: place)
      default:
        let end = min(bytes.count, place + Int.random(in: 1...8, using: &random))
        bytes.removeSubrange(place..<end)
      }
    }
    return bytes
  }

  /// Runs `check` on mutated inputs; it throws what may be thrown and traps on nothing.
  static func run(
    _ originals: [[UInt8]],
    seed: UInt64,
    _ check: ([UInt8]) throws -> Void
  ) async rethrows {
    guard !originals.isEmpty else { return }
    var random = SeededRandom(seed: seed)
    for round in 0..<rounds {
      // Tests share few threads, and others wait for real deadlines.
      if round.isMultiple(of: 100) { await Task.yield() }
      let original = originals[round % originals.count]
      try check(mutated(original, &random))
    }
  }
}

extension JSON {
  init(text: String) throws {
    self = try JSONDecoder().decode(JSON.self, from: Data(text.utf8))
  }
}
