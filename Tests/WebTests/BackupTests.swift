import Foundation
import Testing

/// `GET /v1/backup`.
@Suite(.timeLimit(.minutes(5)))
struct BackupTests {
    @Test func `a backup is a database of SQLite's`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver(FeedSample.events)
            let answer = try await harness.get("/v1/backup", key: .ops)
            #expect(answer.status == 200)
            #expect(answer.body.starts(with: Array("SQLite format 3\0".utf8)))
        }
    }

    @Test(arguments: ["GET", "HEAD"])
    func `a backup that was asked for leaves no copy behind`(method: String) async throws {
        try await WebHarness.with { harness in
            let connection = try harness.connect()
            await connection.send(
                "\(method) /v1/backup HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer \(TestKey.ops.rawValue)\r\n\r\n"
                    + "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"
            )
            let backup = try await connection.answer(toHead: method == "HEAD")
            // Answered when the first request is done with.
            let health = try await connection.answer()
            #expect(backup.status == 200 && health.status == 200)
            let copies = try FileManager.default.contentsOfDirectory(atPath: harness.folder.path)
                .filter { $0.contains("backup") }
            #expect(copies.isEmpty)
        }
    }
}
