import Billing

/// A bearer token as it came (a JWS in its compact form, RFC 7515), taken apart and not believed.
struct SignedToken: Sendable {
    /// The name of the key that is said to have signed it.
    let keyID: String
    /// What is signed: header and payload as they came.
    let signed: [UInt8]
    let signature: [UInt8]
    let claims: TokenClaims

    static let maximumBytes = 8192

    /// Whether a text has the three parts of such a token, whatever is in them.
    static func isShaped(_ text: String) -> Bool { text.utf8.count { $0 == UInt8(ascii: ".") } == 2 }

    /// Takes a token apart.
    ///
    /// - Parameters:
    ///   - text: The token.
    ///   - customerClaim: The claim that names the customer, where one does.
    /// - Throws: ``TokenFault`` for what is no such token, and for every algorithm but RS256: a token has no say in how
    ///   it is checked.
    init(_ text: String, customerClaim: String?) throws(TokenFault) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard text.utf8.count <= Self.maximumBytes, parts.count == 3,
            let header = Base64URL.decoded(parts[0]), let payload = Base64URL.decoded(parts[1]),
            let signature = Base64URL.decoded(parts[2]), !signature.isEmpty
        else { throw .malformed }
        keyID = try Self.keyID(header)
        claims = try TokenClaims(payload, customerClaim: customerClaim)
        signed = Array("\(parts[0]).\(parts[1])".utf8)
        self.signature = signature
    }

    private static func keyID(_ header: [UInt8]) throws(TokenFault) -> String {
        let read = header.readJSON { json -> (algorithm: String?, keyID: String?, isPlain: Bool)? in
            guard json.isObject else { return nil }
            // An extension that has to be understood is one that we do not.
            return (json["alg"]?.string, json["kid"]?.string, json["crit"] == nil)
        }
        guard let read, read.isPlain else { throw .malformed }
        guard read.algorithm == "RS256" else { throw .algorithm }
        guard let keyID = read.keyID, 1...255 ~= keyID.utf8.count else { throw .unknownKey }
        return keyID
    }
}

/// What a token says.
struct TokenClaims: Sendable, Equatable {
    var subject: String?
    var issuer: String?
    var audiences: [String] = []
    var expiresAt: Instant?
    var notBefore: Instant?
    /// Stripe's ids in the claim that names the customer.
    var customers: [String] = []

    /// Reads a payload.
    ///
    /// - Throws: ``TokenFault/malformed`` for what is no JSON object, and for a time that is no number: nothing may be
    ///   overlooked that limits a token.
    init(_ payload: [UInt8], customerClaim: String?) throws(TokenFault) {
        let read = payload.readJSON { json -> TokenClaims? in
            guard json.isObject else { return nil }
            var claims = TokenClaims()
            claims.subject = json["sub"]?.string
            claims.issuer = json["iss"]?.string
            claims.audiences = json["aud"]?.texts ?? []
            for (name, path) in [
                ("exp", \TokenClaims.expiresAt as WritableKeyPath), ("nbf", \.notBefore),
            ] {
                guard let value = json[named: name] else { continue }
                guard let moment = value.moment else { return nil }
                claims[keyPath: path] = moment
            }
            claims.customers =
                customerClaim.flatMap { json[named: $0]?.texts }?.filter(StripeID.isValid) ?? []
            return claims
        }
        guard let read else { throw .malformed }
        self = read
    }

    init() {}
}

extension [UInt8] {
    /// What `body` makes of a JSON text; `nil` for what is none.
    func readJSON<Result>(_ body: (JSONValue) -> Result?) -> Result? {
        withUnsafeBufferPointer { bytes in (try? JSONValue.read(bytes) { body($0) }) ?? nil }
    }
}

extension JSONValue {
    /// A text, or a list of texts; others in the list are passed over.
    fileprivate var texts: [String] { string.map { [$0] } ?? elements?.compactMap(\.string) ?? [] }

    /// A NumericDate of RFC 7519, which may have a fraction, cut off.
    fileprivate var moment: Instant? {
        if let integer { return Instant(unixSeconds: integer) }
        guard string == nil, let text = decimalText, let whole = Int64(text.prefix { $0 != "." }),
            text.allSatisfy({ $0.isASCII && $0.isNumber || $0 == "." })
        else { return nil }
        return Instant(unixSeconds: whole)
    }
}
