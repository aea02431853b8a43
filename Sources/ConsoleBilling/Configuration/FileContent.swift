#if canImport(Glibc)
import Glibc
#endif

/// What a file held when it was looked at.
enum FileContent: Equatable, Sendable {
    case absent
    /// It is there, and cannot be read.
    case unreadable
    case tooLarge
    case bytes([UInt8])

    /// What settings come from is a few lines.
    static let maximumBytes = 1 << 20

    static func read(_ path: String) -> FileContent {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return errno == ENOENT || errno == ENOTDIR ? .absent : .unreadable }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return .unreadable }
            guard count > 0 else { return .bytes(bytes) }
            bytes += buffer.prefix(count)
            guard bytes.count <= maximumBytes else { return .tooLarge }
        }
    }

    /// Whether there is something that says nothing when it is read again, such as the pipe of `<(pass show …)`.
    static func isStream(_ path: String) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0 else { return false }
        return ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT)
    }
}
