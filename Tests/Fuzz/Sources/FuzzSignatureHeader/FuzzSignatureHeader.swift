import Billing
import Fuzzing
import Webhooks

/// A `Stripe-Signature` header against a body that is fixed.
///
/// No fuzzer guesses an HMAC, so some bytes of the input stand for signatures (see ``Signatures``). The laws:
/// whatever verifies was signed, in time, by a secret of ours; and a second reading of the rules, written
/// without the first, comes to the same answer.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzSignatureHeader(_ start: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let header = String(decoding: signatures.spelledOut(input(start, size)), as: UTF8.self)
    let expected = signatures.expectation(of: header)
    do {
        let parsed = try SignatureHeader(parsing: header)
        let verified = try signatures.verifier.verify(signatures.body, parsed, now: signatures.now)
        require(verified.bytes == signatures.body, "the body is what was given")
        require(
            expected == .accepted(secret: verified.secretIndex, at: verified.signedAt.unixSeconds),
            "whatever verifies was signed: \(expected)"
        )
    } catch {
        require(expected == .refused(error.code), "\(error.code) is the right refusal: \(expected)")
        require(!"\(error)".contains("whsec"), "a refusal does not name a secret")
    }
    require(
        (try? signatures.deaf.verify(signatures.body, SignatureHeader(parsing: header), now: signatures.now))
            == nil,
        "without a secret nothing verifies"
    )
    return 0
}

private let signatures = Signatures()
