package import Billing

/// What a `Stripe-Signature` header says, before any of it is believed.
///
/// `t=<unix seconds>,v1=<hex>`, with one `v1` for each secret while Stripe rolls one. Every other scheme is
/// ignored, and `v0`, which Stripe sends beside `v1` in test mode, counts for nothing: accepting a weaker
/// scheme would let a forger choose it.
package struct SignatureHeader: Sendable {
    package let signedAt: Instant
    /// The `v1` values that could be signatures; one of another length or alphabet can never match.
    package let candidates: [AuthenticationCode]

    /// More than Stripe will ever send, and few enough that a header full of them costs nothing.
    package static let candidateLimit = 16

    /// Reads one header value, or several lines of it joined with commas.
    ///
    /// - Throws: ``SignatureError/missingHeader`` when there is nothing but white space, and
    ///   ``SignatureError/malformedHeader(_:)`` when the time or the signature is not to be had from it.
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
                // Readers disagree about which of two counts, so a header with two says nothing.
                guard signedAt == nil else { throw .malformedHeader(.repeatedTimestamp) }
                guard let seconds = value.canonicalSeconds else { throw .malformedHeader(.badTimestamp) }
                signedAt = Instant(unixSeconds: seconds)
            } else if name.spells("v1") {
                hasSignature = true
                guard candidates.count < Self.candidateLimit else { continue }
                if let candidate = AuthenticationCode(hex: value) { candidates.append(candidate) }
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
    /// Without the spaces and tabs that HTTP allows around the elements of a list.
    fileprivate var trimmed: Self {
        func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        guard let last = lastIndex(where: { !isSpace($0) }) else { return self[endIndex...] }
        return self[...last].drop(while: isSpace)
    }

    /// Nil without a `=`; such an element carries nothing we could need.
    fileprivate var nameAndValue: (name: Self, value: Self)? {
        guard let equals = firstIndex(of: UInt8(ascii: "=")) else { return nil }
        return (self[..<equals], self[(equals + 1)...])
    }

    fileprivate func spells(_ name: StaticString) -> Bool {
        name.withUTF8Buffer { elementsEqual($0) }
    }

    /// A number in the only spelling the signature can have been made over: no sign, no leading zero.
    ///
    /// Twelve digits reach the year 33658 and cannot overflow.
    fileprivate var canonicalSeconds: Int64? {
        guard (1...12).contains(count), count == 1 || first != UInt8(ascii: "0") else { return nil }
        guard allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
    }
}
