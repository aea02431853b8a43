import PrometheusMetrics
import SQLiteStorage

#if canImport(Glibc)
import Glibc
#endif

/// The size of the embedded database and the free space on its disk.
struct DatabaseMetrics: MetricSource {
    private let path: String?

    /// - Parameter path: The database's file; `nil` for PostgreSQL, which has metrics of its own.
    init(path: String?) { self.path = path.map(DatabaseFiles.resolved) }

    func families() -> [MetricFamily] {
        let files = path.map { [("main", $0), ("wal", $0 + "-wal")] } ?? []
        return [
            MetricFamily(
                .gauge,
                "console_billing_database_bytes",
                "Size of the database and its write-ahead log.",
                files.map { name, path in .init(Self.size(path), [("file", name)]) }
            ),
            MetricFamily(
                .gauge,
                "console_billing_disk_free_bytes",
                "Free space on the database's disk.",
                path.flatMap(Self.free)
            ),
        ]
    }

    /// 0 for a missing file: SQLite deletes the WAL after a full checkpoint.
    private static func size(_ path: String) -> Double {
        var status = stat()
        return stat(path, &status) == 0 ? Double(status.st_size) : 0
    }

    private static func free(_ path: String) -> Double? {
        var status = statvfs()
        return statvfs(path, &status) == 0 ? Double(status.f_bavail) * Double(status.f_frsize) : nil
    }
}
