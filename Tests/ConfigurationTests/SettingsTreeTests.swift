// SPDX-License-Identifier: MIT
import Configuration
import Testing
import YAML

@Suite struct SettingsTreeTests {
  @Test func `a file that was read is let go`() {
    weak var kept: SettingsTree?
    do {
      let tree = SettingsTree(parsing: Array("a: {b: {c: 1}}\nd: [{e: 2}]\n".utf8), file: "f")
      kept = tree
      let inner = tree.root.section("a")?.section("b")
      _ = (inner?.keys, tree.root.sections("d").map(\.keys), tree.issues)
    }
    #expect(kept == nil)
  }

  @Test func `all faults are told at once, in the order of the file`() {
    let loaded = LoadedSettings(
      """
      poll:
        interval: often
        timeot: 3s
      storage: {max_size: big, retention: 1s}
      architecture:
        tiers:
          - name: web
            needs: 5
            members: [{name: a}, {name: a, address: 192.0.2.1, guests: 1}]
      http: {listen: "*"}
      """
    )
    #expect(
      loaded.faults == [
        #"hvsmon.yml:2:13: poll.interval: must be a span of time such as 500ms, 15s, 5m, 2h or 90d, not "often""#,
        #"hvsmon.yml:3:3: poll.timeot: is not a key hvsmon knows here; did you mean "timeout"?"#,
        #"hvsmon.yml:4:21: storage.max_size: must be a size such as 64MiB or 2GiB, not "big""#,
        #"hvsmon.yml:4:37: storage.retention: must be 1h to 36500d, not 1s"#,
        #"hvsmon.yml:8:14: architecture.tiers[0].needs: must be majority or a number from 1 to the 2 members, not "5""#,
        #"hvsmon.yml:9:17: architecture.tiers[0].members[0].address: is required here: a host name or an address"#,
        #"hvsmon.yml:9:35: architecture.tiers[0].members[1].name: "a" is used twice"#,
        #"hvsmon.yml:9:58: architecture.tiers[0].members[1].guests: is not a key hvsmon knows here; did you mean "guest"?"#,
        #"hvsmon.yml:10:16: http.listen: must be ADDRESS:PORT such as 127.0.0.1:9820, not "*""#,
      ]
    )
    // What is faulty reads as its default.
    #expect(loaded.settings.poll.interval == .seconds(10))
    #expect(loaded.settings.storage.bytesMax == 4 << 30)
  }

  @Test func `a fault that is met twice is told once`() {
    let loaded = LoadedSettings("architecture: {tiers: x, entry: y}")
    #expect(loaded.faults.count == 2)
    let entry = #"{entry: [{name: s, url: "http://h/", tiers: web}]}"#
    #expect(LoadedSettings("architecture: \(entry)").faults.count == 1)
  }

  @Test func `tiers that depend on each other in a circle are refused`() {
    let loaded = LoadedSettings(
      """
      architecture:
        tiers:
          - {name: a, members: [{name: x, address: h}], depends_on: [b]}
          - {name: b, members: [{name: y, address: h}], depends_on: [c]}
          - {name: c, members: [{name: z, address: h}], depends_on: [b]}
      """
    )
    #expect(loaded.faults.count == 2)
    #expect(loaded.faults.allSatisfy { $0.contains("depends on itself") })
  }

  @Test func `a file that is not a section of keys is refused`() {
    #expect(
      LoadedSettings("[1]").faults == ["hvsmon.yml:1:1: must be a section of keys, not a list"]
    )
    #expect(LoadedSettings("~").faults == [])
  }

  @Test func `null stands for a section or value that is left out`() {
    #expect(LoadedSettings("{poll: ~, storage: null, http: {listen: , auth: ~}}").faults == [])
  }

  @Test func `a key is known once somebody asked for it`() {
    let tree = SettingsTree(parsing: Array("{a: 1, b: {c: 2}}".utf8), file: "f")
    #expect(tree.issues.map(\.key) == [])
    #expect(tree.root.keys == ["a", "b"])
    #expect(tree.issues.map(\.key) == ["a", "b"])
    #expect(tree.root.has("a"))
    let section = tree.root.section("b")
    #expect(section?.path == "b")
    #expect(section?.mark == YAMLMark(line: 1, column: 11))
    #expect(tree.issues.map(\.key) == ["b.c"])
    #expect(section?.integer("c", default: 0, in: 0...9) == 2)
    #expect(tree.issues.isEmpty)
  }

  @Test func `lists and maps of texts keep their places`() {
    let text = "{list: [a, 1, ~, [b]], map: {y: 2, x: one, z: [3]}}"
    let tree = SettingsTree(parsing: Array(text.utf8), file: "f")
    #expect(tree.root.texts("list").map(\.text) == ["a", "1"])
    let map = tree.root.textMap("map")
    #expect(map.map(\.name) == ["x", "y"])
    #expect(map.map(\.text) == ["one", "2"])
    #expect(
      tree.issues.map(\.description) == [
        "f:1:15: list: each item must be a single value, not nothing",
        "f:1:18: list: each item must be a single value, not a list",
        "f:1:47: map: z must be a single value",
      ]
    )
  }

  @Test func `flags know the words of YAML`() {
    for (word, truth) in [("true", true), ("yes", true), ("on", true), ("false", false)] {
      let tree = SettingsTree(parsing: Array("{f: \(word)}".utf8), file: "f")
      #expect(tree.root.flag("f", default: !truth) == truth)
      #expect(tree.root.flag("g", default: true))
    }
  }

  @Test func `a fault prints as file, line, column, key and message`() {
    let mark = YAMLMark(line: 3, column: 7)
    let issue = SettingsIssue(file: "f.yml", mark: mark, key: "a.b", message: "is wrong")
    #expect(issue.description == "f.yml:3:7: a.b: is wrong")
    let whole = SettingsIssue(file: "f.yml", mark: nil, key: "", message: "cannot be read")
    #expect(whole.description == "f.yml: cannot be read")
  }
}

@Suite struct PollOverrideTests {
  private static let text = """
    poll: {interval: 10s, timeout: 4s, confirm_failures: 3}
    architecture:
      tiers:
        - name: web
          nginx: {interval: 3s}
          members:
            - {name: a, address: h}
            - {name: b, address: h, interval: 1s}
            - {name: c, address: h, interval: 20s, timeout: 8s}
    """

  @Test func `a section overrides the interval, and a member overrides the section`() throws {
    let loaded = LoadedSettings(Self.text)
    let tier = try #require(loaded.declared.tiers.first?.section)
    let section = try #require(tier.section("nginx"))
    let polls = loaded.declared.polls(of: tier, in: section)
    #expect(polls.map(\.interval) == [.seconds(3), .seconds(1), .seconds(20)])
    // A timeout nobody wrote never exceeds the interval.
    #expect(polls.map(\.timeout) == [.seconds(3), .seconds(1), .seconds(8)])
    #expect(polls.map(\.confirmFailures) == [3, 3, 3])
    #expect(loaded.faults == [])
  }

  @Test func `an override out of range is a fault of its own place`() throws {
    let loaded = LoadedSettings("poll: {interval: 10s}\nnginx: {interval: 2s, timeout: 3s}")
    let section = try #require(loaded.tree.root.section("nginx"))
    _ = loaded.settings.poll.overridden(by: section)
    #expect(
      loaded.faults
        == ["hvsmon.yml:2:32: nginx.timeout: must not be longer than the interval of 2s"]
    )
  }
}
