import Foundation
import Hummingbird
import Storage

/// `GET /v1/backup`: a consistent copy of the embedded database, while it serves.
struct BackupController: Sendable {
    let source: any BackupSource
    let authenticator: Authenticator

    func addRoutes(to routes: inout Routes) {
        routes.get("/v1/backup", use: download)
    }

    @Sendable
    private func download(_ request: Request, _ context: AppContext) async throws -> Response {
        _ = try authenticator.caller(of: request, needing: .ops)
        let path = source.temporaryBackupPath
        try await source.writeBackup(to: path)
        let body = try await FileIO().loadFile(path: path, context: context)
        return Response(
            status: .ok,
            headers: [
                .contentType: "application/vnd.sqlite3",
                .contentDisposition: "attachment; filename=\"console-billing-backup.sqlite\"",
                .cacheControl: "no-store",
            ],
            body: .init(contentLength: body.contentLength) { writer in
                // Removed whether or not the reader stayed to the end.
                defer { try? FileManager.default.removeItem(atPath: path) }
                try await body.write(writer)
            }
        )
    }
}
