import Billing
import TestSupport
import Testing
import Webhooks

@Suite struct DeliveryVectorTests {
    @Test(arguments: try DeliveryVector.all())
    func `decides each delivery on file as the file says`(vector: DeliveryVector) throws {
        let verifier = SignatureVerifier(
            secrets: try vector.secrets.map { try EndpointSecret($0) },
            toleranceSeconds: vector.tolerance
        )
        do {
            let verified = try verifier.verify(vector.body, header: vector.header, now: vector.now)
            #expect(vector.expect == "accepted")
            #expect(verified.bytes == vector.body)
            #expect(verified.signedAt == vector.signedAt)
            #expect(verified.secretIndex == vector.secretIndex)
        } catch {
            #expect(error.code == vector.expect)
        }
    }

    @Test func `the file shows every outcome`() throws {
        let outcomes = try Set(DeliveryVector.all().map(\.expect))
        let possible: Set = [
            "accepted", "signature_missing", "signature_malformed", "signature_mismatch",
            "timestamp_outside_tolerance",
        ]
        #expect(outcomes == possible)
    }
}
