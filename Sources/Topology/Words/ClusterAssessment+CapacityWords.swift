// SPDX-License-Identifier: MIT

extension ClusterAssessment {
  /// Whether a node's guests would find room elsewhere, as a sentence.
  package func capacityWords(_ capacity: NodeCapacity) -> String {
    let node = Phrase.name(capacity.node)
    guard !capacity.guests.isEmpty else { return "No guest runs on \(node)." }
    let guests = Phrase.count(capacity.guests.count, "guest")
    switch (capacity.assignedFits, capacity.usedFits) {
    case (true?, _): return "The \(guests) of \(node) find room on the other nodes."
    case (false?, true?):
      return "Of the \(guests) of \(node), for the memory assigned, no room elsewhere is left for "
        + "\(homelessWords(capacity)); for what is used now there is."
    case (false?, _):
      return
        "Of the \(guests) of \(node), no room elsewhere is left for \(homelessWords(capacity))."
    case (nil, _): return "Whether the \(guests) of \(node) find room elsewhere is unknown."
    }
  }

  private func homelessWords(_ capacity: NodeCapacity) -> String {
    let names = capacity.homeless.map { observed.guests[$0]?.name ?? String($0) }
    return Phrase.list(names)
  }
}
