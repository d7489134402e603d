// SPDX-License-Identifier: MIT
import MetricModel

/// Reads parts from JSON; what is absent, or of another type, is as if it were null.
///
/// Fields come in the order in which they were written, so each is most often where the one before
/// ended: no tree of the text is made, for views read one every second.
struct SnapshotReader: FieldVisiting {
  /// The object that is being read.
  private struct Scope {
    /// The name of its first member, or its end.
    let start: Int
    /// The name of the member behind the one that was read last, or the object's end.
    var next: Int
    /// Lists and objects it is in, itself counted.
    let depth: Int
    /// A field that is absent stays as it is.
    let keepsAbsent: Bool
    /// The names of all members, and where their values begin; found when they are needed.
    var places: [(name: String, place: Int)]?
    /// Behind its end, once that was found.
    var end: Int?
  }

  private var json: JSONReader
  private var scope = Scope(start: 0, next: 0, depth: 0, keepsAbsent: false)
  /// The first fault; after it, nothing is found any more.
  private var fault: JSONError?
  /// Rows are alike: a list is most often as long as the one before.
  private var lastCount = 0

  private init(_ json: JSONReader) {
    self.json = json
  }

  /// Hands out a reader of one object that fills the whole text.
  ///
  /// - Parameters:
  ///   - text: The JSON.
  ///   - keepsAbsent: Fields that are absent stay as they are, and a list may be written as those of
  ///     its rows that changed, by their places.
  ///   - read: Visits with the reader.
  /// - Throws: What is wrong with the text; nothing that was read of it counts then.
  static func read(
    _ text: [UInt8],
    keepsAbsent: Bool = false,
    _ read: (inout SnapshotReader) -> Void
  ) throws(JSONError) {
    let fault = JSONReader.scan(text) { json -> JSONError? in
      var reader = SnapshotReader(json)
      reader.json.skipBlanks()
      if reader.json.next == UInt8(ascii: "{") {
        reader.object(keepsAbsent: keepsAbsent, read)
      } else {
        reader.attempt { json throws(JSONError) in try json.skip(depth: 0) }
        if reader.fault == nil { read(&reader) }
      }
      reader.attempt { json throws(JSONError) in try json.end() }
      return reader.fault
    }
    if let fault { throw fault }
  }

  mutating func text(_ name: String, _ value: inout String) {
    take(name, &value, absent: "") { $0.string ?? "" }
  }

  mutating func text(_ name: String, _ value: inout String?) {
    take(name, &value, absent: nil) { $0.string }
  }

  mutating func number(_ name: String, _ value: inout Double?) {
    take(name, &value, absent: nil) { $0.double }
  }

  mutating func number(_ name: String, _ value: inout Int?) {
    take(name, &value, absent: nil) { $0.int.flatMap { Int(exactly: $0) } }
  }

  mutating func number(_ name: String, _ value: inout Int) {
    take(name, &value, absent: 0) { $0.int.flatMap { Int(exactly: $0) } ?? 0 }
  }

  mutating func flag(_ name: String, _ value: inout Bool?) {
    take(name, &value, absent: nil) { $0.bool }
  }

  mutating func time(_ name: String, _ value: inout Timestamp?) {
    take(name, &value, absent: nil) { $0.string.flatMap { Timestamp(rfc3339: $0) } }
  }

  mutating func word<Word: RawRepresentable>(
    _ name: String,
    _ value: inout Word,
    else standard: Word
  ) where Word.RawValue == String {
    take(name, &value, absent: standard) { $0.string.flatMap { Word(rawValue: $0) } ?? standard }
  }

  mutating func texts(_ name: String, _ value: inout [String]) {
    take(name, &value, absent: []) { $0.items.compactMap(\.string) }
  }

  mutating func numbers(_ name: String, _ value: inout [Double?]) {
    guard find(name) else {
      if !scope.keepsAbsent { value = [] }
      return
    }
    value = []
    value.reserveCapacity(lastCount)
    items { reader in value.append(reader.tree().double) }
    lastCount = value.count
    endMember()
  }

  mutating func part<Part: SnapshotPart>(_ name: String, _ value: inout Part?) {
    guard find(name) else {
      if !scope.keepsAbsent { value = nil }
      return
    }
    value = json.next == UInt8(ascii: "n") ? nil : Part()
    if json.next == UInt8(ascii: "{") {
      value = part()
    } else {
      skip()
    }
    endMember()
  }

  mutating func parts<Part: SnapshotPart>(_ name: String, _ value: inout [Part]) {
    guard find(name) else {
      if !scope.keepsAbsent { value = [] }
      return
    }
    if scope.keepsAbsent, json.next == UInt8(ascii: "{") {
      changedParts(&value)
    } else {
      value = []
      items { reader in value.append(reader.part()) }
    }
    endMember()
  }

  /// Reads an object whose names are the places of rows in a list.
  private mutating func changedParts<Part: SnapshotPart>(_ value: inout [Part]) {
    _ = json.pass("{")
    members { reader, name in
      guard let place = Int(name), value.indices.contains(place) else {
        reader.fault = reader.json.fault("a row that changed but is not known")
        return
      }
      value[place] = reader.part()
    }
  }

  private mutating func part<Part: SnapshotPart>() -> Part {
    var part = Part()
    json.skipBlanks()
    if json.next == UInt8(ascii: "{") {
      object { reader in part.visit(&reader) }
    } else {
      skip()
    }
    return part
  }

  private mutating func take<Value>(
    _ name: String,
    _ value: inout Value,
    absent: Value,
    _ read: (JSONTree) -> Value
  ) {
    guard find(name) else {
      if !scope.keepsAbsent { value = absent }
      return
    }
    value = read(tree())
    endMember()
  }
}

/// Passing through the text.
extension SnapshotReader {
  private mutating func attempt(_ read: (inout JSONReader) throws(JSONError) -> Void) {
    guard fault == nil else { return }
    do throws(JSONError) {
      try read(&json)
    } catch {
      fault = error
    }
  }

  private mutating func tree() -> JSONTree {
    var tree = JSONTree.null
    let depth = scope.depth
    attempt { json throws(JSONError) in tree = try json.value(depth: depth) }
    return tree
  }

  private mutating func skip() {
    let depth = scope.depth
    attempt { json throws(JSONError) in try json.skip(depth: depth) }
  }

  /// Goes to the value of a member; false when there is none of that name.
  private mutating func find(_ name: String) -> Bool {
    guard fault == nil, scope.depth > 0 else { return false }
    json.position = scope.next
    if json.pass(name: name) {
      json.skipBlanks()
      return true
    }
    if scope.places == nil { listMembers() }
    guard fault == nil, let found = scope.places?.first(where: { $0.name == name }) else {
      return false
    }
    json.position = found.place
    json.skipBlanks()
    return true
  }

  /// Reads on to the next member's name.
  private mutating func endMember() {
    attempt { json throws(JSONError) in
      json.skipBlanks()
      if json.pass(",") {
        json.skipBlanks()
        guard json.next == UInt8(ascii: "\"") else { throw json.fault("not the name of a member") }
      } else if json.next != UInt8(ascii: "}") {
        throw json.fault("neither a comma nor the end of the object")
      }
    }
    scope.next = json.position
  }

  private mutating func listMembers() {
    var places: [(name: String, place: Int)] = []
    json.position = scope.start
    members { reader, name in
      places.append((name, reader.json.position))
      reader.skip()
    }
    scope.places = places
    scope.end = json.position
  }

  /// Goes through the members from the position on, and behind the end of the object.
  private mutating func members(_ read: (inout SnapshotReader, String) -> Void) {
    json.skipBlanks()
    while fault == nil, !json.pass("}") {
      var name = ""
      attempt { json throws(JSONError) in name = try json.name() }
      guard fault == nil else { return }
      read(&self, name)
      passComma(before: "}")
    }
  }

  /// Goes through the items of a list; anything else has none.
  private mutating func items(_ read: (inout SnapshotReader) -> Void) {
    json.skipBlanks()
    guard json.pass("[") else { return skip() }
    json.skipBlanks()
    while fault == nil, !json.pass("]") {
      read(&self)
      passComma(before: "]")
    }
  }

  /// Passes over the comma between two items; the end stays to be passed.
  private mutating func passComma(before end: Unicode.Scalar) {
    attempt { json throws(JSONError) in
      json.skipBlanks()
      if json.next == UInt8(ascii: end) { return }
      guard json.pass(",") else { throw json.fault("neither a comma nor the end") }
      json.skipBlanks()
      if json.next == UInt8(ascii: end) { throw json.fault("nothing after a comma") }
    }
  }

  /// Reads an object, of which the opening brace comes next.
  private mutating func object(
    keepsAbsent: Bool = false,
    _ read: (inout SnapshotReader) -> Void
  ) {
    guard scope.depth < JSONReader.depthMax else {
      fault = fault ?? json.fault("deeper than \(JSONReader.depthMax) levels")
      return
    }
    let outer = scope
    _ = json.pass("{")
    json.skipBlanks()
    let start = json.position
    scope = Scope(start: start, next: start, depth: outer.depth + 1, keepsAbsent: keepsAbsent)
    read(&self)
    if let end = scope.end {
      json.position = end
    } else {
      // What comes behind the last field is not known here.
      json.position = scope.next
      members { reader, _ in reader.skip() }
    }
    scope = outer
  }
}
