// SPDX-License-Identifier: MIT
import Glibc

/// The bytes of one connection to a ``MailSink``, plain at first and encrypted from STARTTLS on.
///
/// The server's side of TLS is called in libssl by name: nothing else in the project needs it.
final class MailWire {
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private var session: Session?

  var isEncrypted: Bool { session != nil }

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  func end() {
    session?.end()
    close(descriptor)
  }

  /// The next line without its end; nil when the peer has gone, or writes more than 1 MiB.
  func readLine() -> String? {
    while buffer.count < 1 << 20 {
      if let end = buffer.firstIndex(of: 0x0a) {
        let line = buffer[..<end].filter { $0 != 0x0d }
        buffer.removeFirst(end + 1)
        return String(decoding: line, as: UTF8.self)
      }
      var piece = [UInt8](repeating: 0, count: 16 << 10)
      let count = session?.read(&piece) ?? recv(descriptor, &piece, piece.count, 0)
      guard count > 0 else { return nil }
      buffer += piece[..<count]
    }
    return nil
  }

  func write(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    if let session { return session.write(bytes) }
    return send(descriptor, bytes, bytes.count, Int32(truncatingIfNeeded: MSG_NOSIGNAL))
      == bytes.count
  }

  func startTLS(_ identity: TestIdentity) -> Bool {
    session = Session(descriptor, identity)
    return session != nil
  }

  /// One TLS session by libssl.
  private final class Session {
    typealias Handle = UnsafeMutableRawPointer
    private let library: Handle
    private let context: Handle
    private let handle: Handle

    init?(_ descriptor: Int32, _ identity: TestIdentity) {
      guard let library = dlopen("libssl.so.3", RTLD_NOW),
        let context = Self.context(library, identity),
        let make = Self.find(library, "SSL_new", (@convention(c) (Handle) -> Handle?).self),
        let handle = make(context)
      else { return nil }
      (self.library, self.context, self.handle) = (library, context, handle)
      let attach = Self.find(
        library,
        "SSL_set_fd",
        (@convention(c) (Handle, Int32) -> Int32).self
      )
      let accept = Self.find(library, "SSL_accept", (@convention(c) (Handle) -> Int32).self)
      guard attach?(handle, descriptor) == 1, accept?(handle) == 1 else { return nil }
    }

    private static func context(_ library: Handle, _ identity: TestIdentity) -> Handle? {
      typealias Load = @convention(c) (Handle, UnsafePointer<CChar>, Int32) -> Int32
      let method = find(library, "TLS_server_method", (@convention(c) () -> Handle?).self)
      let make = find(library, "SSL_CTX_new", (@convention(c) (Handle) -> Handle?).self)
      guard let chosen = method?(), let context = make?(chosen) else { return nil }
      let pem: Int32 = 1
      guard
        find(library, "SSL_CTX_use_certificate_file", Load.self)?(
          context,
          identity.certificatePath,
          pem
        ) == 1,
        find(library, "SSL_CTX_use_PrivateKey_file", Load.self)?(context, identity.keyPath, pem)
          == 1
      else { return nil }
      return context
    }

    private static func find<Function>(
      _ library: Handle,
      _ name: String,
      _ type: Function.Type
    ) -> Function? {
      dlsym(library, name).map { unsafeBitCast($0, to: type) }
    }

    func read(_ bytes: inout [UInt8]) -> Int {
      typealias Read = @convention(c) (Handle, UnsafeMutableRawPointer?, Int32) -> Int32
      let read = Self.find(library, "SSL_read", Read.self)
      return bytes.withUnsafeMutableBytes {
        Int(read?(handle, $0.baseAddress, Int32($0.count)) ?? -1)
      }
    }

    func write(_ bytes: [UInt8]) -> Bool {
      typealias Write = @convention(c) (Handle, UnsafeRawPointer?, Int32) -> Int32
      let write = Self.find(library, "SSL_write", Write.self)
      return bytes.withUnsafeBytes {
        write?(handle, $0.baseAddress, Int32($0.count)) == Int32($0.count)
      }
    }

    func end() {
      Self.find(library, "SSL_free", (@convention(c) (Handle) -> Void).self)?(handle)
      Self.find(library, "SSL_CTX_free", (@convention(c) (Handle) -> Void).self)?(context)
    }
  }
}

/// A socket that listens on a free port of 127.0.0.1.
enum LoopbackListener {
  /// A call of the system that failed.
  struct SystemFailure: Error {
    let code: Int32
  }

  static func open() throws -> (descriptor: Int32, port: UInt16) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw SystemFailure(code: errno) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isOpen = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && listen(descriptor, 64) == 0
          && getsockname(descriptor, $0, &length) == 0
      }
    }
    guard isOpen else {
      defer { close(descriptor) }
      throw SystemFailure(code: errno)
    }
    return (descriptor, UInt16(bigEndian: address.sin_port))
  }
}
