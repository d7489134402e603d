// SPDX-License-Identifier: MIT
import Architecture
import Configuration
import MetricModel
import Testing

@Suite struct BackupSettingsTests {
  @Test func `declared backups are read with what they leave open`() throws {
    let loaded = LoadedSettings(
      """
      architecture:
        backups:
          - {guests: [100-102], schedule: "mon..fri", keep_last: 5, mode: snapshot, storage: nas}
          - {name: weekly, guests: [200, 103-104], schedule: "sun 3:00", run_allowance: 30m}
      """
    )
    #expect(loaded.faults == [])
    let backups = loaded.settings.cluster.backups
    #expect(backups.map(\.name) == ["mon..fri 00:00", "weekly"])
    #expect(backups.map(\.guests) == [[100, 101, 102], [103, 104, 200]])
    #expect(backups[0].keepLast == 5 && backups[0].mode == .snapshot && backups[0].storage == "nas")
    #expect(backups[1].keepLast == nil && backups[1].mode == nil && backups[1].storage == nil)
    #expect(backups.map(\.runAllowance) == [.seconds(600), .seconds(1_800)])
    #expect(loaded.declared.backups == backups)
    #expect(loaded.settings.cluster.timeZone == .utc)
  }

  @Test func `the zone is read through the environment, by its name`() {
    let zone: [UInt8] =
      Array("TZif".utf8) + [UInt8](repeating: 0, count: 16)
      + [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 4]
      + [0, 0, 0x0e, 0x10, 0, 0, 65, 66, 67, 0]
    let environment = SettingsEnvironment(
      readFile: { _ throws(SettingsEnvironment.Unreadable) in
        throw SettingsEnvironment.Unreadable(reason: "no such file")
      },
      variable: { _ in nil },
      readTimeZone: { name throws(SettingsEnvironment.Unreadable) in
        guard name != "Bad/Zone" else { return Array("nonsense".utf8) }
        guard name == "Test/Zone" else {
          throw SettingsEnvironment.Unreadable(reason: "no such zone")
        }
        return zone
      }
    )
    let good = LoadedSettings("cluster: {timezone: Test/Zone}", environment: environment)
    #expect(good.faults == [])
    #expect(good.settings.cluster.timeZone.name == "Test/Zone")
    #expect(good.declared.timeZone.offsetSeconds(at: .epoch) == 3_600)
    let bad = LoadedSettings("cluster: {timezone: Bad/Zone}", environment: environment)
    #expect(
      bad.faults == [
        "hvsmon.yml:1:21: cluster.timezone: Bad/Zone cannot be read from this machine's time zones: "
          + "it is not a zone file"
      ]
    )
  }

  @Test func `all faults of a backup are told at once`() {
    let loaded = LoadedSettings(
      """
      architecture:
        backups:
          - {guests: [99, x], schedule: "mo", keep_last: many, mode: fast, storage: "", extra: 1}
      """
    )
    #expect(loaded.faults.count == 7)
    #expect(loaded.settings.cluster.backups.isEmpty)
  }
}
