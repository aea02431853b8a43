package import Billing
package import Webhooks

extension SignatureVerifier {
    /// Verifies a delivery with the text of its header; `nil` for a request without one.
    package func verify(
        _ body: [UInt8],
        header: String?,
        now: Instant
    ) throws(SignatureError) -> VerifiedPayload {
        try verify(body, try SignatureHeader(parsing: header ?? ""), now: now)
    }
}
