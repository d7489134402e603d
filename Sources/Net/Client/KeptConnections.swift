// SPDX-License-Identifier: MIT
import CCurl

/// What is remembered of the connections that libcurl keeps, by socket; the loop's thread alone
/// uses it.
///
/// libcurl looks at an idle connection only when it wants to use it again. The sockets are handed
/// to its poll as extra ones, so that the loop wakes when a peer closes.
final class KeptConnections {
  /// How a connection is told apart while libcurl names its ends but not its socket.
  struct Ends: Hashable {
    let localAddress: String
    let localPort: Int32
    let remoteAddress: String
    let remotePort: Int32
  }

  private struct Entry {
    let ends: Ends
    let certificate: ServerCertificate?
    var onIdleClose: (@Sendable () -> Void)?
  }

  private var entries: [curl_socket_t: Entry] = [:]
  private var sockets: [Ends: curl_socket_t] = [:]
  /// One for each watched socket; rebuilt when that set changes.
  private var pollList: [curl_waitfd] = []
  private var isPollListCurrent = true

  /// Remembers a connection that an exchange leaves idle.
  func add(
    socket: curl_socket_t,
    ends: Ends,
    certificate: ServerCertificate?,
    onIdleClose: (@Sendable () -> Void)?
  ) {
    remove(socket: socket)
    entries[socket] = Entry(ends: ends, certificate: certificate, onIdleClose: onIdleClose)
    sockets[ends] = socket
    if onIdleClose != nil { isPollListCurrent = false }
  }

  /// Ends the watch of a connection that an exchange is about to use.
  ///
  /// - Returns: The certificate that the peer showed when the connection was made.
  func use(_ ends: Ends) -> ServerCertificate? {
    guard let socket = sockets[ends], let entry = entries[socket] else { return nil }
    if entry.onIdleClose != nil {
      entries[socket]?.onIdleClose = nil
      isPollListCurrent = false
    }
    return entry.certificate
  }

  /// Forgets a connection that libcurl closes.
  func remove(socket: curl_socket_t) {
    guard let entry = entries.removeValue(forKey: socket) else { return }
    sockets[entry.ends] = nil
    if entry.onIdleClose != nil { isPollListCurrent = false }
  }

  /// Forgets every connection without telling anybody.
  func removeAll() {
    entries = [:]
    sockets = [:]
    isPollListCurrent = false
  }

  /// Waits until libcurl has work, the mailbox wakes it, or a watched peer closes.
  ///
  /// - Returns: What to call for the peers that closed; each is given once.
  func poll(_ multi: MultiHandle, milliseconds: Int32) -> (CURLMcode, [@Sendable () -> Void]) {
    if !isPollListCurrent {
      pollList = entries.filter { $0.value.onIdleClose != nil }.map {
        curl_waitfd(fd: $0.key, events: Int16(CURL_WAIT_POLLIN), revents: 0)
      }
      isPollListCurrent = true
    }
    let code = pollList.withUnsafeMutableBufferPointer { list in
      curl_multi_poll(multi.pointer, list.baseAddress, UInt32(list.count), milliseconds, nil)
    }
    guard code == CURLM_OK else { return (code, []) }
    var closed: [@Sendable () -> Void] = []
    for index in pollList.indices where pollList[index].revents != 0 {
      pollList[index].revents = 0
      guard let onIdleClose = entries[pollList[index].fd]?.onIdleClose else { continue }
      entries[pollList[index].fd]?.onIdleClose = nil
      isPollListCurrent = false
      closed.append(onIdleClose)
    }
    return (code, closed)
  }
}
