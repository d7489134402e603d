// SPDX-License-Identifier: MIT
import CYAML

/// The first document of a YAML text.
package struct YAMLDocument: Sendable {
  /// The most bytes that are read.
  package static let textBytesMax = 4 << 20
  /// The deepest nesting that is read.
  package static let depthMax = 64

  /// The document's value; nil when the text is empty or holds only comments.
  package let root: YAMLNode?
  /// Where a second document begins, which was not read; nil when none follows.
  package let furtherDocument: YAMLMark?

  /// The most values that aliases stand for, all together.
  package static let aliasedValuesMax = 100_000

  /// Parses text.
  ///
  /// - Parameters:
  ///   - text: The bytes, in UTF-8.
  ///   - expandsAliases: Reads `*name` as what `&name` marks, and the key `<<` as the entries of its
  ///     value; else both are refused, or an ordinary key.
  /// - Throws: ``YAMLError`` with the first fault: libyaml cannot go on after one.
  package init(parsing text: [UInt8], expandsAliases: Bool = false) throws(YAMLError) {
    guard text.count <= Self.textBytesMax else {
      throw YAMLError(
        mark: YAMLMark(line: 1, column: 1),
        reason: "the text is larger than \(Self.textBytesMax) bytes"
      )
    }
    var reader = EventReader(text, expandsAliases: expandsAliases)
    guard let first = try reader.documentStart() else {
      root = nil
      furtherDocument = nil
      return
    }
    root = try reader.node(startingWith: first, depth: 0)
    furtherDocument = try reader.nextDocument()
  }
}

/// An event of libyaml, copied.
private enum Event {
  case streamStart
  case streamEnd
  case documentStart
  case documentEnd
  case alias(String)
  case scalar(String, isQuoted: Bool)
  case sequenceStart
  case sequenceEnd
  case mappingStart
  case mappingEnd
}

/// Pulls events from libyaml; owns the parser and the text it points to.
private struct EventReader: ~Copyable {
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let buffer: UnsafeMutableBufferPointer<UInt8>
  private let expandsAliases: Bool
  private var anchors: [String: Anchored] = [:]
  /// The anchor of the last event; empty when it had none.
  private var anchor = ""
  private var valueCount = 0
  private var aliasedCount = 0

  /// What an anchor marks.
  private struct Anchored {
    let node: YAMLNode
    /// How many values it holds, itself counted, aliases expanded.
    let count: Int
    let height: Int
  }

  init(_ text: [UInt8], expandsAliases: Bool) {
    self.expandsAliases = expandsAliases
    parser = .allocate(capacity: 1)
    buffer = .allocate(capacity: max(text.count, 1))
    _ = buffer.initialize(from: text)
    yaml_parser_initialize(parser)
    yaml_parser_set_input_string(parser, buffer.baseAddress, text.count)
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
    buffer.deallocate()
  }

  /// The first event of the next document's root, or nil at the end of the text.
  mutating func documentStart() throws(YAMLError) -> (Event, YAMLMark)? {
    while true {
      switch try next() {
      case (.streamStart, _), (.documentStart, _): continue
      case (.streamEnd, _), (.documentEnd, _): return nil
      case let found: return found
      }
    }
  }

  /// Reads on to the end of this document; where another one begins, if there is one.
  mutating func nextDocument() throws(YAMLError) -> YAMLMark? {
    while true {
      switch try next() {
      case (.documentStart, let mark): return mark
      case (.streamEnd, _): return nil
      default: continue
      }
    }
  }

  mutating func node(
    startingWith first: (Event, YAMLMark),
    depth: Int
  ) throws(YAMLError) -> YAMLNode {
    let mark = first.1
    guard depth < YAMLDocument.depthMax else { throw Self.tooDeep(mark) }
    let (name, before) = (anchor, valueCount)
    valueCount += 1
    let node = try content(startingWith: first, depth: depth)
    if expandsAliases, !name.isEmpty {
      let height = node.height
      anchors[name] = Anchored(node: node, count: valueCount - before, height: height)
    }
    return node
  }

  private static func tooDeep(_ mark: YAMLMark) -> YAMLError {
    YAMLError(mark: mark, reason: "nested deeper than \(YAMLDocument.depthMax) levels")
  }

  private mutating func content(
    startingWith first: (Event, YAMLMark),
    depth: Int
  ) throws(YAMLError) -> YAMLNode {
    let (event, mark) = first
    switch event {
    case .scalar(let text, let isQuoted):
      return YAMLNode(.scalar(text, isQuoted: isQuoted), at: mark)
    case .sequenceStart:
      return YAMLNode(.sequence(try items(depth: depth)), at: mark)
    case .mappingStart:
      return YAMLNode(.mapping(try entries(depth: depth)), at: mark)
    case .alias(let name): return try aliased(name, at: mark, depth: depth)
    default:
      throw YAMLError(mark: mark, reason: "a value is missing")
    }
  }

  /// What an alias stands for; bounded, as aliases of aliases multiply.
  private mutating func aliased(
    _ name: String,
    at mark: YAMLMark,
    depth: Int
  ) throws(YAMLError) -> YAMLNode {
    guard expandsAliases else {
      throw YAMLError(mark: mark, reason: "aliases (*name) are not supported: write the value out")
    }
    guard let anchored = anchors[name] else {
      throw YAMLError(mark: mark, reason: "nothing before it is marked &\(name)")
    }
    guard depth + anchored.height <= YAMLDocument.depthMax else { throw Self.tooDeep(mark) }
    aliasedCount += anchored.count
    guard aliasedCount <= YAMLDocument.aliasedValuesMax else {
      let limit = YAMLDocument.aliasedValuesMax
      throw YAMLError(mark: mark, reason: "aliases stand for more than \(limit) values")
    }
    valueCount += anchored.count - 1
    return anchored.node
  }

  private mutating func items(depth: Int) throws(YAMLError) -> [YAMLNode] {
    var items: [YAMLNode] = []
    while true {
      let event = try next()
      if case .sequenceEnd = event.0 { return items }
      items.append(try node(startingWith: event, depth: depth + 1))
    }
  }

  private mutating func entries(depth: Int) throws(YAMLError) -> [YAMLEntry] {
    var entries: [YAMLEntry] = []
    var seen: Set<String> = []
    var merged: [YAMLEntry] = []
    while true {
      let (event, mark) = try next()
      switch event {
      case .mappingEnd:
        // What stands here itself wins over what is merged in.
        return entries + merged.filter { seen.insert($0.key).inserted }
      case .scalar("<<", isQuoted: false) where expandsAliases:
        merged += try mergedEntries(try node(startingWith: try next(), depth: depth + 1))
      case .scalar(let key, _):
        guard seen.insert(key).inserted else {
          throw YAMLError(mark: mark, reason: "the key \"\(key)\" stands twice in this section")
        }
        let value = try node(startingWith: try next(), depth: depth + 1)
        entries.append(YAMLEntry(key: key, at: mark, value: value))
      default:
        throw YAMLError(mark: mark, reason: "a key must be a single value")
      }
    }
  }

  /// The entries that a `<<` brings in: of one mapping, or of a list of them.
  private func mergedEntries(_ value: YAMLNode) throws(YAMLError) -> [YAMLEntry] {
    switch value.content {
    case .mapping(let entries): return entries
    case .sequence(let items):
      var entries: [YAMLEntry] = []
      for item in items { entries += try mergedEntries(item) }
      return entries
    case .scalar:
      throw YAMLError(mark: value.mark, reason: "<< takes a section of keys, or a list of them")
    }
  }

  private mutating func next() throws(YAMLError) -> (Event, YAMLMark) {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) != 0 else { throw problem }
    defer { yaml_event_delete(&event) }
    let mark = YAMLMark(
      line: event.start_mark.line + 1,
      column: event.start_mark.column + 1
    )
    anchor = ""
    switch event.type {
    case YAML_STREAM_START_EVENT: return (.streamStart, mark)
    case YAML_DOCUMENT_START_EVENT: return (.documentStart, mark)
    case YAML_DOCUMENT_END_EVENT: return (.documentEnd, mark)
    case YAML_ALIAS_EVENT: return (.alias(Self.text(event.data.alias.anchor)), mark)
    case YAML_SEQUENCE_START_EVENT:
      anchor = Self.text(event.data.sequence_start.anchor)
      return (.sequenceStart, mark)
    case YAML_SEQUENCE_END_EVENT: return (.sequenceEnd, mark)
    case YAML_MAPPING_START_EVENT:
      anchor = Self.text(event.data.mapping_start.anchor)
      return (.mappingStart, mark)
    case YAML_MAPPING_END_EVENT: return (.mappingEnd, mark)
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      anchor = Self.text(scalar.anchor)
      let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
      let isQuoted = scalar.style != YAML_PLAIN_SCALAR_STYLE
      return (.scalar(String(decoding: bytes, as: UTF8.self), isQuoted: isQuoted), mark)
    default: return (.streamEnd, mark)
    }
  }

  private static func text(_ name: UnsafeMutablePointer<UInt8>?) -> String {
    name.map { String(cString: $0) } ?? ""
  }

  /// What libyaml says of the fault it stopped at.
  private var problem: YAMLError {
    var reason = parser.pointee.problem.map { String(cString: $0) } ?? "not valid YAML"
    if let context = parser.pointee.context { reason += " (\(String(cString: context)))" }
    // A byte that is no text is told by its offset alone.
    guard parser.pointee.error != YAML_READER_ERROR else {
      return YAMLError(mark: mark(ofByte: parser.pointee.problem_offset), reason: reason)
    }
    let mark = parser.pointee.problem_mark
    return YAMLError(mark: YAMLMark(line: mark.line + 1, column: mark.column + 1), reason: reason)
  }

  private func mark(ofByte offset: Int) -> YAMLMark {
    let before = buffer[..<min(offset, buffer.count)]
    let line = before.count { $0 == UInt8(ascii: "\n") } + 1
    let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    let column = String(decoding: before[lineStart...], as: UTF8.self).unicodeScalars.count + 1
    return YAMLMark(line: line, column: column)
  }
}
