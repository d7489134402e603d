// SPDX-License-Identifier: MIT

/// One connection's talk as `deploy/facts.sh` of a locked account holds it: bytes in, bytes out.
struct HostConversation {
  enum Reply: Equatable {
    case nothing
    case answer([UInt8])
    /// What came is no request: the connection ends with status 64.
    case refused([UInt8])
  }

  /// No request is longer.
  static let lineBytesMax = 8_192
  /// Sections of one request.
  static let sectionsMax = 16

  static let greeting = Array("\nhvsmon-facts 1 ready\n".utf8)
  private static let refusal = Array("hvsmon-facts 1 refused\n".utf8)

  private var line: [UInt8] = []

  /// Takes bytes of the asker, and answers every whole line.
  mutating func receive(_ bytes: some Sequence<UInt8>, _ face: HostFace) -> Reply {
    var answers: [UInt8] = []
    for byte in bytes {
      guard byte == 0x0a else {
        line.append(byte)
        guard line.count <= Self.lineBytesMax else { return .refused(answers + Self.refusal) }
        continue
      }
      let words = String(decoding: line, as: UTF8.self).split(separator: " ")
      line = []
      guard let answer = Self.answer(words, face) else {
        return .refused(answers + Self.refusal)
      }
      answers += answer
    }
    return answers.isEmpty ? .nothing : .answer(answers)
  }

  /// `ask NONCE SECTION...`; nil for anything else.
  private static func answer(_ words: [Substring], _ face: HostFace) -> [UInt8]? {
    guard words.count >= 3, words[0] == "ask", (16...47).contains(words[1].utf8.count),
      words[1].utf8.allSatisfy({ "0123456789abcdef".utf8.contains($0) })
    else { return nil }
    let marker = "@@\(words[1])"
    var text = Array("\(marker) begin 1 \(face.now.wholeSeconds)\n".utf8)
    for (index, word) in words.dropFirst(2).prefix(sectionsMax).enumerated() {
      let isLarge = word.hasPrefix("nginx-") || word == "pm2"
      let bytesMax = isLarge ? 1 << 20 : 1 << 18
      text += Array("\(marker) section \(index + 1) \(bytesMax)\n".utf8)
      let section = face.section(word)
      text += section.output.prefix(bytesMax)
      text += Array("\n\(marker) end \(index + 1) \(section.status)\n".utf8)
    }
    return text + Array("\(marker) done\n".utf8)
  }
}
