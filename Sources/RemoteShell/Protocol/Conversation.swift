// SPDX-License-Identifier: MIT

/// One connection's talk with the far side, as a value: bytes in, events out.
///
/// The far side greets with `ready` when it is `deploy/facts.sh`, or with `send` when it is an
/// account without it, which then reads the script and greets with `ready`. After that each request
/// has one answer.
struct Conversation {
  /// What the bytes meant.
  enum Event: Equatable {
    /// The script is to be sent.
    case wantsScript
    /// Requests may be sent.
    case ready
    case answered(RemoteAnswer)
  }

  private enum Stage {
    case greeting(line: [UInt8], passedBytes: Int, hasAskedForScript: Bool)
    case ready
    case answering(AnswerReader)
  }

  /// The version of requests and answers.
  static let version = "1"
  /// What may come before the greeting: a login script's words.
  static let noiseBytesMax = 64 << 10

  static func greeting(_ word: String) -> String { "hvsmon-facts \(version) \(word)" }

  /// The command for the far side's shell, whichever it is; a locked account ignores it.
  ///
  /// What comes next on its standard input is the script, of exactly `scriptBytes` bytes.
  /// `dd` reads byte for byte, where `head` may take what follows the script as well.
  static func command(scriptBytes: Int) -> String {
    "echo; echo \"\(greeting("send"))\"; "
      + "exec sh -c 'eval \"$(dd bs=1 count=\(scriptBytes) 2>/dev/null)\"'"
  }

  private var stage = Stage.greeting(line: [], passedBytes: 0, hasAskedForScript: false)

  /// The far side has greeted.
  var isOpen: Bool {
    if case .greeting = stage { false } else { true }
  }

  /// The answer to the last request has begun and is not complete.
  var isAmidAnswer: Bool {
    if case .answering(let reader) = stage { reader.hasBegun } else { false }
  }

  /// Begins a request; only when ready.
  ///
  /// - Parameters:
  ///   - commands: What is asked for.
  ///   - nonce: New for each request, 16 to 47 hexadecimal digits.
  ///   - answerBytesMax: What the answer may have.
  /// - Returns: The bytes to send.
  mutating func ask(_ commands: [RemoteCommand], nonce: String, answerBytesMax: Int) -> [UInt8] {
    stage = .answering(
      AnswerReader(nonce: nonce, sectionCount: commands.count, bytesMax: answerBytesMax)
    )
    return Array("ask \(nonce) \(commands.map(\.word).joined(separator: " "))\n".utf8)
  }

  /// Takes bytes of the far side's output.
  ///
  /// - Throws: ``RemoteShellError`` when they cannot be what they should be; the connection is of
  ///   no use then.
  mutating func receive(_ bytes: ArraySlice<UInt8>) throws(RemoteShellError) -> [Event] {
    switch stage {
    case .greeting: return try greet(bytes)
    case .ready:
      // Nobody asked: a background process of a login script, or a line that came too late.
      return []
    case .answering(var reader):
      // Taken out, so that its buffer is not copied with every piece.
      stage = .ready
      if let answer = try reader.receive(bytes) { return [.answered(answer)] }
      stage = .answering(reader)
      return []
    }
  }

  private mutating func greet(_ bytes: ArraySlice<UInt8>) throws(RemoteShellError) -> [Event] {
    guard case .greeting(var line, var passed, var hasAsked) = stage else { return [] }
    var events: [Event] = []
    for byte in bytes {
      passed += 1
      guard passed <= Self.noiseBytesMax else {
        throw .malformedAnswer(reason: "no greeting in \(Self.noiseBytesMax) bytes")
      }
      guard byte == 0x0a else {
        line.append(byte)
        continue
      }
      let text = String(decoding: line, as: UTF8.self)
      line = []
      if text == Self.greeting("ready") {
        stage = .ready
        return events + [.ready]
      }
      if text == Self.greeting("send"), !hasAsked {
        hasAsked = true
        events.append(.wantsScript)
      } else if text == Self.greeting("refused") {
        throw .requestRefused
      } else if let version = Self.otherVersion(in: text) {
        throw .factsVersion(version)
      }
    }
    stage = .greeting(line: line, passedBytes: passed, hasAskedForScript: hasAsked)
    return events
  }

  private static func otherVersion(in line: String) -> String? {
    let words = line.split(separator: " ")
    guard words.count == 3, words[0] == "hvsmon-facts", words[1] != version,
      words[1].utf8.count <= 8, words[1].utf8.allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    return String(words[1])
  }
}
