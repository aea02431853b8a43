package import Billing
package import Cryptography

/// A parsed, unverified `Stripe-Signature` header.
///
/// Its form is `t=<unix seconds>,v1=<hex>`, with one `v1` for each secret while Stripe rolls one. Other
/// schemes are ignored, including `v0`, which Stripe sends beside `v1` in test mode: if a weaker scheme were
/// accepted, an attacker could choose it.
package struct SignatureHeader: Sendable {
    package let signedAt: Instant
    /// The `v1` values with the length and alphabet of a signature; others can never match.
    package let candidates: [AuthenticationCode]

    /// More than Stripe sends, and few enough that a header full of values costs little.
    package static let candidateLimit = 16

    /// Reads one header value, or several lines of it joined with commas.
    ///
    /// - Throws: ``SignatureError/missingHeader`` if the text is blank, and
    ///   ``SignatureError/malformedHeader(_:)`` if it lacks a valid time or a signature.
    package init(parsing text: String) throws(SignatureError) {
        var text = text
        let reading = text.withUTF8 { bytes in
            Result { () throws(SignatureError) in try SignatureHeader(reading: bytes[...]) }
        }
        self = try reading.get()
    }

    private init(reading header: Slice<UnsafeBufferPointer<UInt8>>) throws(SignatureError) {
        var rest = header
        guard !rest.trimmed.isEmpty else { throw .missingHeader }

        var signedAt: Instant?
        var candidates: [AuthenticationCode] = []
        var hasSignature = false
        while !rest.isEmpty {
            let element = rest.prefix { $0 != UInt8(ascii: ",") }
            rest = rest.dropFirst(element.count + 1)
            guard let (name, value) = element.trimmed.nameAndValue else { continue }

            if name.spells("t") {
                // Parsers disagree about which of two counts, so a header with two is refused.
                guard signedAt == nil else { throw .malformedHeader(.repeatedTimestamp) }
                guard let seconds = value.canonicalSeconds else { throw .malformedHeader(.badTimestamp) }
                signedAt = Instant(unixSeconds: seconds)
            } else if name.spells("v1") {
                hasSignature = true
                guard candidates.count < Self.candidateLimit else { continue }
                if let candidate = AuthenticationCode(hex: UnsafeBufferPointer(rebasing: value)) {
                    candidates.append(candidate)
                }
            }
        }

        guard let signedAt else { throw .malformedHeader(.noTimestamp) }
        guard hasSignature else { throw .malformedHeader(.noSignature) }
        self.signedAt = signedAt
        self.candidates = candidates
    }

    /// Which part of the header cannot be read.
    package enum Defect: Equatable, Sendable, CustomStringConvertible {
        case noTimestamp
        case badTimestamp
        case repeatedTimestamp
        case noSignature

        package var description: String {
            switch self {
            case .noTimestamp: "it has no t"
            case .badTimestamp: "its t is not a plain decimal number of seconds"
            case .repeatedTimestamp: "it has more than one t"
            case .noSignature: "it has no v1 signature"
            }
        }
    }
}

extension Slice<UnsafeBufferPointer<UInt8>> {
    /// The bytes without the spaces and tabs that HTTP allows around list elements.
    fileprivate var trimmed: Self {
        func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        guard let last = lastIndex(where: { !isSpace($0) }) else { return self[endIndex...] }
        return self[...last].drop(while: isSpace)
    }

    /// The name and the value around the first `=`; nil without one, and the element is then ignored.
    fileprivate var nameAndValue: (name: Self, value: Self)? {
        guard let equals = firstIndex(of: UInt8(ascii: "=")) else { return nil }
        return (self[..<equals], self[(equals + 1)...])
    }

    fileprivate func spells(_ name: StaticString) -> Bool {
        name.withUTF8Buffer { elementsEqual($0) }
    }

    /// The seconds, only in the form that can have been signed: no sign, no leading zero.
    ///
    /// Twelve digits reach the year 33658 and cannot overflow.
    fileprivate var canonicalSeconds: Int64? {
        guard (1...12).contains(count), count == 1 || first != UInt8(ascii: "0") else { return nil }
        guard allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return reduce(0) { $0 &* 10 &+ Int64($1 - UInt8(ascii: "0")) }
    }
}
