import Billing
import TestSupport
import Testing
import Webhooks

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// One line of `testdata/signatures/deliveries.json`; the README beside it explains the fields.
struct DeliveryVector: Sendable, CustomTestStringConvertible {
    let name: String
    let secrets: [String]
    let header: String?
    let body: [UInt8]
    let now: Instant
    let tolerance: Int64
    let expect: String
    let signedAt: Instant
    let secretIndex: Int

    var testDescription: String { name }

    static func all() throws -> [DeliveryVector] {
        let file = try Data(Testdata.bytes("signatures/deliveries.json"))
        let document = try JSONDecoder().decode(Document.self, from: file)
        return try document.deliveries.map { try DeliveryVector(line: $0, defaults: document.defaults) }
    }

    private init(line: Line, defaults: Line) throws {
        name = try #require(line.name)
        secrets = try #require(line.secrets ?? defaults.secrets)
        header = line.header
        let text = try #require(line.body ?? defaults.body)
        body = line.body_base64.map { Array($0) } ?? Array(text.utf8)
        now = Instant(unixSeconds: try #require(line.now ?? defaults.now))
        tolerance = try #require(line.tolerance ?? defaults.tolerance)
        expect = try #require(line.expect)
        signedAt = Instant(unixSeconds: try #require(line.signed_at ?? defaults.signed_at))
        secretIndex = try #require(line.secret_index ?? defaults.secret_index)
    }

    private struct Document: Decodable {
        let defaults: Line
        let deliveries: [Line]
    }

    private struct Line: Decodable {
        let name: String?
        let secrets: [String]?
        let header: String?
        let body: String?
        let body_base64: Data?
        let now: Int64?
        let tolerance: Int64?
        let expect: String?
        let signed_at: Int64?
        let secret_index: Int?
    }
}
