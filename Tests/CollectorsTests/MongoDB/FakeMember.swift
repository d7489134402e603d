// SPDX-License-Identifier: MIT
import Glibc
import MongoWire
import Synchronization

/// A member on loopback that answers each command with a document, or closes.
final class FakeMember: Sendable {
  /// What is done about a command; nil closes the connection.
  typealias Script = @Sendable (_ command: String) -> BSONDocument?

  private struct State {
    var script: Script
    var commands: [String] = []
    var accepted = 0
    var descriptors: Set<Int32> = []
    var isStopped = false
    /// Counts what `topologyVersion` counts.
    var changes: Int64 = 6
  }

  let port: UInt16
  private let listener: Int32
  private let state: Mutex<State>

  init(_ script: @escaping Script) {
    state = Mutex(State(script: script))
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = listener
    withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        precondition(bind(listener, generic, length) == 0 && listen(listener, 16) == 0)
        precondition(getsockname(listener, generic, &length) == 0)
      }
    }
    port = UInt16(bigEndian: address.sin_port)
    onThread { [self] in
      while case let connection = accept(listener, nil, nil), connection >= 0 {
        state.withLock { state in
          state.accepted += 1
          _ = state.descriptors.insert(connection)
        }
        onThread { [self] in serve(connection) }
      }
      close(listener)
    }
  }

  var commands: [String] { state.withLock { $0.commands } }
  var accepted: Int { state.withLock { $0.accepted } }

  func answer(_ script: @escaping Script) { state.withLock { $0.script = script } }

  /// Answers those who wait for a change.
  func change() { state.withLock { $0.changes += 1 } }

  /// Waits until there is a change after the one that the asker knows; false at the end.
  private func waitsForChange(after known: Int64) -> Bool {
    while true {
      let (isStopped, changes) = state.withLock { ($0.isStopped, $0.changes) }
      if isStopped { return false }
      if changes > known { return true }
      usleep(2_000)
    }
  }

  /// The reply with the count of changes, where it has one.
  private func counted(_ reply: BSONDocument) -> BSONDocument {
    guard let process = reply[path: "topologyVersion", "processId"] else { return reply }
    let changes = state.withLock { $0.changes }
    return BSONDocument(
      reply.elements.map { element in
        element.key == "topologyVersion"
          ? (element.key, ["processId": process, "counter": .int64(changes)])
          : (element.key, element.value)
      }
    )
  }

  func closeConnections() {
    state.withLock { for each in $0.descriptors { shutdown(each, Int32(SHUT_RDWR)) } }
  }

  /// Ends all threads; afterwards the port refuses.
  func stop() {
    let isFirst = state.withLock { state in
      defer { state.isStopped = true }
      return !state.isStopped
    }
    if isFirst { shutdown(listener, Int32(SHUT_RDWR)) }
    closeConnections()
  }

  private func serve(_ connection: Int32) {
    var frames = FrameAssembler()
    var buffer = [UInt8](repeating: 0, count: 16_384)
    serving: while case let count = recv(connection, &buffer, buffer.count, 0), count > 0 {
      do {
        try frames.append(Array(buffer[..<count]))
        while let frame = try frames.next() {
          let request = try OpMessage(frame)
          let command = request.body.elements.first?.key ?? ""
          let script = state.withLock { state in
            state.commands.append(command)
            return state.script
          }
          if let known = request.body[path: "topologyVersion", "counter"]?.integer,
            !waitsForChange(after: known)
          {
            break serving
          }
          guard let body = script(command).map(counted) else { break serving }
          let reply = OpMessage(requestID: 9, responseTo: request.requestID, body: body).encoded
          guard
            send(connection, reply, reply.count, Int32(truncatingIfNeeded: MSG_NOSIGNAL))
              == reply.count
          else { break serving }
        }
      } catch {
        break
      }
    }
    state.withLock { _ = $0.descriptors.remove(connection) }
    close(connection)
  }
}

private final class Work {
  let run: @Sendable () -> Void
  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

private func onThread(_ run: @escaping @Sendable () -> Void) {
  var thread = pthread_t()
  let status = pthread_create(
    &thread,
    nil,
    { context in
      if let context { Unmanaged<Work>.fromOpaque(context).takeRetainedValue().run() }
      return nil
    },
    Unmanaged.passRetained(Work(run)).toOpaque()
  )
  precondition(status == 0, "a test can start a thread")
  pthread_detach(thread)
}
