// SPDX-License-Identifier: MIT
import Configuration
import Testing

@Suite struct SecretTests {
  private struct Holder {
    let name = "receiver"
    let secret: Secret
    let list: [Secret]
  }

  private static let text = "correct-horse-battery"

  private func read(
    _ yaml: String,
    files: [String: String] = [:],
    variables: [String: String] = [:]
  ) -> (secret: Secret?, faults: [String]) {
    let environment = SettingsEnvironment(
      readFile: { path throws(SettingsEnvironment.Unreadable) in
        guard let text = files[path] else { throw .init(reason: "no such file") }
        return text
      },
      variable: { variables[$0] }
    )
    let tree = SettingsTree(parsing: Array(yaml.utf8), file: "f", environment: environment)
    let secret = tree.root.secret("token")
    return (secret, tree.issues.map(\.description))
  }

  @Test func `a secret stands in the file, in a file of its own, or in a variable`() {
    for found in [
      read("token: \(Self.text)"),
      read("token_file: /t", files: ["/t": Self.text]),
      read("token_env: TOKEN", variables: ["TOKEN": Self.text]),
    ] {
      #expect(found.secret?.reveal() == Self.text)
      #expect(found.faults == [])
    }
  }

  @Test(arguments: ["\n", "\r\n", "\n\n"])
  func `line ends at the end of a file are no part of the secret`(end: String) {
    #expect(read("token_file: /t", files: ["/t": " a b" + end]).secret?.reveal() == " a b")
  }

  @Test func `a secret that is not there is nil without a fault`() {
    #expect(read("").secret == nil)
    #expect(read("").faults == [])
    #expect(read("{token: null, token_file: ~}").faults == [])
    #expect(read("{token: null, token_env: T}", variables: ["T": "x"]).secret?.reveal() == "x")
  }

  @Test func `a secret spelt twice is refused`() {
    let found = read("token: \(Self.text)\ntoken_env: T", variables: ["T": "x"])
    #expect(found.secret == nil)
    #expect(found.faults == ["f:2:12: token_env: excludes token: give the secret once"])
  }

  @Test func `a secret that cannot be read or is empty is refused`() {
    #expect(read("token_file: /t").faults == ["f:1:13: token_file: cannot read /t: no such file"])
    #expect(
      read("token_env: T").faults == ["f:1:12: token_env: the environment variable T is not set"]
    )
    #expect(read("token: ''").faults == ["f:1:8: token: the secret is empty"])
    #expect(
      read("token_file: /t", files: ["/t": "\n"]).faults
        == ["f:1:13: token_file: the secret is empty"]
    )
    #expect(
      read("token_env: T", variables: ["T": ""]).faults
        == ["f:1:12: token_env: the secret is empty"]
    )
    #expect(
      read("token: [\(Self.text)]").faults == ["f:1:8: token: must be a single value, not a list"]
    )
  }

  @Test func `no way of printing shows a secret`() {
    let secret = Secret(Self.text)
    let holder = Holder(secret: secret, list: [secret])
    var dumped = ""
    dump(holder, to: &dumped)
    dump(secret, to: &dumped)
    let printed = [
      secret.description, secret.debugDescription, "\(secret)", "\(holder)",
      String(reflecting: secret), String(reflecting: holder), String(describing: holder), dumped,
      "\(Optional(secret) as Any)", "\([secret])", "\(["k": secret])", "\((1, secret))",
      String(describing: Mirror(reflecting: secret).children.map { $0 }),
    ]
    for text in printed { #expect(!text.contains("horse"), "\(text)") }
    #expect("\(secret)" == "<secret>")
    #expect(Mirror(reflecting: secret).children.isEmpty)
    #expect(secret == Secret(Self.text) && secret != Secret("other"))
  }

  @Test func `no fault of a token repeats it`() {
    let loaded = LoadedSettings(
      """
      http:
        listen: 127.0.0.1:1
        auth:
          tokens:
            - {name: a, token: horse}
            - {name: b, token: horse-horse-horse-1, token_file: /horse.file}
            - {name: a, token: [horse-horse-horse-2]}
            - {name: d, token: {horse: horse-horse-horse-3}}
      """
    )
    #expect(loaded.faults.count == 5)
    for fault in loaded.faults { #expect(!fault.contains("horse"), "\(fault)") }
    #expect(!"\(loaded.settings)".contains("horse"))
  }
}
