import Foundation
import HTTPClient
import StripeAPI
import Testing

@testable import Web

/// Scripts and styles, as browsers and caches get them.
@Suite(.timeLimit(.minutes(5)))
struct AssetsTests {
    @Test func `what pages link to is there, and may be kept for ever`() async throws {
        try await WebHarness.with { harness in
            let page = try await harness.visit("/billing/usage").text
            let links = page.matches(of: /(?:href|src)="(\/assets\/[^"]*)"/).map { String($0.1) }
            #expect(links.count == 3)
            for link in links {
                let answer = try await harness.get(link, key: nil)
                #expect(answer.status == 200, "\(link)")
                #expect(answer.headers["Cache-Control"] == "public, max-age=31536000, immutable")
                let other = try await harness.get(String(link.dropLast()), key: nil)
                #expect(other.headers["Cache-Control"] == "public, no-cache")
            }
        }
    }

    @Test func `who has it already is not sent it again`() async throws {
        try await WebHarness.with { harness in
            let first = try await harness.get("/assets/billing.css", key: nil)
            let tag = try #require(first.headers["ETag"])
            for (known, status) in [(tag, 304), ("\"x\", W/\(tag)", 304), ("\"x\"", 200)] {
                let header = TransportHeader("If-None-Match", known)
                let answer = try await harness.get("/assets/billing.css", key: nil, headers: [header])
                #expect(answer.status == status, "\(known)")
            }
        }
    }

    @Test func `gzip holds the same bytes, under a tag of its own`() async throws {
        try await WebHarness.with { harness in
            let header = TransportHeader("Accept-Encoding", "gzip")
            let plain = try await harness.get("/assets/billing.js", key: nil)
            let small = try await harness.get("/assets/billing.js", key: nil, headers: [header])
            #expect(small.headers["Content-Encoding"] == "gzip" && small.body.count < plain.body.count / 2)
            #expect(small.headers["ETag"] != plain.headers["ETag"])
            let unpacked = try gunzip(small.body)
            #expect(unpacked == plain.body)
        }
    }

    @Test(arguments: [0, 1, 100_000])
    func `any bytes come out of gzip as they went in`(count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
        for effort in [Gzip.Effort.quick, .thorough] {
            let unpacked = try gunzip(try #require(Gzip.compressed(bytes, effort)))
            #expect(unpacked == bytes)
        }
    }

    @Test func `without Chart.js its path is not found, and no page links to it`() async throws {
        var settings = WebHarness.Settings()
        settings.chartScript = nil
        try await WebHarness.with(settings) { harness in
            #expect(try await harness.get("/assets/chart.js", key: nil).status == 404)
            let page = try await harness.visit("/billing/usage").text
            #expect(!page.contains("/assets/chart.js"))
        }
    }

    /// By the tool of the same name, which shares no code with us but zlib's.
    private func gunzip(_ bytes: [UInt8]) throws -> [UInt8] {
        let file = FileManager.default.temporaryDirectory.appending(path: "gunzip-\(UUID().uuidString).gz")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(bytes).write(to: file)
        let process = Process()
        process.executableURL = URL(filePath: "/bin/gzip")
        process.arguments = ["-dc", file.path]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return Array(data)
    }
}
