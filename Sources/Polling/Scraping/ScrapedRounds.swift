// SPDX-License-Identifier: MIT
import MetricModel

/// Which series of one scraped target are live, from scrape to scrape; pure.
struct ScrapedRounds {
  /// One numbered series.
  private struct Entry {
    /// The bits of its newest value.
    var bits: UInt64 = 0
    /// Its newest sample's own time; ``ScrapedSamples/noTime`` when it had none.
    var time = ScrapedSamples.noTime
    /// The store's reference, or one of the two below.
    var reference = Self.unplaced
    /// The round in which it last had a sample.
    var round: UInt32 = 0
    let name: UInt32

    /// The store was not asked, or had no room.
    static let unplaced = UInt32.max
    /// Another series has its labels.
    static let excluded = UInt32.max - 1
  }

  private var numbering: ScrapedSamples.Numbering?
  private var entries: [Entry] = []
  /// Entries without a place in the store.
  private var unplaced = 0
  /// The references that are taken; kept only once they could meet, see ``place(_:from:using:)``.
  private var taken: Set<UInt32>?
  private var names: [String] = []
  private var nameNumbers: [String: UInt32] = [:]
  /// The round in which a series of each name last changed.
  private var changes: [UInt32] = []
  private var round: UInt32 = 1
  /// Series that had a sample in this round.
  private var live = 0
  private var liveNames: Set<String> = []
  /// Live series of the numbering before, by reference.
  private var carried: [UInt32: (entry: Entry, name: String)] = [:]

  /// Takes a scrape in.
  ///
  /// - Parameters:
  ///   - scrape: What was found.
  ///   - latest: The latest time a sample may have of its own.
  ///   - place: The store's reference for the labels of a series.
  /// - Returns: What is to be stored and told.
  mutating func take(
    _ scrape: ScrapedSamples,
    latest: Int64,
    place: (LabelSet) -> ScrapedPlace
  ) -> ScrapedOutcome {
    var outcome = ScrapedOutcome()
    if numbering !== scrape.numbering { renumber(scrape.numbering) }
    let previous = round
    round &+= 1
    extend(to: scrape.series)
    if unplaced > 0 {
      for number in scrape.numbers where entries[Int(number)].reference == Entry.unplaced {
        self.place(Int(number), from: scrape.series, previous, using: place)
      }
    }
    let before = live
    let continued = mark(scrape, latest: latest, previous, &outcome)
    outcome.added = live - continued
    if continued < before { end(previous, &outcome) }
    if outcome.added > 0 || continued < before { findLiveNames() }
    outcome.names.formUnion(liveNames)
    for (name, change) in changes.enumerated() where change == round {
      outcome.changed.insert(names[name])
    }
    return outcome
  }

  /// Ends all series: the target gave no answer, or is gone.
  mutating func end() -> ScrapedOutcome {
    var outcome = ScrapedOutcome()
    guard live > 0 else { return outcome }
    let previous = round
    round &+= 1
    end(previous, &outcome)
    live = 0
    liveNames = []
    return outcome
  }

  private mutating func renumber(_ numbering: ScrapedSamples.Numbering) {
    if live > 0 {
      for entry in entries where entry.round == round {
        carried[entry.reference] = (entry, names[Int(entry.name)])
      }
    }
    self.numbering = numbering
    entries = []
    unplaced = 0
    taken = nil
    names = []
    nameNumbers = [:]
    changes = []
  }

  private mutating func extend(to series: [LabelSet]) {
    guard entries.count < series.count else { return }
    unplaced += series.count - entries.count
    for labels in series[entries.count...] {
      let name = labels.metricName ?? ""
      let number = nameNumbers[name] ?? UInt32(names.count)
      if Int(number) == names.count {
        names.append(name)
        nameNumbers[name] = number
        changes.append(0)
      }
      entries.append(Entry(name: number))
    }
  }

  /// Finds the place of a series that has none yet.
  private mutating func place(
    _ number: Int,
    from series: [LabelSet],
    _ previous: UInt32,
    using place: (LabelSet) -> ScrapedPlace
  ) {
    let labels = series[number]
    switch place(labels) {
    case .none: return
    case .excluded: entries[number].reference = Entry.excluded
    case .reference(let found):
      // Label sets are different, and `cluster` makes two the same only where one of them had it.
      if taken == nil, labels["cluster"] != nil {
        taken = Set(entries.map(\.reference).filter { $0 < Entry.excluded })
      }
      if taken?.insert(found.rawValue).inserted == false {
        entries[number].reference = Entry.excluded
      } else {
        entries[number].reference = found.rawValue
      }
      if let known = carried.removeValue(forKey: found.rawValue) {
        entries[number].bits = known.entry.bits
        entries[number].time = known.entry.time
        entries[number].round = previous
      }
    }
    unplaced -= 1
  }

  /// Notes every sample; the number of series that were live before and are now.
  private mutating func mark(
    _ scrape: ScrapedSamples,
    latest: Int64,
    _ previous: UInt32,
    _ outcome: inout ScrapedOutcome
  ) -> Int {
    let (round, hasTimes) = (round, !scrape.times.isEmpty)
    var (present, continued) = (0, 0)
    // Taken out, so that both arrays can be written at once.
    var changes = changes
    self.changes = []
    outcome.references.reserveCapacity(scrape.numbers.count + 16)
    outcome.values.reserveCapacity(scrape.numbers.count + 16)
    entries.withUnsafeMutableBufferPointer { entries in
      for index in scrape.numbers.indices {
        let number = Int(scrape.numbers[index])
        precondition(number < entries.count, "a sample's number is that of a series")
        let time = hasTimes ? scrape.times[index] : ScrapedSamples.noTime
        let reference = entries[number].reference
        guard reference < Entry.excluded, time <= latest else {
          if reference == Entry.excluded { outcome.duplicates += 1 }
          if reference < Entry.excluded { outcome.tooNew += 1 }
          continue
        }
        let isFirst = entries[number].round != round
        if isFirst {
          present += 1
          if entries[number].round == previous { continued += 1 }
        } else if time == ScrapedSamples.noTime {
          outcome.duplicates += 1
          continue
        }
        let value = scrape.values[index]
        let bits = value.bitPattern
        let isKnown = entries[number].bits == bits && entries[number].round >= previous
        if !isKnown { changes[Int(entries[number].name)] = round }
        let isSameSample = isKnown && time != ScrapedSamples.noTime && entries[number].time == time
        entries[number].bits = bits
        entries[number].round = round
        entries[number].time = time
        if time == ScrapedSamples.noTime {
          outcome.references.append(SeriesReference(rawValue: reference))
          outcome.values.append(value)
        } else if !isSameSample,
          !outcome.timed.add(time, SeriesReference(rawValue: reference), value)
        {
          outcome.duplicates += 1
        }
      }
    }
    self.changes = changes
    live = present
    return continued
  }

  /// Ends what was live in the round before and is not in this one.
  ///
  /// A series whose samples have times of their own is not known to have ended: its peer may say the
  /// same of another time later.
  private mutating func end(_ previous: UInt32, _ outcome: inout ScrapedOutcome) {
    for entry in entries where entry.round == previous && entry.reference < Entry.excluded {
      outcome.end(entry.reference, hasOwnTime: entry.time != ScrapedSamples.noTime)
      outcome.names.insert(names[Int(entry.name)])
      outcome.changed.insert(names[Int(entry.name)])
    }
    for (reference, known) in carried {
      outcome.end(reference, hasOwnTime: known.entry.time != ScrapedSamples.noTime)
      outcome.names.insert(known.name)
      outcome.changed.insert(known.name)
    }
    carried = [:]
  }

  private mutating func findLiveNames() {
    liveNames = []
    var isLive = [Bool](repeating: false, count: names.count)
    for entry in entries where entry.round == round { isLive[Int(entry.name)] = true }
    for (name, isLive) in zip(names, isLive) where isLive { liveNames.insert(name) }
  }
}

/// Where a scraped series is kept.
enum ScrapedPlace {
  case reference(SeriesReference)
  /// Its labels are those of a series that hvsmon writes itself.
  case excluded
  /// The store has no room.
  case none
}

/// What a scrape comes to.
struct ScrapedOutcome {
  /// The series that have a sample at the time of the poll, those that ended included.
  var references: [SeriesReference] = []
  /// The values at the same positions; staleness markers of those that ended.
  var values: [Double] = []
  /// The samples of other times.
  var timed = TimedBatches()
  /// The names of the metrics that have a sample or a marker.
  var names: Set<String> = []
  /// Those among them of which a series has another value, or came, or ended.
  var changed: Set<String> = []
  /// Series that were not live before.
  var added = 0
  /// Samples left out because their series has one of that time.
  var duplicates = 0
  /// Samples left out because their own time lies in the future.
  var tooNew = 0

  fileprivate mutating func end(_ reference: UInt32, hasOwnTime: Bool) {
    guard !hasOwnTime else { return }
    references.append(SeriesReference(rawValue: reference))
    values.append(.stalenessMarker)
  }
}
