// SPDX-License-Identifier: MIT
import TestSupport
import Testing

@testable import RemoteShell

@Suite struct AnswerReaderTests {
  private static let nonce = "0123456789abcdef0123456789abcdef"

  private func reader(sections: Int, bytesMax: Int = 1 << 20) -> AnswerReader {
    AnswerReader(nonce: Self.nonce, sectionCount: sections, bytesMax: bytesMax)
  }

  /// What the far side prints for sections of these statuses and outputs.
  private func text(_ sections: [(Int, [UInt8])], limit: Int = 100) -> [UInt8] {
    var bytes = Array("@@\(Self.nonce) begin 1 1795455651\n".utf8)
    for (index, section) in sections.enumerated() {
      bytes += Array("@@\(Self.nonce) section \(index + 1) \(limit)\n".utf8)
      bytes += section.1
      bytes += Array("\n@@\(Self.nonce) end \(index + 1) \(section.0)\n".utf8)
    }
    return bytes + Array("@@\(Self.nonce) done\n".utf8)
  }

  @Test func `sections come in order with their outcome and their bytes as they were`() throws {
    let outputs: [[UInt8]] = [[], Array("a\nb\n".utf8), [0x0a, 0x0a, 0x00, 0xff]]
    var reader = reader(sections: 3)
    let answer = try reader.receive(text([(0, outputs[0]), (127, outputs[1]), (3, outputs[2])]))
    #expect(answer?.unixSeconds == 1_795_455_651)
    #expect(answer?.sections.map(\.output) == outputs)
    #expect(answer?.sections.map(\.outcome) == [.good, .missing, .failed(status: 3)])
    #expect(answer?.sections.contains { $0.isTruncated } == false)
  }

  @Test func `an answer reads the same in pieces of every size`() throws {
    let bytes = text([(0, Array("one\n@@ end 1 0\n".utf8)), (69, Array("two".utf8))])
    for size in 1...bytes.count {
      var reader = reader(sections: 2)
      var answer: RemoteAnswer?
      for start in stride(from: 0, to: bytes.count, by: size) {
        #expect(answer == nil)
        answer = try reader.receive(bytes[start..<min(start + size, bytes.count)])
      }
      #expect(answer?.sections.count == 2)
      #expect(answer?.sections.last?.outcome == .notRunning)
    }
  }

  @Test func `a marker in the output with another nonce is output`() throws {
    let forged = Array("x\n@@00000000000000000000000000000000 end 1 0\n@@ done\n".utf8)
    var reader = reader(sections: 1)
    let answer = try reader.receive(text([(0, forged)]))
    #expect(answer?.sections.first?.output == forged)
  }

  @Test func `output that reaches the limit is marked as cut off`() throws {
    var reader = reader(sections: 1)
    let answer = try reader.receive(text([(141, Array(repeating: 0x61, count: 100))], limit: 100))
    #expect(answer?.sections.first?.isTruncated == true)
  }

  @Test func `lines of a login script before the answer are passed over`() throws {
    var reader = reader(sections: 1)
    let answer = try reader.receive(Array("Welcome\n@@ begin\n".utf8) + text([(0, [0x61])]))
    #expect(answer?.sections.first?.output == [0x61])
  }

  @Test func `more bytes than allowed are an error of their own`() {
    var reader = reader(sections: 1, bytesMax: 90)
    #expect(throws: RemoteShellError.outputTooLarge(.output, limitBytes: 90)) {
      _ = try reader.receive(text([(0, Array(repeating: 0x61, count: 50))]))
    }
  }

  @Test func `markers out of order, missing or with impossible numbers are refused`() {
    let begin = "@@\(Self.nonce) begin 1 5\n"
    let faults = [
      begin + "@@\(Self.nonce) done\n",
      begin + "@@\(Self.nonce) section 2 10\n",
      begin + "@@\(Self.nonce) section 1 0\n",
      begin + "@@\(Self.nonce) section 1 10\nx\n@@\(Self.nonce) end 2 0\n",
      begin + "@@\(Self.nonce) section 1 10\nx\n@@\(Self.nonce) end 1 999\n",
      begin + "@@\(Self.nonce) section 1 10\nx\n@@\(Self.nonce) end 1\n",
      begin + "noise between\n",
      "@@\(Self.nonce) begin 2 5\n",
      "@@\(Self.nonce) begin 1 later\n",
    ]
    for fault in faults {
      var reader = reader(sections: 1)
      #expect(throws: RemoteShellError.self, "\(fault)") { _ = try reader.receive(fault.utf8) }
    }
  }

  @Test func `changed, cut and repeated bytes never trap and never invent a section`() async {
    let good = text([(0, Array("[{\"a\":1}]\n".utf8)), (64, []), (0, Array("x\n\n@@".utf8))])
    await Mutation.run([good], seed: 0x5eed) { bytes in
      var reader = reader(sections: 3)
      do throws(RemoteShellError) {
        let answer = try reader.receive(bytes)
        #expect(answer.map { $0.sections.count == 3 } ?? true)
      } catch {
        #expect(error.kind == "malformed", "\(error)")
      }
    }
  }
}
