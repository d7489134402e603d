// SPDX-License-Identifier: MIT
import FoundationEssentials
import Glibc
package import Net

/// A self-signed certificate for 127.0.0.1, made by the openssl program.
package struct TestIdentity: Sendable {
  /// The certificate as PEM, which is also the authority that signed it.
  package let certificatePath: String
  /// The key as PEM.
  package let keyPath: String
  /// What a server of `Net` shows.
  package let server: HTTPServerSettings.TLSIdentity

  /// Why the certificate could not be made.
  struct OpenSSLFailure: Error {
    let status: Int32
  }

  /// Makes the certificate `CN=name` in a folder.
  package init(in folder: TemporaryFolder, name: String) throws {
    certificatePath = folder.file("\(name).crt")
    keyPath = folder.file("\(name).key")
    let arguments = [
      "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
      "-days", "30", "-subj", "/CN=\(name)", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
      keyPath, "-out", certificatePath,
    ]
    var child = pid_t()
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    var pointers = arguments.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    var status = posix_spawnp(&child, "openssl", &actions, nil, &pointers, environ)
    guard status == 0 else { throw OpenSSLFailure(status: status) }
    while waitpid(child, &status, 0) < 0 && errno == EINTR {}
    guard status == 0 else { throw OpenSSLFailure(status: status) }
    server = HTTPServerSettings.TLSIdentity(
      certificatePEM: String(
        decoding: try Data(contentsOf: .init(filePath: certificatePath)),
        as: UTF8.self
      ),
      keyPEM: String(decoding: try Data(contentsOf: .init(filePath: keyPath)), as: UTF8.self)
    )
  }
}
