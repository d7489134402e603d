// SPDX-License-Identifier: MIT
import MetricModel

/// What keepalived says of itself: its JSON dump.
///
/// Its password is never read, whether or not the host took it out.
struct KeepalivedReport: Equatable, Sendable {
  enum State: Int64, Sendable {
    case initialize = 0
    case backup = 1
    case master = 2
    case fault = 3
    case stopped = 98
  }

  /// One VRRP instance.
  struct Instance: Equatable, Sendable {
    let name: String
    let routerID: UInt8
    let interface: String?
    let version: Int64?
    /// Nil for a number that is not known.
    let state: State?
    let wantedState: State?
    let basePriority: Int64?
    /// With the weights of failed checks.
    let effectivePriority: Int64?
    /// What a backup last heard, also one whose link is down since; 0 for a master.
    let masterPriority: Int64?
    let interval: Duration?
    let lastTransition: Timestamp?
    /// The virtual addresses are set.
    let hasAddresses: Bool?
    let addresses: [InternetAddress]
    /// It takes over from a lower priority.
    let preempts: Bool
    let preemptDelay: Duration
    let hasTrackScript: Bool
    let counters: [Counter: Int64]
  }

  /// The counters since the process began, by their names in the dump.
  enum Counter: String, CaseIterable, Sendable {
    case advertisementsReceived = "advert_rcvd"
    case advertisementsSent = "advert_sent"
    case becameMaster = "become_master"
    case releasedMaster = "release_master"
    case packetLengthErrors = "packet_len_err"
    case intervalErrors = "advert_interval_err"
    case timeToLiveErrors = "ip_ttl_err"
    case invalidTypeReceived = "invalid_type_rcvd"
    case addressListErrors = "addr_list_err"
    case authenticationInvalid = "invalid_authtype"
    case authenticationMismatch = "authtype_mismatch"
    case authenticationFailure = "auth_failure"
    case priorityZeroReceived = "pri_zero_rcvd"
    case priorityZeroSent = "pri_zero_sent"
  }

  let instances: [Instance]

  /// Instances that are read.
  static let instancesMax = 256

  /// Reads the dump of any version: a list of instances, or since 2.2.8 an object that holds one.
  ///
  /// - Parameter text: The whole JSON.
  /// - Returns: Instances in the order of the text; those without name or number are left out.
  /// - Throws: ``HostReplyFault`` when it is neither.
  static func read(_ text: [UInt8]) throws(HostReplyFault) -> KeepalivedReport {
    let tree = try HostReplyFault.tree(of: text)
    let lists = [tree] + tree.members.map(\.value)
    for list in lists {
      guard case .list(let items) = list else { continue }
      return KeepalivedReport(instances: items.prefix(instancesMax).compactMap(instance))
    }
    throw .shape(expected: "a list of instances")
  }

  private static func instance(_ item: JSONTree) -> Instance? {
    guard let data = item["data"], let name = data["iname"]?.string,
      let routerID = data["vrid"]?.int.flatMap({ UInt8(exactly: $0) }), routerID > 0
    else { return nil }
    let stats = item["stats"]
    var counters: [Counter: Int64] = [:]
    for counter in Counter.allCases { counters[counter] = stats?[counter.rawValue]?.int }
    return Instance(
      name: name,
      routerID: routerID,
      interface: data["ifp_ifname"]?.string,
      version: data["version"]?.int,
      state: data["state"]?.int.flatMap { State(rawValue: $0) },
      wantedState: data["wantstate"]?.int.flatMap { State(rawValue: $0) },
      basePriority: data["base_priority"]?.int,
      effectivePriority: data["effective_priority"]?.int,
      masterPriority: data["master_priority"]?.int,
      interval: seconds(data["adver_int"]),
      lastTransition: data["last_transition"]?.double.map { Timestamp(unixSeconds: $0) },
      hasAddresses: data["vipset"]?.bool,
      addresses: (data["vips"]?.items ?? []).compactMap(address),
      preempts: data["nopreempt"]?.bool != true,
      preemptDelay: seconds(data["preempt_delay"]) ?? .zero,
      hasTrackScript: data["track_script"]?.items.isEmpty == false,
      counters: counters
    )
  }

  /// A span of at most a day; anything else was not meant as one.
  private static func seconds(_ value: JSONTree?) -> Duration? {
    guard let number = value?.double, (0...86_400).contains(number) else { return nil }
    return .milliseconds(Int64((number * 1_000).rounded()))
  }

  /// The address in a text such as `192.168.30.200/24 dev eth0 scope global set`.
  private static func address(_ item: JSONTree) -> InternetAddress? {
    item.string?.split { $0 == "/" || $0 == " " }.first.flatMap { InternetAddress($0) }
  }
}
