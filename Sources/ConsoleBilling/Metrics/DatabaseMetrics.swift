import PrometheusMetrics
import SQLiteStorage

#if canImport(Glibc)
import Glibc
#endif

/// How large the embedded database is, and how much room it has left.
struct DatabaseMetrics: MetricSource {
    private let path: String?

    /// - Parameter path: `nil` for a database on a server, which has metrics of its own.
    init(path: String?) { self.path = path.map(DatabaseFiles.resolved) }

    func families() -> [MetricFamily] {
        let files = path.map { [("main", $0), ("wal", $0 + "-wal")] } ?? []
        return [
            MetricFamily(
                .gauge,
                "console_billing_database_bytes",
                "Size of the database and of its write-ahead log.",
                files.map { name, path in .init(Self.size(path), [("file", name)]) }
            ),
            MetricFamily(
                .gauge,
                "console_billing_disk_free_bytes",
                "Room that is left on the database's disk.",
                path.flatMap(Self.free).map { [.init($0)] } ?? []
            ),
        ]
    }

    /// Nothing for a file that is not there: a log that has been merged is gone.
    private static func size(_ path: String) -> Double {
        var status = stat()
        return stat(path, &status) == 0 ? Double(status.st_size) : 0
    }

    private static func free(_ path: String) -> Double? {
        var status = statvfs()
        return statvfs(path, &status) == 0 ? Double(status.f_bavail) * Double(status.f_frsize) : nil
    }
}
