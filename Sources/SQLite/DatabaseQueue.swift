// SPDX-License-Identifier: MIT
import Glibc
import Synchronization

/// One connection confined to one thread of its own, which runs closures in the order given.
///
/// The thread is not one of Swift's cooperative pool, so a slow disk blocks no task but those that
/// wait for the answer. Closing, or letting go of the queue, ends the thread after the work given.
package final class DatabaseQueue: Sendable {
  /// Closures that may wait at once; more are refused with kind `busy`.
  package static let waitingMax = 4_096

  private let worker: QueueWorker

  /// Opens the database on the queue's new thread; blocks until that is done.
  ///
  /// - Parameters:
  ///   - path: A file path, or `:memory:`.
  ///   - options: How it is opened.
  ///   - schema: What the database must be, or is made to be unless it is opened read-only; nil
  ///     takes any.
  /// - Throws: ``SQLiteError`` of opening, checking or installing the schema.
  package init(
    path: String,
    options: OpenOptions = OpenOptions(),
    schema: Schema? = nil
  ) throws(SQLiteError) {
    worker = QueueWorker()
    try worker.start()
    let worker = worker
    try Self.wait { answer in
      worker.post { current in
        answer(
          Result { () throws(SQLiteError) in
            let connection = try Connection(path: path, options: options)
            if let schema {
              let mayInstall = options.access != .readOnly
              if mayInstall { try connection.install(schema) } else { try connection.check(schema) }
            }
            current = connection
          }
        )
      }
    }
  }

  deinit { worker.stop {} }

  /// Runs `body` on the queue's thread and returns its answer; cancellation does not stop it.
  ///
  /// - Throws: ``SQLiteError`` of `body`, of kind `closed` after ``close()``, or of kind `busy`
  ///   when ``waitingMax`` closures wait.
  package func run<Value: Sendable>(
    _ body: @escaping @Sendable (Connection) throws(SQLiteError) -> Value
  ) async throws(SQLiteError) -> Value {
    let result = await withCheckedContinuation { continuation in
      post(body) { continuation.resume(returning: $0) }
    }
    return try result.get()
  }

  /// Runs `body` on the queue's thread while the calling thread waits: for start-up and for
  /// threads that are not Swift's cooperative pool.
  ///
  /// - Throws: As ``run(_:)``.
  package func runBlocking<Value: Sendable>(
    _ body: @escaping @Sendable (Connection) throws(SQLiteError) -> Value
  ) throws(SQLiteError) -> Value {
    try Self.wait { answer in post(body, answer: answer) }
  }

  /// Runs `body` on the queue's thread and hands its answer to `completion` there; does not wait.
  ///
  /// A refusal (as in ``run(_:)``) reaches `completion` on the calling thread.
  package func submit<Value: Sendable>(
    _ body: @escaping @Sendable (Connection) throws(SQLiteError) -> Value,
    completion: @escaping @Sendable (Result<Value, SQLiteError>) -> Void
  ) {
    post(body, answer: completion)
  }

  /// Runs what was given before, closes the connection, and ends the thread; later work throws.
  package func close() async {
    await withCheckedContinuation { continuation in
      worker.stop { continuation.resume() }
    }
  }

  private func post<Value: Sendable>(
    _ body: @escaping @Sendable (Connection) throws(SQLiteError) -> Value,
    answer: @escaping @Sendable (Result<Value, SQLiteError>) -> Void
  ) {
    let refusal = worker.post { connection in
      guard let connection else {
        answer(.failure(SQLiteError(.closed, "the database is closed")))
        return
      }
      answer(Result { () throws(SQLiteError) in try body(connection) })
    }
    if let refusal { answer(.failure(refusal)) }
  }

  private static func wait<Value: Sendable>(
    for start: (@escaping @Sendable (Result<Value, SQLiteError>) -> Void) -> Void
  ) throws(SQLiteError) -> Value {
    let slot = AnswerSlot<Value>()
    start { slot.fill($0) }
    return try slot.wait().get()
  }
}

/// The thread, its connection and the work that waits.
///
/// The thread holds this object and not the queue, so that letting go of the queue ends the thread.
private final class QueueWorker: Sendable {
  typealias Job = @Sendable (inout Connection?) -> Void

  private struct State {
    var jobs: [Job] = []
    var isStopping = false
    var hasEnded = false
    var stopWaiters: [@Sendable () -> Void] = []
  }

  private let state = Mutex(State())
  private let wakeUps = CountingSemaphore()

  func start() throws(SQLiteError) {
    var thread = pthread_t()
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    let context = Unmanaged.passRetained(self)
    let code = pthread_create(
      &thread,
      &attributes,
      { context in
        guard let context else { return nil }
        Unmanaged<QueueWorker>.fromOpaque(context).takeRetainedValue().work()
        return nil
      },
      context.toOpaque()
    )
    guard code == 0 else {
      context.release()
      state.withLock { state in
        state.isStopping = true
        state.hasEnded = true
      }
      throw SQLiteError(.other, "no thread could be started (error \(code))")
    }
  }

  /// Adds a job; returns why it was refused, or nil.
  @discardableResult
  func post(_ job: @escaping Job) -> SQLiteError? {
    let refusal: SQLiteError? = state.withLock { state in
      if state.isStopping { return SQLiteError(.closed, "the database is closed") }
      guard state.jobs.count < DatabaseQueue.waitingMax else {
        return SQLiteError(.busy, "\(DatabaseQueue.waitingMax) closures already wait")
      }
      state.jobs.append(job)
      return nil
    }
    if refusal == nil { wakeUps.signal() }
    return refusal
  }

  /// Takes no more jobs; calls `done` when the thread has closed the connection.
  func stop(_ done: @escaping @Sendable () -> Void) {
    let hasEnded = state.withLock { state in
      if state.hasEnded { return true }
      state.isStopping = true
      state.stopWaiters.append(done)
      return false
    }
    if hasEnded { done() } else { wakeUps.signal() }
  }

  private func work() {
    var connection: Connection?
    while true {
      wakeUps.wait()
      let (jobs, isStopping) = state.withLock { state in
        let jobs = state.jobs
        state.jobs.removeAll()
        return (jobs, state.isStopping)
      }
      for job in jobs { job(&connection) }
      if isStopping { break }
    }
    connection = nil
    let waiters = state.withLock { state in
      state.hasEnded = true
      let waiters = state.stopWaiters
      state.stopWaiters.removeAll()
      return waiters
    }
    for done in waiters { done() }
  }
}

/// A place for one answer that a thread waits for.
private final class AnswerSlot<Value: Sendable>: Sendable {
  private let answer = Mutex<Result<Value, SQLiteError>?>(nil)
  private let isFilled = CountingSemaphore()

  func fill(_ result: Result<Value, SQLiteError>) {
    answer.withLock { $0 = result }
    isFilled.signal()
  }

  func wait() -> Result<Value, SQLiteError> {
    isFilled.wait()
    return answer.withLock { $0 } ?? .failure(SQLiteError(.other, "there is no answer"))
  }
}

/// A POSIX semaphore on the heap, where it keeps its address.
///
/// `@unchecked`: `sem_post` and `sem_wait` may be called from any thread.
private final class CountingSemaphore: @unchecked Sendable {
  private let semaphore: UnsafeMutablePointer<sem_t>

  init() {
    semaphore = .allocate(capacity: 1)
    semaphore.initialize(to: sem_t())
    sem_init(semaphore, 0, 0)
  }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  func signal() { sem_post(semaphore) }

  func wait() {
    while sem_wait(semaphore) != 0, errno == EINTR {}
  }
}
