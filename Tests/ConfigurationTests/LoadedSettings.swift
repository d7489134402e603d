// SPDX-License-Identifier: MIT
import Configuration

/// What reading a settings text came to.
struct LoadedSettings {
  let settings: Settings
  let declared: DeclaredSections
  let tree: SettingsTree

  init(_ text: String, file: String = "hvsmon.yml", environment: SettingsEnvironment = .empty) {
    tree = SettingsTree(parsing: Array(text.utf8), file: file, environment: environment)
    (settings, declared) = tree.readSettings()
  }

  var faults: [String] { tree.issues.map(\.description) }
}
