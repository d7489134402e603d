// SPDX-License-Identifier: MIT

/// Reads one answer from bytes that come in pieces of any size.
///
/// A marker counts only at the start of a line and with this request's nonce, which the far side
/// knows no sooner than it is asked; what a section quotes cannot pass for one.
struct AnswerReader {
  private enum Stage {
    case beginning
    /// Between two sections.
    case between
    /// In the output of a section, which began at `start`; up to `searched` there is no marker.
    case inside(limit: Int, start: Int, searched: Int)
  }

  private let marker: String
  private let sectionCount: Int
  private let bytesMax: Int
  private var bytes: [UInt8] = []
  private var position = 0
  private var stage = Stage.beginning
  private var unixSeconds: Int64 = 0
  private var sections: [RemoteSection] = []

  /// Waits for the answer to a request.
  ///
  /// - Parameters:
  ///   - nonce: The request's.
  ///   - sectionCount: How many sections were asked for.
  ///   - bytesMax: What the whole answer may have, markers included.
  init(nonce: String, sectionCount: Int, bytesMax: Int) {
    marker = "@@\(nonce) "
    self.sectionCount = sectionCount
    self.bytesMax = bytesMax
  }

  /// The answer has begun.
  var hasBegun: Bool {
    if case .beginning = stage { false } else { true }
  }

  /// Takes the next bytes.
  ///
  /// - Returns: The answer, once it is complete.
  /// - Throws: ``RemoteShellError/malformedAnswer(reason:)``, `outputTooLarge` or `requestRefused`.
  mutating func receive(_ new: some Collection<UInt8>) throws(RemoteShellError) -> RemoteAnswer? {
    bytes.append(contentsOf: new)
    guard bytes.count <= bytesMax else {
      throw .outputTooLarge(.output, limitBytes: bytesMax)
    }
    while true {
      switch stage {
      case .beginning:
        guard let line = takeLine() else { return nil }
        try begin(line)
      case .between:
        guard let line = takeLine() else { return nil }
        if line == marker + "done" {
          guard sections.count == sectionCount else { throw fault("a section is missing") }
          return RemoteAnswer(unixSeconds: unixSeconds, sections: sections)
        }
        try open(line)
      case .inside(let limit, let start, let searched):
        guard try close(limit: limit, start: start, searched: searched) else { return nil }
      }
    }
  }

  /// Lines before the answer are not ours: a login script's, for instance.
  private mutating func begin(_ line: String) throws(RemoteShellError) {
    if line == Conversation.greeting("refused") { throw .requestRefused }
    guard let words = words(of: line, after: "begin") else { return }
    guard words.count == 2, words[0] == Conversation.version, let seconds = Int64(words[1]) else {
      throw fault("the beginning")
    }
    unixSeconds = seconds
    stage = .between
  }

  private mutating func open(_ line: String) throws(RemoteShellError) {
    guard let words = words(of: line, after: "section"), words.count == 2,
      sections.count < sectionCount, Int(words[0]) == sections.count + 1,
      let limit = Int(words[1]), limit > 0
    else { throw fault("what follows section \(sections.count)") }
    stage = .inside(limit: limit, start: position, searched: position)
  }

  /// Looks for the end of the open section; false when it has not come yet.
  private mutating func close(
    limit: Int,
    start: Int,
    searched: Int
  ) throws(RemoteShellError) -> Bool {
    // The line end before the marker is the marker's: a section's output may end without one.
    let ending = Array("\n\(marker)end ".utf8)
    guard let end = bytes.firstIndex(of: ending, from: searched) else {
      let next = max(searched, bytes.count - ending.count + 1)
      stage = .inside(limit: limit, start: start, searched: next)
      return false
    }
    stage = .inside(limit: limit, start: start, searched: end)
    position = end + 1
    guard let line = takeLine() else { return false }
    guard let words = words(of: line, after: "end"), words.count == 2,
      Int(words[0]) == sections.count + 1, let status = Int(words[1]), (0...255).contains(status)
    else { throw fault("the end of section \(sections.count + 1)") }
    sections.append(
      RemoteSection(status: status, output: Array(bytes[start..<end]), limit: limit)
    )
    stage = .between
    return true
  }

  /// The words after this request's marker and its verb; nil when the line is something else.
  private func words(of line: String, after verb: String) -> [Substring]? {
    let opening = marker + verb + " "
    guard line.hasPrefix(opening) else { return nil }
    return line.dropFirst(opening.count).split(separator: " ")
  }

  /// The next whole line, without its end.
  private mutating func takeLine() -> String? {
    guard let end = bytes[position...].firstIndex(of: 0x0a) else { return nil }
    defer { position = end + 1 }
    return String(decoding: bytes[position..<end], as: UTF8.self)
  }

  private func fault(_ reason: String) -> RemoteShellError { .malformedAnswer(reason: reason) }
}
