import Billing
import TestSupport
import Testing
import Webhooks

@Suite struct PayloadSignerTests {
    @Test(arguments: ["", "{}", "2 × Größe 😀", String(repeating: "x", count: 100_000)])
    func `its signatures verify`(body: String) throws {
        let secret = try EndpointSecret("whsec_test")
        let now = Instant(unixSeconds: 1_750_000_000)
        let header = PayloadSigner(secret: secret).header(for: Array(body.utf8), at: now)
        #expect(header.wholeMatch(of: /t=\d+,v1=[0-9a-f]{64}/) != nil)
        #expect(throws: Never.self) {
            try SignatureVerifier(secrets: [secret]).verify(Array(body.utf8), header: header, now: now)
        }
    }

    @Test func `signs each attempt separately`() throws {
        let signer = PayloadSigner(secret: try EndpointSecret("whsec_test"))
        let headers = (0..<3).map { signer.header(for: [], at: Instant(unixSeconds: $0)) }
        #expect(Set(headers.map { $0.suffix(64) }).count == 3)
    }

    /// The same header from `printf '1750000000.{}' | openssl dgst -sha256 -hmac whsec_test`.
    @Test func `writes the header Stripe would`() throws {
        let signer = PayloadSigner(secret: try EndpointSecret("whsec_test"))
        let header = signer.header(for: Array("{}".utf8), at: Instant(unixSeconds: 1_750_000_000))
        #expect(header == "t=1750000000,v1=1624ed6eb073685be5cae1bcf200d57c2051b23aad907b6a2d9e045e2b2951da")
    }

    @Test(arguments: [Int64.min, -1, 1_000_000_000_000, .max])
    func `a time no reader takes is written as it is and refused there`(seconds: Int64) throws {
        let secret = try EndpointSecret("whsec_test")
        let instant = Instant(unixSeconds: seconds)
        let header = PayloadSigner(secret: secret).header(for: [], at: instant)
        #expect(header.hasPrefix("t=\(seconds),"))
        #expect(throws: SignatureError.malformedHeader(.badTimestamp)) {
            try SignatureVerifier(secrets: [secret]).verify([], header: header, now: instant)
        }
    }
}
