// SPDX-License-Identifier: MIT
import MetricModel
import SQLite
import Synchronization

/// Read-only connections that readers borrow for one statement at a time.
final class ReaderPool: Sendable {
  /// A connection on its way from one borrower to the next.
  ///
  /// `@unchecked`: the pool hands it to one borrower at a time.
  private final class Reader: @unchecked Sendable {
    let connection: Connection
    init(_ connection: Connection) { self.connection = connection }
  }

  private struct State {
    var idle: [Reader] = []
    var lent = 0
    var isClosed = false
  }

  /// Connections that may be open at once: more readers than threads are not expected.
  private static let connectionsMax = 64
  private let path: String
  private let state = Mutex(State())

  init(path: String) {
    self.path = path
  }

  /// Lends a connection to `body`.
  func read<Value>(
    _ body: (Connection) throws(SQLiteError) -> Value
  ) throws(StoreError) -> Value {
    let reader = try borrow()
    defer { giveBack(reader) }
    do throws(SQLiteError) {
      return try body(reader.connection)
    } catch {
      throw StoreError(error)
    }
  }

  /// Closes all connections; later reads throw.
  func close() {
    state.withLock { state in
      state.isClosed = true
      state.idle.removeAll()
    }
  }

  private func borrow() throws(StoreError) -> Reader {
    let found: Result<Reader?, StoreError> = state.withLock { state in
      if state.isClosed { return .failure(.closed) }
      guard state.lent < Self.connectionsMax else {
        return .failure(.database(reason: "\(Self.connectionsMax) reads are going on already"))
      }
      state.lent += 1
      return .success(state.idle.popLast())
    }
    if let reader = try found.get() { return reader }
    var options = OpenOptions()
    options.access = .readOnly
    options.cacheBytes = 512 << 10
    do throws(SQLiteError) {
      return Reader(try Connection(path: path, options: options))
    } catch {
      state.withLock { $0.lent -= 1 }
      throw StoreError(error)
    }
  }

  private func giveBack(_ reader: Reader) {
    state.withLock { state in
      state.lent -= 1
      if !state.isClosed { state.idle.append(reader) }
    }
  }
}

extension StoreError {
  /// Makes the error that belongs to a database's refusal.
  init(_ error: SQLiteError) {
    switch error.kind {
    case .closed: self = .closed
    case .corrupt: self = .corruptChunk(place: error.message)
    case .full:
      self = .database(reason: "the disk is full: \(error)")
    case .readOnly:
      self = .database(reason: "the file or its folder cannot be written: \(error)")
    case .busy:
      self = .database(reason: "another program holds the database: \(error)")
    case .notADatabase, .foreignDatabase, .newerSchema, .olderSchema, .cannotOpen, .ioError,
      .constraint, .other:
      self = .database(reason: error.description)
    }
  }
}
