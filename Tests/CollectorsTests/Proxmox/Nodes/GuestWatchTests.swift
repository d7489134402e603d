// SPDX-License-Identifier: MIT
import MetricModel
import Polling
import Testing

@testable import Collectors

@Suite struct GuestWatchTests {
  private func at(_ seconds: Int64) -> Timestamp { Timestamp(unixMilliseconds: seconds * 1_000) }

  private func live(_ states: [String: String], kind: String = "lxc") -> LiveGuests {
    let rows = states.map { id, state in
      JSONTree.object([.init("vmid", .text(id)), .init("status", .text(state))])
    }
    return LiveGuests(.list(rows), kind: kind)
  }

  /// Whether a regular poll then would ask for the guests.
  private func isOn(_ watch: GuestWatch, at seconds: Int64) -> Bool {
    var copy = watch
    return copy.begin(at: at(seconds), isAsked: false) { [] }
  }

  @Test func `it begins with a question and ends a minute after the last`() {
    var watch = GuestWatch()
    #expect(!isOn(watch, at: 0))
    #expect(watch.begin(at: at(10), isAsked: true) { [] })
    watch.note(live(["100": "running", "101": "stopped"]))
    #expect(isOn(watch, at: 69) && !isOn(watch, at: 70))
    #expect(watch.begin(at: at(60), isAsked: true) { [] })
    #expect(isOn(watch, at: 119) && !isOn(watch, at: 120))
  }

  @Test func `it goes on while a guest that ran does not, for at most an hour`() {
    var watch = GuestWatch()
    #expect(watch.begin(at: at(0), isAsked: true) { ["lxc/100", "lxc/101"] })
    watch.note(live(["100": "running", "101": "stopped", "102": "stopped"]))
    #expect(isOn(watch, at: 3_599) && !isOn(watch, at: 3_600))
    watch.note(live(["100": "running", "101": "running", "102": "stopped"]))
    #expect(!isOn(watch, at: 60))
  }

  @Test func `a guest seen running during the watch is missed too`() {
    var watch = GuestWatch()
    _ = watch.begin(at: at(0), isAsked: true) { [] }
    watch.note(live(["100": "running"]))
    watch.note(live(["100": "paused"]))
    watch.note(live([:], kind: "qemu"))
    #expect(isOn(watch, at: 600))
  }

  @Test func `a guest that has moved is not missed`() {
    var watch = GuestWatch()
    _ = watch.begin(at: at(0), isAsked: true) { ["lxc/100", "qemu/200"] }
    watch.note(live(["101": "running"]))
    watch.note(live(["200": "stopped"], kind: "qemu"))
    #expect(isOn(watch, at: 600))
    watch.note(live(["201": "stopped"], kind: "qemu"))
    #expect(!isOn(watch, at: 600))
  }

  @Test func `a new watch begins with what runs then`() {
    var watch = GuestWatch()
    _ = watch.begin(at: at(0), isAsked: true) { ["lxc/100"] }
    watch.note(live(["100": "stopped"]))
    _ = watch.begin(at: at(5_000), isAsked: true) { [] }
    watch.note(live(["100": "stopped"]))
    #expect(!isOn(watch, at: 5_060))
  }

  @Test func `a clock that was set back ends it`() {
    var watch = GuestWatch()
    _ = watch.begin(at: at(5_000), isAsked: true) { ["lxc/100"] }
    #expect(!isOn(watch, at: 100))
  }

  @Test func `rows become states, whatever they lack`() {
    let rows: [JSONTree] = [
      .object([
        .init("vmid", .integer(100)), .init("status", .text("running")), .init("name", .text("a")),
        .init("lock", .text("backup")),
      ]),
      .object([.init("vmid", .text("101")), .init("status", .text("paused"))]),
      .object([.init("vmid", .integer(100)), .init("status", .text("stopped"))]),
      .object([.init("vmid", .integer(102))]), .object([.init("status", .text("running"))]),
      .null, .integer(4),
    ]
    let live = LiveGuests(.list(rows), kind: "qemu")
    #expect(live.guests.map(\.id) == ["qemu/100", "qemu/101"])
    #expect(live.guests.map(\.state) == ["running", "other"])
    live.samples.expectSound()
    let metric = "hvsmon_pve_guest_live_state"
    #expect(live.samples.count(metric) == 6)
    #expect(live.samples.value(metric, ["id": "qemu/100", "name": "a", "state": "running"]) == 1)
    #expect(live.samples.value(metric, ["id": "qemu/100", "state": "stopped"]) == 0)
    #expect(live.samples.value(metric, ["id": "qemu/101", "state": "other"]) == 1)
    let lock = ["id": "qemu/100", "name": "a", "state": "backup"]
    #expect(live.samples.value("hvsmon_pve_guest_live_lock", lock) == 1)
    #expect(live.samples.count("hvsmon_pve_guest_live_lock") == 1)
    #expect(LiveGuests(.null, kind: "lxc").guests.isEmpty)
  }
}
