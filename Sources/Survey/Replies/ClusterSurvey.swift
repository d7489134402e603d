// SPDX-License-Identifier: MIT

/// What a cluster told of itself at one moment.
package struct ClusterSurvey: Equatable, Sendable {
  /// The cluster's name; of a node without a cluster its own; nil when it was not told.
  package var name: String?
  /// The nodes by name.
  package var nodes: [SurveyedNode] = []
  /// The guests by number.
  package var guests: [SurveyedGuest] = []
  /// The backup jobs in the order of the answer.
  package var jobs: [SurveyedJob] = []
  /// What answered over HTTP at addresses that several guests pass on to each other.
  package var entryAnswers: [String: [DoorAnswer]] = [:]
  /// What could not be learned, and why.
  package var gaps: [SurveyGap] = []

  /// Nothing is known yet.
  package init() {}

  /// The node that answered.
  package var answering: SurveyedNode? { nodes.first(where: \.isAnswering) }

  /// The guest of that number.
  package func guest(_ id: Int) -> SurveyedGuest? { guests.first { $0.id == id } }
}

/// Something that could not be learned.
package struct SurveyGap: Equatable, Sendable {
  /// What, as a noun.
  package let subject: String
  /// Why, as half a sentence.
  package let reason: String

  /// Pairs both.
  package init(_ subject: String, _ reason: String) {
    self.subject = subject
    self.reason = reason
  }
}

/// A Proxmox VE node.
package struct SurveyedNode: Equatable, Sendable {
  /// The name by which Proxmox knows it.
  package let name: String
  /// The address that the cluster has for it.
  package var address: String?
  /// Whether the cluster counts it as online.
  package var isOnline = true
  /// Whether it is the one that answered.
  package var isAnswering = false
  /// The name of its time zone.
  package var timeZone: String?
  /// SHA-256 of the certificate it shows, as Proxmox writes it.
  package var fingerprint: String?
  /// Why it did not answer at its own address; nil when it did, or was not asked.
  package var trouble: String?

  /// A node of which the name is known.
  package init(name: String) {
    self.name = name
  }
}

/// A container or a virtual machine.
package struct SurveyedGuest: Equatable, Sendable {
  /// Which hypervisor runs it; the words are Proxmox'.
  package enum Kind: String, Sendable {
    case container = "lxc"
    case virtualMachine = "qemu"
  }

  /// The number that is unique in the cluster.
  package let id: Int
  /// Container or virtual machine.
  package let kind: Kind
  /// The node it belongs to.
  package let node: String
  /// Its name; nil while its node tells nothing.
  package var name: String?
  /// Proxmox' word: running, stopped, unknown, ...
  package var status = "unknown"
  /// A template never runs.
  package var isTemplate = false
  /// Its tags in lower case.
  package var tags: [String] = []
  /// The pool it belongs to.
  package var pool: String?
  /// Its addresses.
  package var network = GuestNetwork()
  /// What answered at its address.
  package var answers: [DoorAnswer] = []

  /// A guest of which number and place are known.
  package init(id: Int, kind: Kind, node: String) {
    self.id = id
    self.kind = kind
    self.node = node
  }
}

/// What answered at one port of an address.
package enum DoorAnswer: Hashable, Sendable {
  /// nginx's stub status page.
  case stubStatus(port: Int)
  /// An HTTP server's root page, with that status.
  case page(port: Int, status: Int)
  /// Something that takes connections.
  case open(port: Int)
}

/// A vzdump job.
package struct SurveyedJob: Equatable, Sendable {
  /// Which guests it copies.
  package enum Scope: Equatable, Sendable {
    case guests([Int])
    case all(except: [Int])
    case pool(String)
  }

  /// Its name in Proxmox.
  package let id: String
  /// Which guests it copies.
  package var scope = Scope.guests([])
  /// A job that is not enabled never runs.
  package var isEnabled = true
  /// When it runs, in Proxmox' words.
  package var schedule: String?
  /// The only node whose guests it copies.
  package var node: String?
  /// Where the archives go.
  package var storage: String?
  /// snapshot, suspend or stop.
  package var mode: String?
  /// Which archives are kept: rules such as keep-last with their numbers.
  package var retention: [String: Int] = [:]

  /// A job of which the name is known.
  package init(id: String) {
    self.id = id
  }
}
