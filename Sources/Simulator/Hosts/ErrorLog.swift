// SPDX-License-Identifier: MIT
import MetricModel

/// nginx's error log on one load balancer: every byte follows from the faults, so that it can be read
/// from any place.
///
/// It is rotated at each full hour. Lines of a second are written at its end.
struct ErrorLog {
  static let path = "/var/log/nginx/error.log"
  /// What facts.sh reads of a file at once.
  static let readMax: Int64 = 1 << 20
  /// Requests that are turned away in a second of a burst.
  static let rejectedPerSecond = 40
  /// nginx leaves a server out for so long after it failed.
  private static let failTime: Int64 = 5

  /// Lines of equal length that belong to one second.
  private struct Entry {
    let second: Int64
    let count: Int
    /// What facts.sh shows of a line, and the rest, which stays on the host.
    let shown: String
    let hidden: String

    var lineBytes: Int64 { Int64(shown.utf8.count + hidden.utf8.count + 1) }
  }

  let world: SimulatedWorld
  let guest: ClusterPlan.Guest

  init(_ world: SimulatedWorld, _ guest: ClusterPlan.Guest) {
    self.world = world
    self.guest = guest
  }

  /// The section of facts.sh: lines after a place, and where they end; of inode 0 the end alone.
  func extract(inode: UInt64, offset: UInt64, at now: Timestamp) -> String {
    let hour = now.wholeSeconds / 3_600
    let entries = entries(of: hour, before: now.wholeSeconds)
    let size = Self.bytes(of: entries)
    guard inode != 0 else { return Self.position(hour, size, of: size) }
    let offset = Int64(clamping: offset)
    if inode == Self.inode(of: hour) {
      return Self.read(entries, hour, from: offset <= size ? offset : 0, size)
    }
    guard inode == Self.inode(of: hour - 1) else { return Self.read(entries, hour, from: 0, size) }
    let older = self.entries(of: hour - 1, before: hour * 3_600)
    let olderSize = Self.bytes(of: older)
    guard offset < olderSize else { return Self.read(entries, hour, from: 0, size) }
    let rest = Self.read(older, hour - 1, from: offset, olderSize)
    return olderSize - offset > Self.readMax
      ? rest : rest + Self.read(entries, hour, from: 0, size)
  }

  private static func inode(of hour: Int64) -> UInt64 { UInt64(clamping: 1_000_000 + hour) }

  private static func position(_ hour: Int64, _ offset: Int64, of size: Int64) -> String {
    "position \(inode(of: hour)) \(offset) \(size)\n"
  }

  private static func bytes(of entries: [Entry]) -> Int64 {
    entries.reduce(0) { $0 + $1.lineBytes * Int64($1.count) }
  }

  /// The whole lines after a place.
  private static func read(_ entries: [Entry], _ hour: Int64, from start: Int64, _ size: Int64)
    -> String
  {
    var text = ""
    var place: Int64 = 0
    var end = start
    for entry in entries {
      for _ in 0..<entry.count {
        defer { place += entry.lineBytes }
        guard place >= start else { continue }
        guard place + entry.lineBytes - start <= readMax else {
          return text + position(hour, end, of: size)
        }
        text += entry.shown + "\n"
        end = place + entry.lineBytes
      }
    }
    return text + position(hour, end, of: size)
  }

  // MARK: What is written

  /// What was written within an hour up to a second, which is not over.
  private func entries(of hour: Int64, before second: Int64) -> [Entry] {
    let range = hour * 3_600..<min(second, (hour + 1) * 3_600)
    return troubledSeconds(in: range).flatMap(entries(in:))
  }

  /// The seconds in which something may be written, in order.
  private func troubledSeconds(in range: Range<Int64>) -> [Int64] {
    var seconds: Set<Int64> = []
    for period in world.periods {
      var tail: Int64 = 0
      switch period.fault {
      case .requestsRejected: break
      case .nodeDown, .guestStopped, .guestMoved, .processDown:
        // What is started again is away for a little longer.
        tail = SimulatedWorld.guestStartDelay.components.seconds + 1
      default: continue
      }
      let end = period.end.map { $0.wholeSeconds + 1 + tail } ?? range.upperBound
      let first = max(range.lowerBound, period.begin.wholeSeconds)
      let last = min(range.upperBound, end)
      if first < last { seconds.formUnion(first..<last) }
    }
    return seconds.sorted()
  }

  private func entries(in second: Int64) -> [Entry] {
    let instant = Timestamp(wholeSeconds: second)
    // Only where users arrive is anything written.
    guard world.isServing(guest, at: instant),
      world.addressHolders(at: instant).contains(where: { $0.vmID == guest.vmID })
    else { return [] }
    var entries: [Entry] = []
    let apps = world.plan.apps
    let failing = apps.filter { !world.isServing($0, at: instant) }
    let hidden = "client: 127.0.30.1, request: \"GET /cart HTTP/1.1\", host: \"shop.example\""
    func add(_ count: Int, _ text: String, upstream: String? = nil) {
      let time = BerlinCalendar.wallTime(atUnixSeconds: second).text(date: "/")
      let server = upstream.map { ", upstream: \"http://\($0)/\"" } ?? ""
      entries.append(
        Entry(
          second: second,
          count: count,
          shown: "\(time) [error] 812#812: *4711 \(text), server: shop.example\(server)",
          hidden: hidden
        )
      )
    }
    if failing.count == apps.count, !apps.isEmpty {
      add(1, "no live upstreams while connecting to upstream", upstream: "app")
    } else {
      for app in failing where second % Self.failTime == Int64(app.vmID) % Self.failTime {
        // Each of two workers tries by itself, once its time is over.
        let isThere = world.isRunning(app, at: instant)
        add(
          2,
          isThere
            ? "connect() failed (111: Connection refused) while connecting to upstream"
            : "upstream timed out (110: Connection timed out) while connecting to upstream",
          upstream: "\(app.address):\(ClusterPlan.appPort)"
        )
      }
    }
    if world.has(.requestsRejected, at: instant) {
      add(
        Self.rejectedPerSecond,
        "limiting requests, excess: 100.520 by zone \"\(ClusterPlan.limitZone)\""
      )
    }
    return entries
  }
}
