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

  /// Parses text.
  ///
  /// - Throws: ``YAMLError`` with the first fault: libyaml cannot go on after one.
  package init(parsing text: [UInt8]) throws(YAMLError) {
    guard text.count <= Self.textBytesMax else {
      throw YAMLError(
        mark: YAMLMark(line: 1, column: 1),
        reason: "the text is larger than \(Self.textBytesMax) bytes"
      )
    }
    var reader = EventReader(text)
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
  case alias
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

  init(_ text: [UInt8]) {
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
    let (event, mark) = first
    guard depth < YAMLDocument.depthMax else {
      throw YAMLError(mark: mark, reason: "nested deeper than \(YAMLDocument.depthMax) levels")
    }
    switch event {
    case .scalar(let text, let isQuoted):
      return YAMLNode(.scalar(text, isQuoted: isQuoted), at: mark)
    case .sequenceStart:
      return YAMLNode(.sequence(try items(depth: depth)), at: mark)
    case .mappingStart:
      return YAMLNode(.mapping(try entries(depth: depth)), at: mark)
    case .alias:
      throw YAMLError(mark: mark, reason: "aliases (*name) are not supported: write the value out")
    default:
      throw YAMLError(mark: mark, reason: "a value is missing")
    }
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
    while true {
      let (event, mark) = try next()
      switch event {
      case .mappingEnd: return entries
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

  private mutating func next() throws(YAMLError) -> (Event, YAMLMark) {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) != 0 else { throw problem }
    defer { yaml_event_delete(&event) }
    let mark = YAMLMark(
      line: event.start_mark.line + 1,
      column: event.start_mark.column + 1
    )
    switch event.type {
    case YAML_STREAM_START_EVENT: return (.streamStart, mark)
    case YAML_DOCUMENT_START_EVENT: return (.documentStart, mark)
    case YAML_DOCUMENT_END_EVENT: return (.documentEnd, mark)
    case YAML_ALIAS_EVENT: return (.alias, mark)
    case YAML_SEQUENCE_START_EVENT: return (.sequenceStart, mark)
    case YAML_SEQUENCE_END_EVENT: return (.sequenceEnd, mark)
    case YAML_MAPPING_START_EVENT: return (.mappingStart, mark)
    case YAML_MAPPING_END_EVENT: return (.mappingEnd, mark)
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
      let isQuoted = scalar.style != YAML_PLAIN_SCALAR_STYLE
      return (.scalar(String(decoding: bytes, as: UTF8.self), isQuoted: isQuoted), mark)
    default: return (.streamEnd, mark)
    }
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
