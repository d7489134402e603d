// SPDX-License-Identifier: MIT
import Daemon
import Exposition
import MetricModel

/// `hvsmon import`.
enum ImportCommand: Command {
  static let name = "import"
  static let summary = "take history from exposition text into the store"
  static let help = """
    hvsmon import FILE [--config FILE | --store FILE] [--format text|openmetrics]
                       [--on-error skip|refuse]

    Reads samples with timestamps, in OpenMetrics or Prometheus' text format, and writes them to the
    store of the settings file, or to the one that --store names; FILE - is standard input. What the
    store has already is left out, so that an import can be repeated. The store must not be in use:
    stop the daemon before, and start it again afterwards.

    A file that ends in "# EOF" is OpenMetrics, with timestamps in seconds; any other is text, with
    milliseconds. What cannot be read twice needs --format.

    A bad line is named, left out, and the rest goes on; with --on-error refuse the file is checked as
    a whole first, and not imported if one line is bad. A timestamp before 1973 or in the future is
    bad as well: it is most likely of the other format. Labels are kept as they are written.

    Exit status: 0 all is in the store; 1 lines were left out, or the file was refused; 2 it could not
    be carried out (wrong arguments, the file or the store cannot be used).

    Example: hvsmon import history.om --config /etc/hvsmon/hvsmon.yml
    """

  static func run(_ arguments: Arguments) async throws(UsageError) -> Int32 {
    let wish = try ImportWish(arguments)
    let source: ImportSource
    do throws(ImportSource.Failure) {
      source = try ImportSource(wish.file)
    } catch {
      Terminal.complain("\(wish.file) cannot be read: \(error.reason)")
      return 2
    }
    guard let format = wish.format ?? source.foundFormat else {
      throw UsageError(description: "\(wish.file) can be read only once: name its --format")
    }
    guard !wish.refusesFaults || source.isRepeatable else {
      throw UsageError(description: "--on-error refuse needs a file, as it is read twice")
    }
    var run = ImportRun(source: source, wish: wish, format: format)
    return await run.carryOut()
  }
}

/// What the command line asks of an import.
struct ImportWish {
  let file: String
  let place: HistoryDestination.Place
  let format: ExpositionFormat?
  /// One bad line refuses the whole.
  let refusesFaults: Bool

  init(_ arguments: Arguments) throws(UsageError) {
    var arguments = arguments
    let config = try arguments.value("--config")
    let store = try arguments.value("--store")
    switch try arguments.value("--format") {
    case nil: format = nil
    case "text": format = .text
    case "openmetrics": format = .openMetrics
    case let other?:
      throw UsageError(description: "--format is text or openmetrics, not \(other)")
    }
    switch try arguments.value("--on-error") ?? "skip" {
    case "skip": refusesFaults = false
    case "refuse": refusesFaults = true
    case let other: throw UsageError(description: "--on-error is skip or refuse, not \(other)")
    }
    guard let name = try arguments.rest(atMost: 1).first, !name.isEmpty else {
      throw UsageError(description: "the name of a file is missing; - is standard input")
    }
    file = name
    switch (config, store) {
    case (nil, let path?): place = .store(path: path)
    case (let path, nil): place = .settings(path: path ?? SettingsLoader.standardPath)
    case (_?, _?):
      throw UsageError(description: "--config names the store already: leave out --store")
    }
  }
}
