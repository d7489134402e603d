// SPDX-License-Identifier: MIT
import Glibc
import Synchronization

/// Keeps a second process, or a second store of this one, from opening the same file.
///
/// The lock is on a file of its own beside the database, since SQLite uses locks on the database
/// itself. It ends with the process, however that ends.
final class StoreLock: Sendable {
  private let descriptor: Int32
  private let isHeld = Mutex(true)

  init(path: String) throws(StoreOpenError) {
    var facts = stat()
    // SQLite says only that it cannot open it, and a lock file would be left beside the folder.
    if stat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFDIR { throw .isFolder(path: path) }
    let lockPath = path + ".lock"
    descriptor = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      let reason = String(cString: strerror(errno))
      switch errno {
      case EACCES, EROFS, EPERM: throw .notWritable(path: path, reason: reason)
      case ENOSPC, EDQUOT: throw .diskFull(path: path)
      default: throw .cannotOpen(path: path, reason: reason)
      }
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw .alreadyOpen(path: path) }
  }

  deinit { release() }

  /// Lets others open the file.
  func release() {
    let wasHeld = isHeld.withLock { isHeld in
      defer { isHeld = false }
      return isHeld
    }
    guard wasHeld, descriptor >= 0 else { return }
    // Closing alone is not enough: a child process between fork and exec holds the file as well.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }
}
