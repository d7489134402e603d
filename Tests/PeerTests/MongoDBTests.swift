// SPDX-License-Identifier: MIT
import MongoWire
import Net
import TestSupport
import Testing

/// The client for MongoDB asks a server that neither MongoDB nor hvsmon wrote.
@Suite(.serialized, .enabled(if: Peers.has(Peers.mongoPython)), .timeLimit(.minutes(2)))
struct MongoDBTests {
  private let folder: TemporaryFolder
  private let server: ChildProcess
  private let plainPort: UInt16
  private let protectedPort: UInt16
  private let connector = StreamConnector()

  private static let password = "p\u{2168}=,\u{fc}"

  init() async throws {
    let folder = try TemporaryFolder()
    self.folder = folder
    try await Self.makeCertificates(in: folder)
    let server = try ChildProcess(
      Peers.mongoPython,
      ["\(Peers.root)/Tests/Peers/fake_mongodb.py", folder.path]
        + ["server.crt", "server.key", "ca.crt"].map { folder.file($0) } + ["CN=client,O=hvsmon"]
    )
    self.server = server
    let isReady = await eventually(within: .seconds(60)) { server.output.contains("ready") }
    try #require(isReady, "\(server.errorOutput)")
    let words = server.output.split { $0 == " " || $0 == "\n" }
    let ports = words.drop { $0 != "ready" }.dropFirst().compactMap { UInt16($0) }
    try #require(ports.count == 2)
    (plainPort, protectedPort) = (ports[0], ports[1])
  }

  /// An authority, and what it signed for the server and the client.
  private static func makeCertificates(in folder: TemporaryFolder) async throws {
    func openssl(_ arguments: String...) async throws {
      let tool = try ChildProcess("/usr/bin/openssl", arguments)
      try #require(try await tool.waitForExit() == .code(0), "\(tool.errorOutput)")
    }
    let names = try folder.write("names", "subjectAltName=IP:127.0.0.1\n")
    try await openssl(
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:P-256",
      "-nodes",
      "-days",
      "2",
      "-subj",
      "/CN=authority",
      "-keyout",
      folder.file("ca.key"),
      "-out",
      folder.file("ca.crt")
    )
    for name in ["server", "client"] {
      try await openssl(
        "req",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        "/O=hvsmon/CN=\(name)",
        "-keyout",
        folder.file("\(name).key"),
        "-out",
        folder.file("\(name).csr")
      )
      try await openssl(
        "x509",
        "-req",
        "-in",
        folder.file("\(name).csr"),
        "-CA",
        folder.file("ca.crt"),
        "-CAkey",
        folder.file("ca.key"),
        "-CAcreateserial",
        "-days",
        "2",
        "-extfile",
        names,
        "-out",
        folder.file("\(name).crt")
      )
    }
    let both = try ChildProcess("/bin/cat", [folder.file("client.crt"), folder.file("client.key")])
    try #require(try await both.waitForExit() == .code(0))
    _ = try folder.write("client.pem", both.output)
  }

  private func open(
    _ credential: MongoCredential?,
    tls: StreamEndpoint.TLS? = nil
  ) async throws -> MongoConnection {
    let port = tls == nil ? plainPort : protectedPort
    return try await MongoConnection.open(
      MongoEndpoint(
        stream: StreamEndpoint(host: "127.0.0.1", port: port, tls: tls),
        credential: credential
      ),
      using: connector,
      within: .seconds(20)
    )
  }

  private func failure(_ credential: MongoCredential?, tls: StreamEndpoint.TLS? = nil) async
    -> MongoError?
  {
    do {
      _ = try await open(credential, tls: tls)
      return nil
    } catch {
      return error as? MongoError
    }
  }

  private func tls(client: Bool = false) -> StreamEndpoint.TLS {
    StreamEndpoint.TLS(
      trust: .caFile(path: folder.file("ca.crt")),
      clientCertificatePath: client ? folder.file("client.pem") : nil
    )
  }

  @Test func `logins, TLS and questions do what they should, and nothing more`() async throws {
    try await checkPasswords()
    try await checkCertificates()
    try await checkQuestions()
    try await checkMonitor()
    try await server.terminate()
  }

  /// Both kinds of passwords log in, with and without TLS, and wrong ones do not.
  private func checkPasswords() async throws {
    for (user, other) in [
      ("strong", MongoCredential.Mechanism.scramSHA1), ("old", .scramSHA256),
    ] {
      for tls in [nil, tls()] {
        let credential = MongoCredential(username: user, password: Self.password)
        let connection = try await open(credential, tls: tls)
        #expect(connection.isLoggedIn)
        #expect(connection.hello.role == .primary)
        #expect((connection.certificate != nil) == (tls != nil))
        let status = try await connection.run(.replicaSetStatus(), within: .seconds(10))
        #expect(status["myState"]?.integer == 1)
        let wrong = MongoCredential(username: user, password: "wrong")
        guard case .loginRefused(let refusal)? = await failure(wrong, tls: tls) else {
          Issue.record("a wrong password logs in")
          continue
        }
        #expect(refusal.code == 18)
        let unavailable = MongoCredential(
          username: user,
          password: Self.password,
          mechanism: other
        )
        #expect(await failure(unavailable, tls: tls)?.kind == "login_refused")
      }
    }
    // Another way to write the same password.
    let plain = MongoCredential(username: "strong", password: "pIX=,u\u{308}")
    #expect(try await open(plain).isLoggedIn)
  }

  /// A client certificate logs in, and what should not be believed about TLS is not.
  private func checkCertificates() async throws {
    let connection = try await open(.certificate, tls: tls(client: true))
    #expect(connection.isLoggedIn)
    #expect(connection.certificate?.subject == "CN=server,O=hvsmon")
    _ = try await connection.run(.serverStatus(), within: .seconds(10))
    #expect(await failure(.certificate, tls: tls())?.kind == "login_refused")
    #expect(await failure(nil, tls: .init(trust: .system))?.kind == "tls")
    let silent = await failure(nil, tls: nil)
    #expect(silent == nil)
    // A member that wants TLS and hears none, and one that wants none and hears it.
    do {
      _ = try await MongoConnection.open(
        MongoEndpoint(stream: StreamEndpoint(host: "127.0.0.1", port: protectedPort)),
        using: connector,
        within: .seconds(10)
      )
      Issue.record("connected without TLS")
    } catch {
      #expect(error == .closedUnanswered(peer: "127.0.0.1:\(protectedPort)"))
    }
    do {
      _ = try await MongoConnection.open(
        MongoEndpoint(stream: StreamEndpoint(host: "127.0.0.1", port: plainPort, tls: tls())),
        using: connector,
        within: .seconds(1)
      )
      Issue.record("connected with TLS")
    } catch {
      // It waits for the rest of what it takes for a very long message.
      #expect(["tls", "timeout"].contains(error.kind))
    }
  }

  /// Every question gets an answer or a refusal, and the connection stays.
  private func checkQuestions() async throws {
    let connection = try await open(MongoCredential(username: "strong", password: Self.password))
    var answered: [String] = []
    for command: ReadCommand in [
      .ping, .hello, .replicaSetStatus(), .replicaSetConfig, .serverStatus(leavingOut: ["locks"]),
      .parameters(["featureCompatibilityVersion"]), .buildInfo, .hostInfo, .defaultConcerns,
      .connectionPools, .top, .databaseNames, .databaseSizes("shop"), .oplogSize,
      .oplogEnd(isNewest: true), .oplogEnd(isNewest: false),
    ] {
      do throws(MongoError) {
        _ = try await connection.run(command, within: .seconds(10))
        answered.append(command.name)
      } catch {
        guard case .commandRefused = error else {
          Issue.record("\(command.name): \(error)")
          return
        }
        print("secantusdb: \(error)")
      }
    }
    for name in ["ping", "hello", "replSetGetStatus", "serverStatus", "buildInfo", "find"] {
      #expect(answered.contains(name), "\(answered)")
    }
    let newest = try await connection.run(.oplogEnd(isNewest: true), within: .seconds(10))
    let entry = newest[path: "cursor", "firstBatch"]?.array?.first?.document
    #expect(entry?["ts"]?.timestamp ?? .none > .none)
    #expect(entry?["o"] == nil)
    let open = try await open(nil)
    await #expect(throws: MongoError.self) {
      try await open.run(.replicaSetStatus(), within: .seconds(10))
    }
  }

  /// The program asks the member, alone and as a replica set of one.
  private func checkMonitor() async throws {
    let secret = try folder.write("password", Self.password + "\n")
    let monitor = try await RunningMonitor(
      sections: """
        architecture:
          tiers:
            - name: database
              members: [{name: mongo1, address: 127.0.0.1}]
              mongodb: {replica_set: secantus, port: \(protectedPort)}
        mongodb:
          username: strong
          password_file: \(secret)
          tls: {ca_file: \(folder.file("ca.crt"))}
        poll: {interval: 1s, timeout: 1s, confirm_interval: 200ms}
        """,
      client: HTTPClient(userAgent: "test")
    )
    #expect(try await monitor.waits(for: "mongodb_rs_myState{instance=\"mongo1\"}", toBe: "1"))
    #expect(try await monitor.waits(for: "hvsmon_mongodb_logged_in", toBe: "1"))
    #expect(try await monitor.waits(for: "hvsmon_mongodb_set_primaries", toBe: "1"))
    #expect(try await monitor.waits(for: "hvsmon_mongodb_replication_lag_seconds", toBe: "0"))
    #expect(try await monitor.waits(for: "up{job=\"mongodb\"}", toBe: "1"))
    #expect(try await monitor.waits(for: "count(hvsmon_mongodb_oplog_window_seconds)", toBe: "1"))
    #expect(!monitor.errorOutput.contains(Self.password))
    #expect(try await monitor.stop() < .seconds(5))
  }

  @Test func `changes are awaited, and the end of the server is told at once`() async throws {
    let connection = try await open(nil)
    try #require(connection.hello.canBeAwaited)
    let clock = ContinuousClock()
    let began = clock.now
    for _ in 0..<3 {
      let hello = try await connection.nextHello(longest: .milliseconds(300))
      #expect(hello.role == .primary)
    }
    let spent = clock.now - began
    print("secantusdb: three hellos of 300 ms at most took \(spent)")
    #expect(spent >= .milliseconds(800))
    let watched = try await open(nil)
    let told = AsyncStream<Void>.makeStream()
    watched.watchIdle { told.continuation.yield() }
    let next = Task { try await connection.nextHello(longest: .seconds(60)) }
    try await server.terminate()
    await #expect(throws: MongoError.self) { try await next.value }
    for await _ in told.stream { break }
    await #expect(throws: MongoError.self) {
      try await watched.run(.ping, within: .seconds(1))
    }
  }
}
