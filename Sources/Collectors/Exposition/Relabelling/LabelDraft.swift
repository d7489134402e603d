// SPDX-License-Identifier: MIT
import MetricModel

/// The labels of one series while they are being changed; names are compared by their bytes.
struct LabelDraft {
  /// In no order, no name twice, no empty value.
  private(set) var labels: [Label]

  init(_ labels: LabelSet) {
    self.labels = labels.labels
  }

  /// The value of a label; empty when there is none, and an empty value takes it away.
  subscript(name: String) -> String {
    get { place(of: name).map { labels[$0].value } ?? "" }
    set {
      let place = place(of: name)
      switch (place, newValue.isEmpty) {
      case (let place?, true): labels.remove(at: place)
      case (let place?, false): labels[place] = Label(name, newValue)
      case (nil, false): labels.append(Label(name, newValue))
      case (nil, true): break
      }
    }
  }

  /// Takes labels away by their names.
  mutating func removeAll(where isUnwanted: (_ name: String) -> Bool) {
    labels.removeAll { isUnwanted($0.name) }
  }

  private func place(of name: String) -> Int? {
    labels.firstIndex { $0.name.hasSameBytes(as: name) }
  }
}
