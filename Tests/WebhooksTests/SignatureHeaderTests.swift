import Billing
import Testing
import Webhooks

@Suite struct SignatureHeaderTests {
    private static let hex = String(repeating: "0", count: 64)

    @Test(arguments: [
        ("v1=\(hex)", SignatureHeader.Defect.noTimestamp),
        ("T=1,v1=\(hex)", .noTimestamp),
        ("t =1,v1=\(hex)", .noTimestamp),
        ("t", .noTimestamp),
        (",,", .noTimestamp),
        ("t=,v1=\(hex)", .badTimestamp),
        ("t= 1,v1=\(hex)", .badTimestamp),
        ("t=01,v1=\(hex)", .badTimestamp),
        ("t=00,v1=\(hex)", .badTimestamp),
        ("t=-1,v1=\(hex)", .badTimestamp),
        ("t=+1,v1=\(hex)", .badTimestamp),
        ("t=1.0,v1=\(hex)", .badTimestamp),
        ("t=1_0,v1=\(hex)", .badTimestamp),
        ("t=1=1,v1=\(hex)", .badTimestamp),
        ("t=1\0,v1=\(hex)", .badTimestamp),
        ("t=١,v1=\(hex)", .badTimestamp),
        ("t=/,v1=\(hex)", .badTimestamp),
        ("t=:,v1=\(hex)", .badTimestamp),
        ("t=1000000000000,v1=\(hex)", .badTimestamp),
        ("t=\(Int64.max),v1=\(hex)", .badTimestamp),
        ("t=\(Int64.min),v1=\(hex)", .badTimestamp),
        ("t=\(UInt64.max),v1=\(hex)", .badTimestamp),
        ("t=1,t=1,v1=\(hex)", .repeatedTimestamp),
        ("t=1,v1=\(hex),t=", .repeatedTimestamp),
        ("t=1", .noSignature),
        ("t=1,v1", .noSignature),
        ("t=1,v0=\(hex)", .noSignature),
        ("t=1,V1=\(hex)", .noSignature),
        ("t=1,v10=\(hex)", .noSignature),
        ("t=1,v1 =\(hex)", .noSignature),
    ])
    func `names the malformed part`(text: String, defect: SignatureHeader.Defect) {
        #expect(throws: SignatureError.malformedHeader(defect)) { try SignatureHeader(parsing: text) }
    }

    @Test(arguments: ["", " ", "\t", " \t "])
    func `nothing but white space is no header`(text: String) {
        #expect(throws: SignatureError.missingHeader) { try SignatureHeader(parsing: text) }
    }

    @Test(arguments: [0, 1, 9, 10, 1_750_000_000, 999_999_999_999] as [Int64])
    func `reads a canonical time`(seconds: Int64) throws {
        let header = try SignatureHeader(parsing: "t=\(seconds),v1=\(Self.hex)")
        #expect(header.signedAt == Instant(unixSeconds: seconds))
    }

    @Test(arguments: ["", "potato", "deadbeef", "\(hex)0", "\(hex.dropLast())", "\(hex.dropLast())F"])
    func `a v1 that cannot be a signature is no candidate, and no reason to complain`(value: String) throws {
        let header = try SignatureHeader(parsing: "t=1,v1=\(value)")
        #expect(header.candidates.isEmpty)
    }

    @Test func `keeps the order of the signatures`() throws {
        let first = String(repeating: "1", count: 64)
        let second = String(repeating: "2", count: 64)
        let header = try SignatureHeader(parsing: "v1=\(first),t=1,v0=\(Self.hex),v1=\(second)")
        #expect(header.candidates.map(\.hex) == [first, second])
    }

    @Test func `keeps a limited number of signatures of a huge header`() throws {
        let huge = "t=1" + String(repeating: ",v1=\(Self.hex)", count: 10_000)
        #expect(try SignatureHeader(parsing: huge).candidates.count == SignatureHeader.candidateLimit)
    }

    @Test func `reads text that is not stored contiguously`() throws {
        let joined = ["t=1", "v1=\(Self.hex)"].lazy.joined(separator: ",")
        #expect(try SignatureHeader(parsing: String(joined)).candidates.count == 1)
    }
}
