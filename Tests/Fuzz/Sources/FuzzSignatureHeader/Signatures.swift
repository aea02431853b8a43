import Billing
import Fuzzing
import Webhooks

/// The signatures that the fuzzer may use, and what is to become of a header that does.
struct Signatures {
    enum Expectation: Equatable {
        case accepted(secret: Int, at: Int64)
        case refused(String)
    }

    let body = Array(#"{"id":"evt_1","type":"charge.succeeded"}"#.utf8)
    let now = Instant(unixSeconds: 1_750_000_000)
    let verifier: SignatureVerifier
    let deaf = SignatureVerifier(secrets: [])

    /// The meaning of a byte of the input.
    private let spellings: [UInt8: [UInt8]]
    /// Who signed the body, and when.
    private let genuine: [String: (secret: Int, at: Int64)]

    init() {
        guard let first = try? EndpointSecret("whsec_first"),
            let second = try? EndpointSecret("whsec_second"),
            let stranger = try? EndpointSecret("whsec_stranger")
        else { fatalError("these are secrets") }
        verifier = SignatureVerifier(secrets: [first, second])

        func hex(_ secret: EndpointSecret, at seconds: Int64, over body: [UInt8]) -> String {
            let header = PayloadSigner(secret: secret).header(for: body, at: Instant(unixSeconds: seconds))
            return String(header.suffix(64))
        }
        let now = now.unixSeconds
        let signed: [(byte: UInt8, secret: Int, at: Int64)] = [
            (1, 0, now), (2, 1, now), (3, 0, now - 300), (4, 0, now - 301), (5, 0, now + 300),
            (6, 1, now + 301),
            (7, 0, 0), (8, 0, 999_999_999_999),
        ]
        var spellings: [UInt8: [UInt8]] = [:]
        var genuine: [String: (secret: Int, at: Int64)] = [:]
        for signature in signed {
            let text = hex(signature.secret == 0 ? first : second, at: signature.at, over: body)
            spellings[signature.byte] = Array(text.utf8)
            genuine[text] = (signature.secret, signature.at)
        }
        spellings[14] = Array(hex(stranger, at: now, over: body).utf8)
        spellings[15] = Array(hex(first, at: now, over: body + [10]).utf8)
        spellings[16] = Array(hex(first, at: now, over: body).uppercased().utf8)
        spellings[17] = Array("\(now)".utf8)
        self.spellings = spellings
        self.genuine = genuine
    }

    func spelledOut(_ input: [UInt8]) -> [UInt8] {
        input.flatMap { spellings[$0] ?? [$0] }
    }

    /// The rules again, in the plainest words, at no care for speed.
    func expectation(of header: String) -> Expectation {
        let blanks: [Unicode.Scalar] = [" ", "\t"]
        func trimmed(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
            Array(Array(text.drop { blanks.contains($0) }.reversed()).drop { blanks.contains($0) }.reversed())
        }
        guard !trimmed(Array(header.unicodeScalars)).isEmpty else { return .refused("signature_missing") }

        var times: [String] = []
        var signatures: [String] = []
        for element in header.unicodeScalars.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = trimmed(Array(element)).split(
                separator: "=",
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            guard parts.count == 2 else { continue }
            func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
                var text = ""
                text.unicodeScalars.append(contentsOf: scalars)
                return text
            }
            // Compared as UTF-8: two texts that look the same are two names.
            if Array(text(parts[0]).utf8) == Array("t".utf8) { times.append(text(parts[1])) }
            if Array(text(parts[0]).utf8) == Array("v1".utf8) { signatures.append(text(parts[1])) }
        }
        guard times.count == 1, let seconds = Int64(times[0]), String(seconds) == times[0],
            0...999_999_999_999 ~= seconds, !signatures.isEmpty
        else { return .refused("signature_malformed") }

        // Only the first sixteen well-formed ones are checked.
        let candidates = signatures.filter { candidate in
            candidate.utf8.count == 64 && candidate.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) }
        }
        let signers = candidates.prefix(16).compactMap { genuine[$0] }.filter { $0.at == seconds }.map(
            \.secret
        )
        guard let signer = signers.min() else { return .refused("signature_mismatch") }
        guard (now.unixSeconds - seconds).magnitude <= 300 else {
            return .refused("timestamp_outside_tolerance")
        }
        return .accepted(secret: signer, at: seconds)
    }
}
