// SPDX-License-Identifier: MIT

/// The tiers, what is left over, and the entries.
extension SettingsDraft {
  var tierLines: [String] {
    guard !guess.tiers.isEmpty else {
      let why =
        survey.guests.isEmpty
        ? "no guest was told" : "no guest's name or tag tells what it does; see below"
      return ["  # tiers: []  # \(why)"]
    }
    var names: Set<String> = []
    let tiers = guess.tiers.map { lines(of: $0, &names) }
    // A tier needs a member, and a list a tier.
    guard tiers.contains(where: \.isDeclared) else {
      return ["  # tiers:  # no guest's address could be read"] + tiers.flatMap(\.lines)
    }
    return ["  tiers:"] + tiers.flatMap(\.lines)
  }

  private func lines(
    of tier: GuessedTier,
    _ names: inout Set<String>
  ) -> (lines: [String], isDeclared: Bool) {
    var members: [String] = []
    var isDeclared = false
    for guest in tier.members {
      if let member = member(guest, &names) {
        members.append("        - \(member)")
        isDeclared = true
      } else {
        members.append("        # \(told(guest)): \(whyNoAddress(guest))")
      }
    }
    let count = tier.members.count
    let needs = tier.needsMajority ? "majority" : "1"
    let note =
      tier.needsMajority
      ? "guessed: more than half must work" : count == 1 ? "guessed" : "guessed: one is enough"
    var lines = [
      "    - name: \(DraftText.scalar(tier.name))  # guessed: \(DraftText.comment(tier.reason))",
      "      needs: \(needs)  # \(note)",
    ]
    let databases = guess.tiers(of: .database).filter { hasMember($0) }.map(\.name)
    if tier.role == .app, !databases.isEmpty {
      let list = databases.map(DraftText.scalar).joined(separator: ", ")
      lines.append("      depends_on: [\(list)]  # guessed")
    }
    lines += ["      members:"] + members + services(of: tier)
    if isDeclared { return (lines, true) }
    return (lines.map(Self.commented), false)
  }

  private func hasMember(_ tier: GuessedTier) -> Bool {
    tier.members.contains { $0.network.own.map { Self.isHost($0.text) } ?? false }
  }

  /// A line of the settings as a comment, where it stands.
  private static func commented(_ line: String) -> String {
    let blanks = line.prefix { $0 == " " }
    let text = line.dropFirst(blanks.count)
    return "\(blanks)\(text.hasPrefix("#") ? "" : "# ")\(text)"
  }

  private func member(_ guest: SurveyedGuest, _ names: inout Set<String>) -> String? {
    guard let address = guest.network.own?.text, Self.isHost(address) else { return nil }
    // Proxmox lets two guests have one name, hvsmon does not.
    var name = guest.name ?? ""
    if name.isEmpty { name = "guest-\(guest.id)" }
    while !names.insert(name).inserted { name += "-\(guest.id)" }
    var fields = [
      "guest: \(guest.id)", "name: \(DraftText.scalar(name))",
      "address: \(DraftText.scalar(address))",
    ]
    if nodes.contains(where: { $0.name == guest.node }) {
      fields.append("node: \(DraftText.scalar(guest.node))")
    }
    var line = "{\(fields.joined(separator: ", "))}"
    if guest.status != "running" { line += "  # \(DraftText.comment(guest.status))" }
    return line
  }

  /// `100 nginx1 (lxc, stopped)` in a comment.
  private func told(_ guest: SurveyedGuest) -> String {
    let kind = guest.isTemplate ? "template" : guest.status
    return DraftText.comment(
      "\(guest.id) \(guest.name ?? "without a name") (\(guest.kind.rawValue), \(kind))"
    )
  }

  private func whyNoAddress(_ guest: SurveyedGuest) -> String {
    if let trouble = guest.network.trouble { return DraftText.comment(trouble) }
    return guest.status == "running"
      ? "no address was told" : "its configuration has no address, and it does not run"
  }

  // MARK: What is asked of the members

  private func services(of tier: GuessedTier) -> [String] {
    switch tier.role {
    case .loadBalancer: nginx(tier) + router(tier)
    case .app: page(tier) + Self.manager
    case nil: page(tier)
    case .database: database(tier)
    }
  }

  private func nginx(_ tier: GuessedTier) -> [String] {
    func key(_ port: Int) -> String {
      "status: \"http://{address}\(port == 80 ? "" : ":\(port)")/nginx_status\""
    }
    let found = best(tier) { answer in
      if case .stubStatus(let port) = answer { port } else { nil }
    }
    guard let (port, note) = found else {
      return [
        "      # nginx:  # \(silence): see deploy/nginx-stub-status.conf",
        "      #   \(key(wish.httpPorts.first ?? 80))",
      ]
    }
    return ["      nginx:", "        \(key(port))  # \(note)"] + Self.expectation
  }

  /// What only ssh tells is for the user to declare.
  private static let expectation = [
    "        # expect: {upstream: app, balancing: ip_hash}  # compared by ssh: see the section ssh below"
  ]

  private static let manager = [
    "      # pm2: {user: app, processes: [{name: webapp}]}  # asked by ssh: see the section ssh below"
  ]

  /// What was seen of the address that the members pass on to each other.
  private func router(_ tier: GuessedTier) -> [String] {
    let members = Set(tier.members.map(\.id))
    return guess.entries.compactMap { entry in
      guard let holder = entry.holders.first(where: { members.contains($0.id) }),
        let held = holder.network.floating.first(where: { $0.text == entry.address })
      else { return nil }
      let seen = "{address: \(entry.address), interface: \(DraftText.scalar(held.interface))}"
      return "      # vrrp: \(DraftText.comment(seen))  # the rest stands in keepalived.conf"
    }
  }

  private func page(_ tier: GuessedTier) -> [String] {
    let found = best(tier) { answer in
      if case .page(let port, let status) = answer, status < 500 { port } else { nil }
    }
    guard let (port, note) = found else {
      return [
        "      # http: {url: \"http://{address}:3000/\", expect_status: [200]}  # \(silence)"
      ]
    }
    let statuses = Set(
      tier.members.flatMap(\.answers).compactMap { answer -> Int? in
        guard case .page(port, let status) = answer, status < 500 else { return nil }
        return status
      }
    )
    let suffix = port == 80 ? "" : ":\(port)"
    return [
      "      http: {url: \"http://{address}\(suffix)/\"\(expected(statuses))}  # \(note)"
    ]
  }

  /// Why nothing is declared of the members' pages.
  private var silence: String {
    wish.httpPorts.isEmpty ? "nobody was asked" : "no member answered"
  }

  private func database(_ tier: GuessedTier) -> [String] {
    guard tier.engine == "mongodb" else { return [] }
    return [
      "      # mongodb: {replica_set: rs0, port: 27017}  # wants a user: see deploy/mongodb-user.js"
    ]
  }

  /// Statuses that are not good by themselves are named.
  private func expected(_ statuses: Set<Int>) -> String {
    guard statuses.contains(where: { !(200...299).contains($0) }) else { return "" }
    let list = statuses.sorted().map(String.init).joined(separator: ", ")
    return ", expect_status: [\(list)]"
  }

  /// The port at which most members answered, and who did not.
  private func best(
    _ tier: GuessedTier,
    _ portOf: (DoorAnswer) -> Int?
  ) -> (port: Int, note: String)? {
    func hasAnswered(_ guest: SurveyedGuest, _ port: Int) -> Bool {
      guest.answers.contains { portOf($0) == port }
    }
    let counts = wish.httpPorts.map { port in
      (port: port, count: tier.members.count { hasAnswered($0, port) })
    }
    // Of several the first, which stands in the order of the wish.
    guard let most = counts.map(\.count).max(), most > 0,
      let port = counts.first(where: { $0.count == most })?.port
    else { return nil }
    let silent = tier.members.filter { !hasAnswered($0, port) }
    guard !silent.isEmpty else { return (port, "all answered") }
    let names = silent.map { $0.name ?? String($0.id) }.joined(separator: ", ")
    return (port, DraftText.comment("no answer from \(names)"))
  }

  // MARK: What is left over

  var otherLines: [String] {
    guard !guess.others.isEmpty else { return [] }
    var lines = [
      "    # In no tier, because nothing tells what they do; a tag such as tier-mail would:"
    ]
    if !wish.httpPorts.isEmpty, guess.others.count > DoorQuestion.unknownGuestsMax {
      lines.append(
        "    # (the first \(DoorQuestion.unknownGuestsMax) of them were asked at their ports)"
      )
    }
    return lines
      + guess.others.map { guest in
        let address = guest.network.own.map { " \(DraftText.comment($0.text))" } ?? ""
        return "    # \(told(guest))\(address) on \(DraftText.comment(guest.node))"
      }
  }

  var entryLines: [String] {
    guard !guess.entries.isEmpty else {
      return [
        "  # entry:  # what users reach; no guest holds an address besides its own",
        "  #   - {name: site, url: \"http://192.168.30.200/\"}",
      ]
    }
    let entries = guess.entries.enumerated().map { entry($0.element, number: $0.offset) }
    let isDeclared = entries.contains(where: \.isDeclared)
    return [isDeclared ? "  entry:" : "  # entry:"] + entries.flatMap(\.lines)
  }

  private func entry(
    _ entry: GuessedEntry,
    number: Int
  ) -> (lines: [String], isDeclared: Bool) {
    let holders = entry.holders.map { $0.name ?? String($0.id) }.joined(separator: ", ")
    let note = DraftText.comment("guessed: besides its own address, \(holders) held this one")
    let holding = Set(entry.holders.map(\.id))
    let tiers = guess.tiers.filter { tier in
      hasMember(tier)
        && (tier.role != nil && tier.role != .loadBalancer
          || tier.members.contains { holding.contains($0.id) })
    }
    let answers = (survey.entryAnswers[entry.address] ?? []).compactMap { answer in
      if case .page(let port, let status) = answer { (port: port, status: status) } else { nil }
    }
    .filter { $0.status < 500 }
    let answer = wish.httpPorts.lazy.compactMap { port in answers.first { $0.port == port } }.first
    let host = entry.address.contains(":") ? "[\(entry.address)]" : entry.address
    let port = answer.map { $0.port == 80 ? "" : ":\($0.port)" } ?? ""
    var fields = [
      "name: site\(number == 0 ? "" : "-\(number + 1)")",
      "url: \(DraftText.quoted("http://\(host)\(port)/"))\(expected(Set(answer.map { [$0.status] } ?? [])))",
    ]
    if !tiers.isEmpty {
      fields.append(
        "tiers: [\(tiers.map { DraftText.scalar($0.name) }.joined(separator: ", "))]"
      )
    }
    let line = "- {\(fields.joined(separator: ", "))}"
    guard answer != nil else {
      let why = wish.httpPorts.isEmpty ? "it was not asked" : "nobody answered there over HTTP"
      return (["    # \(note); \(why)", "    # \(line)"], false)
    }
    let hint = "    # Users who reach it by a name, or over HTTPS: write that URL instead."
    return (["    # \(note)", hint, "    \(line)"], true)
  }
}
