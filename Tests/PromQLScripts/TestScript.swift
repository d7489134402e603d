// SPDX-License-Identifier: MIT
import MetricModel

/// A command of a script.
package enum ScriptCommand {
  case clear
  /// Histograms are also made of the classic buckets when `makesHistograms`.
  case load(step: Duration, [SeriesLine], makesHistograms: Bool)
  case evaluate(ScriptEvaluation)
}

/// A line of a script that cannot be read.
package struct ScriptFault {
  /// The line, from 1.
  package let line: Int
  /// What is wrong with it.
  package let reason: String
}

/// Reads the `.test` format of PromQL scripts.
package struct TestScript {
  /// What can be read, in the order of the text.
  package private(set) var commands: [ScriptCommand] = []
  /// What cannot.
  package private(set) var faults: [ScriptFault] = []

  private typealias Lines = ArraySlice<(number: Int, text: String)>

  /// Reads a whole script; faulty lines are left out and listed.
  package init(_ text: String) {
    var block: [(number: Int, text: String)] = []
    // By bytes: "\r\n" is one character to Swift.
    let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, bytes) in lines.enumerated() {
      let line = String(decoding: bytes, as: UTF8.self).trimmingBlanks
      if line.isEmpty || line.hasPrefix("#") {
        add(block)
        block = []
      } else {
        block.append((index + 1, line))
      }
    }
    add(block)
  }

  private mutating func add(_ block: [(number: Int, text: String)]) {
    var rest = block[...]
    while let (number, line) = rest.first {
      let word = line.firstWord.lowercased()
      switch word {
      case "clear":
        commands.append(.clear)
        rest = rest.dropFirst()
      case "load", "load_with_nhcb":
        addLoad(rest, makesHistograms: word != "load")
        rest = []
      case _ where Self.isEvaluation(line): rest = addEvaluation(rest)
      default:
        faults.append(ScriptFault(line: number, reason: "unknown command \"\(word)\""))
        // What belongs to it is no command either.
        rest = rest.dropFirst().drop { !Self.isEvaluation($0.text) }
      }
    }
  }

  private mutating func addLoad(_ lines: Lines, makesHistograms: Bool) {
    guard let (number, line) = lines.first else { return }
    var words = WordReader(line)
    _ = words.next()
    do throws(NotationFault) {
      let step = try words.duration()
      guard words.rest.isEmpty, step > .zero else { throw NotationFault("bad step in \(line)") }
      var series: [SeriesLine] = []
      for (number, text) in lines.dropFirst() {
        do throws(NotationFault) {
          series.append(try SeriesLine(text: text))
        } catch {
          faults.append(ScriptFault(line: number, reason: error.description))
        }
      }
      commands.append(.load(step: step, series, makesHistograms: makesHistograms))
    } catch {
      faults.append(ScriptFault(line: number, reason: error.description))
    }
  }

  /// Reads an `eval` and what is expected of it; returns the lines behind them.
  private mutating func addEvaluation(_ lines: Lines) -> Lines {
    guard let (number, line) = lines.first else { return [] }
    var rest = lines.dropFirst()
    var place = number
    do throws(NotationFault) {
      var evaluation = try ScriptEvaluation(line, line: number)
      while let (next, text) = rest.first, !Self.isEvaluation(text) {
        place = next
        rest = rest.dropFirst()
        guard try evaluation.expect(text) else { break }
      }
      commands.append(.evaluate(evaluation))
      return rest
    } catch {
      faults.append(ScriptFault(line: place, reason: error.description))
      return rest.drop { !Self.isEvaluation($0.text) }
    }
  }

  private static func isEvaluation(_ line: String) -> Bool {
    var words = WordReader(line)
    let command = words.next().lowercased()
    guard command == "eval" || command.hasPrefix("eval_") else { return false }
    return ["instant", "range"].contains(words.next().lowercased())
  }
}
