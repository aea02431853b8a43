import Billing
import TestSupport
import Testing
import Webhooks

@Suite struct SignatureVerifierTests {
    private let signedAt = Instant(unixSeconds: 1_750_000_000)
    private let body = Array(#"{"id":"evt_1","object":"event","type":"charge.succeeded"}"#.utf8)
    private let secret: EndpointSecret
    private let header: String

    init() throws {
        secret = try EndpointSecret("whsec_test")
        header = PayloadSigner(secret: secret).header(for: body, at: signedAt)
    }

    @Test(arguments: [-300, -299, -1, 0, 1, 299, 300] as [Int64])
    func `accepts a signature within the tolerance`(age: Int64) throws {
        let verified = try verify(at: signedAt.adding(seconds: age))
        #expect(verified.signedAt == signedAt)
    }

    @Test(arguments: [-400, -301, 301, 400, 86_400] as [Int64])
    func `rejects a signature outside the tolerance`(age: Int64) {
        #expect(throws: SignatureError.outsideTolerance(seconds: age)) {
            try verify(at: signedAt.adding(seconds: age))
        }
    }

    @Test(arguments: [Int64.min, .min + 1, .max])
    func `no clock makes it trap`(now: Int64) {
        let instant = Instant(unixSeconds: now)
        #expect(throws: SignatureError.outsideTolerance(seconds: instant.seconds(since: signedAt))) {
            try verify(at: instant)
        }
    }

    @Test func `the widest tolerance still refuses older signatures`() throws {
        let zero = Instant(unixSeconds: 0)
        let ancient = PayloadSigner(secret: secret).header(for: body, at: zero)
        let widest = SignatureVerifier(secrets: [secret], toleranceSeconds: .max)
        #expect(throws: Never.self) {
            try widest.verify(body, header: ancient, now: Instant(unixSeconds: .max))
        }
        #expect(throws: SignatureError.outsideTolerance(seconds: .min)) {
            try widest.verify(body, header: ancient, now: Instant(unixSeconds: .min))
        }
    }

    @Test(arguments: [Int64.min, -1])
    func `a negative tolerance lets nothing in`(tolerance: Int64) {
        let verifier = SignatureVerifier(secrets: [secret], toleranceSeconds: tolerance)
        #expect(throws: SignatureError.outsideTolerance(seconds: 0)) {
            try verifier.verify(body, header: header, now: signedAt)
        }
    }

    @Test func `a forged signature is not reported as late too`() throws {
        let forged = PayloadSigner(secret: try EndpointSecret("guess")).header(for: body, at: signedAt)
        #expect(throws: SignatureError.noMatchingSignature) {
            try SignatureVerifier(secrets: [secret])
                .verify(body, header: forged, now: signedAt.adding(seconds: 10_000))
        }
    }

    @Test func `a missing header is missing`() {
        #expect(throws: SignatureError.missingHeader) {
            try SignatureVerifier(secrets: [secret]).verify(body, header: nil, now: signedAt)
        }
    }

    @Test func `without a secret it rejects every signature`() {
        #expect(throws: SignatureError.noMatchingSignature) {
            try SignatureVerifier(secrets: []).verify(body, header: header, now: signedAt)
        }
    }

    @Test(arguments: 0..<3)
    func `returns the secret that signed`(index: Int) throws {
        let secrets = try ["whsec_a", "whsec_b", "whsec_c"].map { try EndpointSecret($0) }
        let header = PayloadSigner(secret: secrets[index]).header(for: body, at: signedAt)
        let verified = try SignatureVerifier(secrets: secrets).verify(body, header: header, now: signedAt)
        #expect(verified.secretIndex == index)
    }

    @Test func `any changed bit of the body is a mismatch`() {
        for position in body.indices {
            for bit in 0..<8 {
                var changed = body
                changed[position] ^= 1 << bit
                #expect(throws: SignatureError.noMatchingSignature) {
                    try SignatureVerifier(secrets: [secret]).verify(changed, header: header, now: signedAt)
                }
            }
        }
    }

    @Test func `no shorter part of the header is believed`() {
        for length in 0..<header.utf8.count {
            #expect(throws: SignatureError.self) {
                try SignatureVerifier(secrets: [secret])
                    .verify(body, header: String(header.prefix(length)), now: signedAt)
            }
        }
    }

    @Test func `hands on the very bytes it was given, not a copy`() throws {
        let verified = try verify(at: signedAt)
        let given = body.withUnsafeBytes { $0.baseAddress }
        let handedOn = verified.bytes.withUnsafeBytes { $0.baseAddress }
        #expect(given == handedOn)
    }

    @Test(arguments: [
        (SignatureError.missingHeader, "signature_missing"),
        (.malformedHeader(.noTimestamp), "signature_malformed"),
        (.noMatchingSignature, "signature_mismatch"),
        (.outsideTolerance(seconds: 301), "timestamp_outside_tolerance"),
    ])
    func `each refusal has the code the API promises`(error: SignatureError, code: String) {
        #expect(error.code == code)
    }

    @Test func `a refused time has the direction in which the clocks differ`() {
        #expect("\(SignatureError.outsideTolerance(seconds: 301))".contains("301 s ago"))
        #expect("\(SignatureError.outsideTolerance(seconds: -301))".contains("301 s in the future"))
        #expect("\(SignatureError.outsideTolerance(seconds: .min))".contains("9223372036854775808 s in"))
    }

    private func verify(at now: Instant) throws -> VerifiedPayload {
        try SignatureVerifier(secrets: [secret]).verify(body, header: header, now: now)
    }
}
