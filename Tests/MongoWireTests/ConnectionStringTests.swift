// SPDX-License-Identifier: MIT
import MongoWire
import TestSupport
import Testing

@Suite struct ConnectionStringTests {
  private func read(_ text: String) -> Result<ConnectionString, ConnectionStringError> {
    Result { () throws(ConnectionStringError) in try ConnectionString(text) }
  }

  private func isSame(_ host: ConnectionString.Host, as json: JSON) -> Bool {
    let port: UInt16? = if case .number(let port)? = json["port"] { UInt16(port) } else { nil }
    let name = json["host"]?.text ?? ""
    return switch json["type"]?.text {
    case "unix": host == .socket(path: name)
    case "ip_literal": host == .address(name, port: port)
    default: host == .name(name, port: port)
    }
  }

  private func isSame(_ value: ConnectionOptions.Value?, as json: JSON) -> Bool {
    switch (value, json) {
    case (.number(let number)?, .number(let other)): Double(number) == other
    case (.bool(let value)?, .bool(let other)): value == other
    case (.text(let text)?, .string(let other)): text == other
    case (.properties(let all)?, .object(let others)):
      all.count == others.count && all.allSatisfy { others[$0.key]?.text == $0.value }
    default: false
    }
  }

  @Test(.enabled(if: Fixtures.folder != nil))
  func `the drivers' own tests come out`() throws {
    var count = 0
    for file in try Fixtures.files("connection-string", ending: ".json") {
      for test in try Fixtures.json(file)["tests"]?.items ?? [] {
        let uri = try #require(test["uri"]?.text)
        let name = test["description"]?.text ?? ""
        count += 1
        switch read(uri) {
        case .failure(let error):
          #expect(test["valid"] == .bool(false), "\(name): \(error)")
        case .success(let found):
          #expect(test["valid"] == .bool(true), "\(name)")
          #expect(test["warning"] == .bool(!found.warnings.isEmpty), "\(name): \(found.warnings)")
          let hosts = test["hosts"]?.items ?? []
          #expect(hosts.count == found.hosts.count, "\(name)")
          #expect(zip(found.hosts, hosts).allSatisfy(isSame), "\(name): \(found.hosts)")
          if let login = test["auth"], login != .null {
            #expect(found.username == login["username"]?.text, "\(name)")
            #expect(found.password == login["password"]?.text, "\(name)")
            #expect(found.database == login["db"]?.text, "\(name)")
          }
          guard case .object(let options)? = test["options"] else { continue }
          for (key, value) in options {
            #expect(isSame(found.options.values[key.lowercased()], as: value), "\(name): \(key)")
          }
        }
      }
    }
    #expect(count == 98)
  }

  @Test(.enabled(if: Fixtures.folder != nil))
  func `the logins of the drivers' own tests come out, but for other mechanisms`() throws {
    var supported = 0
    for test in try Fixtures.json("auth/connection-string.json")["tests"]?.items ?? [] {
      let uri = try #require(test["uri"]?.text)
      let name = test["description"]?.text ?? ""
      let expected = test["credential"]
      do throws(ConnectionStringError) {
        let found = try ConnectionString(uri).credential()
        #expect(test["valid"] == .bool(true), "\(name)")
        #expect((found == nil) == (expected == .null), "\(name)")
        guard let found, let expected, expected != .null else { continue }
        #expect(found.username == expected["username"]?.text ?? "", "\(name)")
        #expect(found.password == expected["password"]?.text ?? "", "\(name)")
        #expect(found.source == expected["source"]?.text, "\(name)")
        #expect(found.mechanism?.rawValue == expected["mechanism"]?.text, "\(name)")
        supported += 1
      } catch {
        if error == .unsupportedMechanism { continue }
        #expect(test["valid"] == .bool(false), "\(name): \(error)")
      }
    }
    #expect(supported >= 14)
  }

  @Test func `name service records are refused in words that say what to do`() {
    for text in ["mongodb+srv://a.example.com", "mongodb+srv://a,b", "mongodb+srv://"] {
      guard case .failure(let error) = read(text) else {
        Issue.record("\(text) is taken")
        continue
      }
      #expect(error == .needsNameService)
      #expect(error.description.contains("mongodb://"))
    }
  }

  @Test func `options that contradict each other are refused, and no password shows`() throws {
    #expect(throws: ConnectionStringError.contradictingOptions("tls and ssl")) {
      try ConnectionString("mongodb://a/?tls=true&ssl=false")
    }
    #expect(throws: Never.self) { try ConnectionString("mongodb://a/?tls=true&ssl=true") }
    let found = try ConnectionString("mongodb://u:hidden@a/?hidden=hidden&w=&tls=hidden")
    #expect(found.warnings.count == 3)
    var shown = "\(found) \(String(reflecting: found)) \(found.warnings)"
    dump(found, to: &shown)
    #expect(!shown.contains("hidden"))
    #expect(throws: ConnectionStringError.tooLong(limitBytes: 16_384)) {
      try ConnectionString("mongodb://" + String(repeating: "a", count: 16_384))
    }
  }

  @Test(.enabled(if: Fixtures.folder != nil))
  func `mutated connection strings are read or refused`() async throws {
    var originals: [[UInt8]] = []
    for file in try Fixtures.files("connection-string", ending: ".json") {
      originals +=
        try Fixtures.json(file)["tests"]?.items.compactMap { $0["uri"]?.text }
        .map { Array($0.utf8) } ?? []
    }
    var accepted = 0
    await Mutation.run(originals, seed: 5) { bytes in
      guard case .success(let found) = read(String(decoding: bytes, as: UTF8.self)) else { return }
      accepted += 1
      #expect(!found.hosts.isEmpty)
      #expect(found.username?.isEmpty != true)
      _ = Result { () throws(ConnectionStringError) in try found.credential() }
    }
    #expect(accepted > 0)
  }
}
