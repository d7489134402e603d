// SPDX-License-Identifier: MIT
import Dispatch
import Glibc

/// Signals of the process as a stream.
struct SignalStream {
  let stream: AsyncStream<Int32>
  private let sources: [any DispatchSourceSignal]

  init(_ numbers: [Int32]) {
    let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
    self.stream = stream
    sources = numbers.map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      // Marked @Sendable: written in code of the main actor it would otherwise trap on another
      // queue.
      source.setEventHandler { @Sendable in continuation.yield(number) }
      source.resume()
      return source
    }
  }
}
