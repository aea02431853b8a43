#if canImport(Glibc)
import Glibc
#endif

/// The contents of a file when it was read.
enum FileContent: Equatable, Sendable {
    case absent
    /// The file exists but cannot be read.
    case unreadable
    case tooLarge
    case bytes([UInt8])

    /// 1 MiB; files of settings are a few lines long.
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

    /// Whether the path is a stream that can be read only once, such as the pipe of `<(pass show …)`.
    static func isStream(_ path: String) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0 else { return false }
        return ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT)
    }
}
