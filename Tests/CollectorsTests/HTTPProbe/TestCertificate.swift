// SPDX-License-Identifier: MIT
import FoundationEssentials
import Glibc
import Net
import TestSupport
import Testing

/// A self-signed certificate for 127.0.0.1 with dates of the test's choice, made by openssl.
struct TestCertificate {
  let path: String
  let identity: HTTPServerSettings.TLSIdentity

  /// The dates have the form `20250101000000Z`.
  init(in folder: TemporaryFolder, from start: String, to end: String) throws {
    // Only `openssl ca` takes dates; it wants a folder of its own to keep books in.
    let config = try folder.write(
      "ca.cnf",
      """
      [ca]
      default_ca = one
      [one]
      database = \(folder.path)/index.txt
      new_certs_dir = \(folder.path)
      rand_serial = yes
      default_md = sha256
      policy = any
      x509_extensions = extensions
      [any]
      commonName = supplied
      [extensions]
      subjectAltName = IP:127.0.0.1
      basicConstraints = CA:TRUE
      """
    )
    _ = try folder.write("index.txt", "")
    let key = folder.file("key.pem")
    let request = folder.file("request.pem")
    path = folder.file("certificate.pem")
    try Self.openssl([
      "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
      "/CN=127.0.0.1", "-keyout", key, "-out", request,
    ])
    try Self.openssl([
      "ca", "-batch", "-selfsign", "-notext", "-config", config, "-keyfile", key, "-startdate",
      start, "-enddate", end, "-in", request, "-out", path,
    ])
    identity = HTTPServerSettings.TLSIdentity(
      certificatePEM: try String(contentsOfFile: path, encoding: .utf8),
      keyPEM: try String(contentsOfFile: key, encoding: .utf8)
    )
  }

  /// Starts a server that shows the certificate and answers every path.
  func server() throws -> HTTPServer {
    let route = HTTPRoute(.prefix("/")) { _ in .text("hello") }
    return try HTTPServer.start(HTTPServerSettings(port: 0, tls: identity), routes: [route])
  }

  private static func openssl(_ arguments: [String]) throws {
    var child = pid_t()
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    var pointers = (["openssl"] + arguments).map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    try #require(posix_spawnp(&child, "openssl", &actions, nil, &pointers, environ) == 0)
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 && errno == EINTR {}
    try #require(status == 0, "openssl \(arguments[0])")
  }
}
