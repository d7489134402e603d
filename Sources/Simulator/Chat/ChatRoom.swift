// SPDX-License-Identifier: MIT

/// A message as people see it.
package struct ChatMessage: Sendable {
  /// Who shows it.
  package let service: ChatService
  /// What the service calls it.
  package let id: String
  /// Its first line, markup read.
  package internal(set) var headline: String
  /// Everything that it shows, markup read.
  package internal(set) var text: String
  /// How often it was edited.
  package internal(set) var edits = 0
  /// It was marked as over, where the service has such a mark.
  package internal(set) var isOver = false
}

/// What all services have been sent.
struct ChatRoom {
  private(set) var messages: [ChatMessage] = []
  private var next = 1
  /// The ids of messages by the name that their sender gave the request.
  private var named: [String: String] = [:]

  /// Adds a message and says its id.
  mutating func post(_ service: ChatService, headline: String, text: String, id: String? = nil)
    -> String
  {
    let id = id ?? String(1_000_000 + next)
    next += 1
    messages.append(ChatMessage(service: service, id: id, headline: headline, text: text))
    return id
  }

  /// Edits a message; false when there is none of that id.
  mutating func edit(_ service: ChatService, id: String, headline: String, text: String) -> Bool {
    guard let index = place(service, id) else { return false }
    messages[index].headline = headline
    messages[index].text = text
    messages[index].edits += 1
    return true
  }

  /// Marks a message as over; false when there is none of that id that is not over.
  mutating func end(_ service: ChatService, id: String) -> Bool {
    guard let index = place(service, id), !messages[index].isOver else { return false }
    messages[index].isOver = true
    return true
  }

  /// There is a message of that id that is not over.
  func isOpen(_ service: ChatService, id: String) -> Bool {
    place(service, id).map { !messages[$0].isOver } ?? false
  }

  /// The message that a request of that name made before.
  func message(named name: String) -> String? { named[name] }

  mutating func name(_ id: String, as name: String) { named[name] = id }

  mutating func forgetOldest(beyond limit: Int) {
    if messages.count > limit { messages.removeFirst(messages.count - limit) }
    if named.count > limit { named = [:] }
  }

  private func place(_ service: ChatService, _ id: String) -> Int? {
    messages.lastIndex { $0.service == service && $0.id == id }
  }
}
