// SPDX-License-Identifier: MIT
import FoundationEssentials
import TestSupport
import Testing

/// `hvsmon rules` and the review of `hvsmon check`, as a person calls them.
@Suite struct RulesCommandTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func hvsmon(_ words: [String]) async throws -> (status: ChildProcess.Exit, text: String) {
    let process = try ChildProcess(ChildProcess.builtExecutable("hvsmon"), words)
    let status = try await process.waitForExit(timeout: .seconds(60))
    return (status, process.output + process.errorOutput)
  }

  private let rules = """
    groups:
      - name: g
        rules:
          - alert: Down
            expr: up == 0
            for: 2m
            labels: {severity: page}
            annotations: {summary: "{{ $labels.instance }} is down"}
    """

  private func testFile(severity: String) -> String {
    """
    rule_files: [r*.yml]
    tests:
      - name: down
        input_series: [{series: 'up{instance="a"}', values: 0x10}]
        alert_rule_test:
          - eval_time: 2m
            alertname: Down
            exp_alerts:
              - exp_labels: {instance: a, severity: \(severity)}
                exp_annotations: {summary: a is down}
    """
  }

  @Test func `tests that pass exit 0, tests that fail exit 1 and show what differs`() async throws {
    _ = try folder.write("rules.yml", rules)
    let good = try folder.write("good.yml", testFile(severity: "page"))
    let bad = try folder.write("bad.yml", testFile(severity: "info"))
    let passed = try await hvsmon(["rules", "test", good])
    #expect(passed.status == .code(0), "\(passed.text)")
    #expect(passed.text == "Unit Testing:  \(good)\n  SUCCESS: 1 tests passed\n\n")
    let failed = try await hvsmon(["rules", "test", good, bad])
    #expect(failed.status == .code(1))
    #expect(
      failed.text.contains("label severity\n            exp: \"info\"\n            got: \"page\"")
    )
    let picked = try await hvsmon(["rules", "test", bad, "--run", "^other"])
    #expect(picked.status == .code(0))
    #expect(picked.text.contains("SUCCESS: 0 of 1 tests passed"))
  }

  @Test func `a file that cannot be read exits 2, one with faults 1`() async throws {
    #expect(try await hvsmon(["rules", "test", "/nonexistent.yml"]).status == .code(2))
    let faulty = try folder.write("faulty.yml", "tests: [{nome: x}]\n")
    let refused = try await hvsmon(["rules", "test", faulty])
    #expect(refused.status == .code(1))
    #expect(refused.text.contains("did you mean \"name\"?"))
    let ignored = try await hvsmon(["rules", "test", faulty, "--ignore-unknown-fields"])
    #expect(ignored.status == .code(0))
    #expect(try await hvsmon(["rules"]).status == .code(2))
    #expect(try await hvsmon(["rules", "tset"]).text.contains("did you mean \"test\"?"))
    #expect(try await hvsmon(["rules", "test", "--help"]).text.contains("--run"))
  }

  @Test func `a replay tells what would have been sent from the history of a store`() async throws {
    let now = Int(Date().timeIntervalSince1970) / 60 * 60
    let lines = (0..<60).map { minute in
      "up{instance=\"a\",job=\"x\"} \((20..<30).contains(minute) ? 0 : 1) \(now - 3_600 + minute * 60)"
    }
    let history = try folder.write("history.om", lines.joined(separator: "\n") + "\n# EOF\n")
    let store = folder.path + "/store.sqlite"
    let imported = try await hvsmon(["import", history, "--store", store])
    #expect(imported.status == .code(0), "\(imported.text)")
    let file = try folder.write("rules.yml", rules)
    let words = ["rules", "replay", "--since", "55m", "--store", store, file]
    let replayed = try await hvsmon(words)
    #expect(replayed.status == .code(0), "\(replayed.text)")
    #expect(
      replayed.text.contains("Down {instance=\"a\", job=\"x\", severity=\"page\"}  for 8m, value 0")
    )
    #expect(replayed.text.contains("    a is down\n"))
    let json = try await hvsmon(words + ["--json"])
    #expect(
      json.text.contains("\"fired\":1,\"onlyPending\":0,\"longestSeconds\":480.0"),
      "\(json.text)"
    )
    #expect(try await hvsmon(["rules", "replay", file]).status == .code(2))
  }

  @Test func `check reviews rules and names the nearest metric that is known`() async throws {
    let file = try folder.write(
      "rules.yml",
      rules.replacing("up == 0", with: "nginx_connections_activ > 5")
    )
    let check = try await hvsmon(["check", file])
    #expect(check.status == .code(0))
    #expect(check.text.contains("did you mean \"nginx_connections_active\"?"), "\(check.text)")
    #expect(check.text.contains("no annotation `runbook_url`: Down"))
  }
}
