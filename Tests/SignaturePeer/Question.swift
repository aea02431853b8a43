import Billing
import Webhooks

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// One line of the peer's input.
enum Question {
    /// `{"secret":"whsec_…","t":1750000000,"body_base64":"…"}`, answered with the header.
    struct Sign: Decodable {
        let secret: String
        let t: Int64
        let body_base64: Data
    }

    /// `{"verify":{…}}`, answered with `accepted` or the code of the refusal.
    struct Verify: Decodable {
        struct Delivery: Decodable {
            let secrets: [String]
            let header: String?
            let body_base64: Data
            let now: Int64
            let tolerance: Int64
        }

        let verify: Delivery
    }

    static func answer(to line: String) -> String {
        let decoder = JSONDecoder()
        let bytes = Data(line.utf8)
        do {
            if let question = try? decoder.decode(Verify.self, from: bytes) {
                return try answer(to: question.verify)
            }
            return try answer(to: decoder.decode(Sign.self, from: bytes))
        } catch {
            return "error: \(error)"
        }
    }

    private static func answer(to question: Sign) throws -> String {
        let signer = PayloadSigner(secret: try EndpointSecret(question.secret))
        return signer.header(for: Array(question.body_base64), at: Instant(unixSeconds: question.t))
    }

    private static func answer(to question: Verify.Delivery) throws -> String {
        let verifier = SignatureVerifier(
            secrets: try question.secrets.map { try EndpointSecret($0) },
            toleranceSeconds: question.tolerance
        )
        do {
            _ = try verifier.verify(
                Array(question.body_base64),
                try SignatureHeader(parsing: question.header ?? ""),
                now: Instant(unixSeconds: question.now)
            )
            return "accepted"
        } catch {
            return error.code
        }
    }
}
