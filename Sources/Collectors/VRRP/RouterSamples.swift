// SPDX-License-Identifier: MIT
import MetricModel
import Polling

/// The series of one virtual router; pure.
struct RouterSamples {
  private let sightings: RouterSightings
  private let now: Timestamp
  /// The same instant by the clock on the wall.
  private let wall: Timestamp
  private var settings: VRRPSettings { sightings.settings }

  init(_ sightings: RouterSightings, now: Timestamp, wall: Timestamp) {
    self.sightings = sightings
    self.now = now
    self.wall = wall
  }

  var all: [CollectedSample] {
    let judgement = sightings.judgement(at: now)
    return witnesses + priorities + deviations + changes + counters + states + keepalivedCounters
      + checks
      + RouterSightings.Verdict.allCases.map { state in
        CollectedSample(
          VRRPMetrics.verdict,
          state == judgement ? 1 : 0,
          ["state": state.rawValue]
        )
      }
  }

  private var witnesses: [CollectedSample] {
    VRRPSettings.Witness.allCases.filter(settings.witnesses.contains).flatMap { witness in
      let name = witness.rawValue
      let fault = sightings.fault(witness, at: now)
      var labels = ["witness": name]
      labels["reason"] = fault
      let up = CollectedSample(VRRPMetrics.witnessUp, fault == nil ? 1 : 0, labels)
      guard let masters = sightings.masters(witness, at: now) else { return [up] }
      let seen = sightings.seen(witness, at: now)
      return [
        up, CollectedSample(VRRPMetrics.masters, Double(masters.count), ["witness": name]),
      ]
        + settings.members.filter { seen.contains($0.name) }.map { member in
          CollectedSample(
            VRRPMetrics.master,
            masters.contains(member.name) ? 1 : 0,
            ["instance": member.name, "witness": name]
          )
        }
    }
      + sightings.hostFaults.map { part, reason in
        CollectedSample(IngestMetrics.collectorPartial, 1, ["part": part, "reason": reason])
      }
  }

  private var priorities: [CollectedSample] {
    settings.members.flatMap { member -> [CollectedSample] in
      let labels = ["instance": member.name]
      var samples: [CollectedSample] = []
      if let priority = member.priority {
        samples.append(CollectedSample(VRRPMetrics.declaredPriority, Double(priority), labels))
      }
      if let heard = sightings.advertised[member.name] {
        samples.append(CollectedSample(VRRPMetrics.priority, Double(heard.priority), labels))
      }
      return samples
    }
  }

  /// What the masters by now advertise, against what is declared.
  private var deviations: [CollectedSample] {
    let masters = sightings.masters(.advertisements, at: now) ?? []
    return settings.members.flatMap { member -> [CollectedSample] in
      guard let heard = sightings.advertised[member.name],
        masters.contains(member.name) || heard.router != settings.router
      else { return [] }
      let declared = member.priority.map(String.init)
      let points: [(aspect: String, expected: String?, found: String)] = [
        ("router_id", String(settings.router.id), String(heard.router.id)),
        ("priority", declared, String(heard.priority)),
        ("interval", settings.interval.text, heard.interval.text),
        (
          "address", heard.addresses.contains(settings.address) ? nil : "\(settings.address)",
          heard.addresses.first.map { "\($0)" } ?? "none"
        ),
      ]
      return points.compactMap { aspect, expected, found in
        guard let expected, expected != found else { return nil }
        return CollectedSample(
          VRRPMetrics.deviation,
          1,
          ["instance": member.name, "aspect": aspect, "expected": expected, "found": found]
        )
      }
    }
  }

  private var changes: [CollectedSample] {
    let counts = VRRPVerdict.TakeOver.Cause.allCases.map { cause in
      CollectedSample(
        VRRPMetrics.transitions,
        Double(sightings.changes[cause] ?? 0),
        ["cause": cause.rawValue]
      )
    }
    guard let change = sightings.lastChange else { return counts }
    let takeOver = change.takeOver
    let labels = [
      "from": name(of: takeOver.from), "to": name(of: takeOver.to),
      "cause": takeOver.cause.rawValue,
    ]
    return counts + [
      CollectedSample(VRRPMetrics.gap, change.gap.inSeconds),
      CollectedSample(VRRPMetrics.changed, (wall - (now - takeOver.at)).unixSeconds),
      CollectedSample(VRRPMetrics.change, 1, labels),
    ]
  }

  private var counters: [CollectedSample] {
    guard settings.witnesses.contains(.advertisements) else { return [] }
    return settings.members.map { member in
      CollectedSample(
        VRRPMetrics.advertisements,
        Double(sightings.heard[member.name] ?? 0),
        ["instance": member.name]
      )
    }
      + sightings.refused.map { reason, count in
        CollectedSample(VRRPMetrics.refused, Double(count), ["reason": reason])
      }
  }

  /// As the exporters of keepalived name it; a member of which nobody knows has no state.
  private var states: [CollectedSample] {
    let masters = sightings.masters(.advertisements, at: now) ?? []
    let running = settings.members.compactMap { member in
      sightings.isKeepalivedRunning(member.name, at: now).map { isRunning in
        CollectedSample(VRRPMetrics.up, isRunning ? 1 : 0, ["instance": member.name])
      }
    }
    return running
      + settings.members.compactMap { member in
        guard let state = sightings.keepalivedState(of: member.name, masters, at: now) else {
          return nil
        }
        var labels = keepalivedLabels(of: member)
        labels["ip_address"] = "\(settings.address)"
        return CollectedSample(VRRPMetrics.state, Double(state.rawValue), labels)
      }
  }

  /// What each keepalived counts itself: also what came and went between two looks.
  private var keepalivedCounters: [CollectedSample] {
    settings.members.flatMap { member in
      let labels = keepalivedLabels(of: member)
      return sightings.keepalived.counters(of: member.name, at: now).compactMap { counter, count in
        VRRPMetrics.counters[counter].map { CollectedSample($0, Double(count), labels) }
      }
    }
  }

  /// Why a member cannot, or should not, be master.
  private var checks: [CollectedSample] {
    settings.members.flatMap { member in
      sightings.keepalived.checks(of: member, at: now).prefix(KeepalivedDump.countMax).map {
        CollectedSample(
          VRRPMetrics.check,
          $0.value ? 1 : 0,
          ["instance": member.name, "name": String($0.key.prefix(200))]
        )
      }
    }
  }

  private func keepalivedLabels(of member: VRRPSettings.Member) -> [String: String] {
    [
      "instance": member.name, "iname": settings.instance, "intf": settings.interface,
      "vrid": String(settings.router.id),
    ]
  }

  private func name(of address: InternetAddress) -> String {
    sightings.member(at: address) ?? "\(address)"
  }
}

extension Duration {
  /// In milliseconds, as it is compared.
  fileprivate var text: String { "\(wholeMilliseconds)ms" }
}
