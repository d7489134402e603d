// SPDX-License-Identifier: MIT
import FoundationEssentials
import HTTPAPI
import MetricModel
import Notifying

/// The messages between instances as JSON.
enum PeerText {
  /// The most bytes of a message.
  static let bytesMax = PeerEndpoint.bytesMax
  /// Bytes that are left for what is not a thing that instances share.
  private static let frameBytes = 128 << 10

  /// The most bytes of all things in a message.
  static let itemBytesMax = bytesMax - frameBytes

  static func bytes(of message: PeerMessage) -> [UInt8] { encoded(PeerMessageForm(message)) }

  /// The size of a thing; nil when no message can hold it.
  static func bytes(of item: SharedItem) -> Int? {
    let form = SharedItemForm(item)
    let count = encoded(form).count
    return count <= itemBytesMax && form.item != nil ? count : nil
  }

  /// Reads a message.
  static func message(_ bytes: [UInt8]) throws(PeerRefusal) -> PeerMessage {
    let decoder = JSONDecoder()
    let form: Int
    do {
      form = try decoder.decode(PeerFormNumber.self, from: Data(bytes)).form
    } catch {
      throw .malformed("it is no JSON object with the number \"form\"")
    }
    guard form == PeerMessage.form else { throw .otherForm(form) }
    let read: PeerMessageForm
    do {
      read = try decoder.decode(PeerMessageForm.self, from: Data(bytes))
    } catch let error as DecodingError {
      throw .malformed(error.place)
    } catch {
      throw .malformed("it cannot be read")
    }
    return try read.message()
  }

  private static func encoded(_ value: some Encodable) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.withoutEscapingSlashes]
    do {
      return Array(try encoder.encode(value))
    } catch {
      preconditionFailure("messages hold nothing that JSON cannot say: \(error)")
    }
  }
}

extension DecodingError {
  /// Where something is wrong, without what stands there.
  fileprivate var place: String {
    let path: [any CodingKey]
    switch self {
    case .typeMismatch(_, let context), .valueNotFound(_, let context),
      .dataCorrupted(let context):
      path = context.codingPath
    case .keyNotFound(let key, let context): path = context.codingPath + [key]
    @unknown default: path = []
    }
    let words = path.prefix(8).map {
      $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue.prefix(32))"
    }
    return words.isEmpty ? "it cannot be read" : "\(words.joined()) is not what it should be"
  }
}

/// Read first: what follows depends on it.
private struct PeerFormNumber: Codable {
  let form: Int
}

private struct IntegrationForm: Codable {
  let receiver: String
  let kind: String
  let index: Int
}

private struct PeerMessageForm: Codable {
  /// The most places of a message.
  private static let placesMax = 1_000

  let form: Int
  let cluster: String
  let from: String
  let to: String
  let epoch: String
  let sentUnixMs: Int64
  let receivedEpoch: String
  let receivedRevision: Int64
  let items: [SharedItemForm]
  let revision: Int64
  let isWhole: Bool
  let isTelling: Bool
  let steady: [IntegrationForm]

  init(_ message: PeerMessage) {
    form = PeerMessage.form
    (cluster, from, to) = (message.cluster, message.from, message.to)
    epoch = message.epoch
    sentUnixMs = message.sentAt.unixMilliseconds
    receivedEpoch = message.received.epoch
    receivedRevision = message.received.revision
    items = message.items.map { SharedItemForm($0) }
    (revision, isWhole, isTelling) = (message.revision, message.isWhole, message.isTelling)
    steady = message.steady.prefix(Self.placesMax).map {
      IntegrationForm(receiver: $0.receiver, kind: $0.kind, index: $0.index)
    }
  }

  func message() throws(PeerRefusal) -> PeerMessage {
    let texts =
      [cluster, from, to, epoch, receivedEpoch] + steady.flatMap { [$0.receiver, $0.kind] }
    guard texts.allSatisfy({ $0.utf8.count <= ToldGroupForm.nameBytesMax }), !from.isEmpty,
      !epoch.isEmpty
    else { throw .malformed("a name in it is missing or too long") }
    guard items.count <= PeerMessage.itemsMax, steady.count <= Self.placesMax else {
      throw .malformed("it holds more than \(PeerMessage.itemsMax) things")
    }
    let numbers = [sentUnixMs, receivedRevision, revision]
    guard numbers.allSatisfy({ (0...(1 << 53)).contains($0) }) else {
      throw .malformed("a number in it is out of range")
    }
    var message = PeerMessage(
      cluster: cluster,
      from: from,
      to: to,
      epoch: epoch,
      sentAt: Timestamp(unixMilliseconds: sentUnixMs),
      received: PeerMessage.Receipt(epoch: receivedEpoch, revision: receivedRevision),
      revision: revision,
      isWhole: isWhole,
      isTelling: isTelling,
      steady: steady.map { IntegrationID(receiver: $0.receiver, kind: $0.kind, index: $0.index) }
    )
    for (position, item) in items.enumerated() {
      guard let read = item.item else {
        throw .malformed(".items[\(position)] is not what it should be")
      }
      message.items.append(read)
    }
    return message
  }
}

/// Exactly one of its parts is there.
private struct SharedItemForm: Codable {
  let told: ToldGroupForm?
  let silence: SilenceForm?
  let acknowledgement: AcknowledgementForm?

  init(_ item: SharedItem) {
    switch item {
    case .told(let key, let group):
      (told, silence, acknowledgement) = (ToldGroupForm(key, group), nil, nil)
    case .silence(let made): (told, silence, acknowledgement) = (nil, SilenceForm(made), nil)
    case .acknowledgement(let made):
      (told, silence, acknowledgement) = (nil, nil, AcknowledgementForm(made))
    }
  }

  var item: SharedItem? {
    switch (told, silence, acknowledgement) {
    case (let told?, nil, nil): told.value.map { .told($0.key, $0.told) }
    case (nil, let silence?, nil): silence.silence.map { .silence($0) }
    case (nil, nil, let made?): made.acknowledgement.map { .acknowledgement($0) }
    default: nil
    }
  }
}
