import Foundation
import Hummingbird
import Storage

/// `GET /v1/backup`: a consistent copy of the embedded database, made while the service runs.
struct BackupController: Sendable {
    /// `nil` for PostgreSQL, which has its own backup tools.
    let source: (any BackupSource)?

    func addRoutes(to routes: Routes) {
        routes.get("/v1/backup", for: .ops, use: download)
    }

    @Sendable
    private func download(_ request: Request, _ context: AppContext) async throws -> Response {
        guard let source else {
            throw APIError(
                .notImplemented,
                "backup_elsewhere",
                "This service keeps its data in PostgreSQL. Copy it with pg_dump --format=custom, or with the tools of "
                    + "your database provider; pg_restore restores it."
            )
        }
        let copy = TemporaryFile(path: source.temporaryBackupPath)
        try await source.writeBackup(to: copy.path)
        let body = try await FileIO().loadFile(path: copy.path, context: context)
        return Response(
            status: .ok,
            headers: [
                .contentType: "application/vnd.sqlite3",
                .contentDisposition: "attachment; filename=\"console-billing-backup.sqlite\"",
                .cacheControl: "no-store",
            ],
            body: .init(contentLength: body.contentLength) { writer in
                try await body.write(writer)
                withExtendedLifetime(copy) {}
            }
        )
    }
}

/// Deletes a file when the last reference to this object is released.
///
/// The response's body cannot delete the file, because a body is never written in an answer to HEAD.
private final class TemporaryFile: Sendable {
    let path: String

    init(path: String) { self.path = path }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
