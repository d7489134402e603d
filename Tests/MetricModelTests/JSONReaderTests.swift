// SPDX-License-Identifier: MIT
import MetricModel
import TestSupport
import Testing

@Suite struct JSONReaderTests {
  private func read(_ text: String) throws -> JSONTree { try JSONReader.read(Array(text.utf8)) }

  @Test func `every kind of value is read`() throws {
    let tree = try read(
      " {\"a\":[1,-2.5,1e3,true,false,null],\"b\":{},\"c\":[],\"d\":\"x\",\"\":9223372036854775808} "
    )
    #expect(
      tree["a"]?.items == [
        .integer(1), .number(-2.5), .number(1_000), .flag(true), .flag(false), .null,
      ]
    )
    #expect(tree["b"] == .object([]) && tree["c"] == .list([]) && tree["d"] == .text("x"))
    #expect(tree[""] == .number(9_223_372_036_854_775_808))
    #expect(tree["none"] == nil && tree.members.count == 5)
  }

  @Test(arguments: [
    ("\"\\u00e4\\n\\\\\\/\\\"\\b\\f\\r\\t\"", "ä\n\\/\"\u{8}\u{c}\r\t"),
    ("\"\\ud83d\\ude00!\"", "😀!"), ("\"\\ud83d\"", "\u{fffd}"), ("\"\\ude00x\"", "\u{fffd}x"),
    ("\"\\ud83d\\u0041\"", "\u{fffd}A"), ("\"\\ud83d\\n\"", "\u{fffd}\n"), ("\"é\"", "é"),
  ])
  func `escapes become characters`(text: String, expected: String) throws {
    #expect(try read(text) == .text(expected))
  }

  @Test(arguments: [
    ("", 0), ("  ", 2), ("{", 1), ("[1,]", 3), ("[1 2]", 3), ("{\"a\"}", 4), ("{\"a\":1,}", 7),
    ("{a:1}", 1), ("01", 1), ("1.", 2), ("1e", 2), ("-", 0), ("+1", 0), (".5", 0), ("nul", 0),
    ("nullx", 4), ("\"abc", 4), ("\"a\nb\"", 2), ("\"\\x\"", 2), ("\"\\u12g4\"", 5), ("[", 1),
    ("[1", 2), ("{} {}", 3), ("NaN", 0), ("'a'", 0),
  ])
  func `what is no JSON is refused with its place`(text: String, offset: Int) {
    do {
      let tree = try read(text)
      Issue.record("read as \(tree)")
    } catch let error as JSONError {
      #expect(error.offset == offset, "\(error)")
      #expect(error.description.hasPrefix("byte \(offset): "))
    } catch {
      Issue.record(error)
    }
  }

  @Test func `nesting is read to its limit and not beyond`() throws {
    let deepest = JSONReader.depthMax
    let good = String(repeating: "[", count: deepest) + String(repeating: "]", count: deepest)
    _ = try read(good)
    #expect(throws: JSONError.self) { try read("[" + good + "]") }
    #expect(throws: JSONError.self) { try read(String(repeating: "{\"a\":", count: 100_000)) }
  }

  @Test func `a value is understood in whatever type it was written`() throws {
    let tree = try read(
      "[1,1.0,\"1\",true,1.5,\"1.5\",null,\"\",\"nan\",\"inf\",1e999,-1e30,[],{},\"x\",\"true\"]"
    )
    let values = tree.items
    #expect(values.prefix(4).map(\.int) == [1, 1, 1, 1])
    #expect(values.prefix(6).map(\.double) == [1, 1, 1, 1, 1.5, 1.5])
    #expect(values[4].int == nil && values[5].int == nil && values[11].int == nil)
    #expect(values[6...10].allSatisfy { $0.double == nil && $0.int == nil })
    #expect(values.prefix(4).map(\.bool) == [true, true, true, true])
    #expect(values[15].bool == true && values[14].bool == nil && values[7].bool == nil)
    #expect(values[0].string == "1" && values[4].string == "1.5" && values[7].string == nil)
    #expect(values[12].string == nil && values[13].double == nil && values[10].string == nil)
    #expect(values[0].items.isEmpty && values[0].members.isEmpty && values[0]["a"] == nil)
  }

  @Test func `a text that breaks off anywhere is refused`() throws {
    let text = Array("{\"data\":[{\"a\":-1.5e3,\"b\":\"x\\u00e4\\n\",\"c\":[true,null]}]}".utf8)
    _ = try JSONReader.read(text)
    for count in 0..<text.count {
      #expect(throws: JSONError.self) { try JSONReader.read(Array(text.prefix(count))) }
    }
  }

  @Test func `numbers are read as exactly as the language reads them`() throws {
    var random = SystemRandomNumberGenerator()
    var texts = [
      "0.1", "-0.0", "0.000000000000001", "123456789012345", "1234567890123456", "0.5e3",
      "-9223372036854775808", "9223372036854775808", "99999999999999.9", "999999999999.9999",
      "0.30000000000000004", "5e-324", "12345678901234567890123456789012345678901234567890.25",
    ]
    for _ in 0..<2_000 {
      let whole = Int64.random(in: -99_999_999...99_999_999, using: &random)
      let decimals = Int64.random(in: 0...9_999_999, using: &random)
      texts.append("\(whole).\(decimals)")
    }
    for text in texts {
      let tree = try JSONReader.read(Array(text.utf8))
      #expect(tree.double?.bitPattern == Double(text)?.bitPattern, "\(text)")
      if let whole = Int64(text) { #expect(tree == .integer(whole)) }
    }
  }

  @Test(arguments: [
    #"{"a\u0062":[1,{"c":"\"]"},[]],"d":{}}"#, #""\ud83d\ude00""#, "[[[]]]", "-1.5e3", "null",
    #"{"a":1,}"#, #"{"a"}"#, "[1,]", "[1 2]", #""\x""#, "tru", "01", #"{"a":"b}"#, "[", "{", "",
  ])
  func `what is passed over is read with the same strictness`(_ text: String) {
    func skip(_ text: [UInt8]) throws(JSONError) {
      let fault = JSONReader.scan(text) { reader -> JSONError? in
        do throws(JSONError) {
          try reader.skip(depth: 0)
          try reader.end()
          return nil
        } catch {
          return error
        }
      }
      if let fault { throw fault }
    }
    for length in 0...text.utf8.count {
      let part = Array(text.utf8.prefix(length))
      let isRead = (try? JSONReader.read(part)) != nil
      #expect(((try? skip(part)) != nil) == isRead, "\(text.prefix(length))")
    }
  }

  @Test func `random and damaged bytes never trap`() {
    var random = SeededRandom(seed: 7)
    let good = Array("{\"data\":[{\"id\":\"lxc/1\",\"cpu\":0.5,\"n\":[1,2,{\"x\":null}]}]}".utf8)
    let alphabet = Array("{}[]\":,\\u0123456789.eE+-truefalsn \n".utf8)
    var readable = 0
    for round in 0..<20_000 {
      var bytes: [UInt8]
      if round % 2 == 0 {
        bytes = good
        for _ in 0...Int.random(in: 0...3, using: &random) {
          bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(
            in: 0...255,
            using: &random
          )
        }
      } else {
        bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
          alphabet.randomElement(using: &random) ?? 0
        }
      }
      do {
        _ = try JSONReader.read(bytes)
        readable += 1
      } catch {
        #expect((0...bytes.count).contains(error.offset))
      }
    }
    #expect(readable > 0 && readable < 20_000)
  }
}
