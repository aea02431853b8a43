import Billing
import Cryptography
import JSON

/// A bearer token as it was received (a JWS in compact form, RFC 7515), parsed but not verified.
struct SignedToken: Sendable {
    /// The id of the key that the token claims to be signed with.
    let keyID: String
    /// The signed bytes: the header and the payload, as they were received.
    let signed: [UInt8]
    let signature: [UInt8]
    let claims: TokenClaims

    static let maximumBytes = 8192

    /// Whether a text has the three parts of a token, whatever they contain.
    static func isShaped(_ text: String) -> Bool { text.utf8.count { $0 == UInt8(ascii: ".") } == 2 }

    /// Parses a token.
    ///
    /// - Parameters:
    ///   - text: The token.
    ///   - customerClaim: The claim that names the customer; `nil` if no claim does.
    /// - Throws: ``TokenFault`` for a malformed token, and for any algorithm but RS256: the token must not
    ///   choose how it is verified.
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
            // A token with `crit` requires extensions (RFC 7515, section 4.1.11), and this service supports
            // none.
            return (json["alg"]?.string, json["kid"]?.string, json["crit"] == nil)
        }
        guard let read, read.isPlain else { throw .malformed }
        guard read.algorithm == "RS256" else { throw .algorithm }
        guard let keyID = read.keyID, 1...255 ~= keyID.utf8.count else { throw .unknownKey }
        return keyID
    }
}

/// The claims of a token.
struct TokenClaims: Sendable, Equatable {
    var subject: String?
    var issuer: String?
    var audiences: [String] = []
    var expiresAt: Instant?
    var notBefore: Instant?
    /// The customer ids of Stripe in the claim that names the customer.
    var customers: [String] = []

    /// Parses a payload.
    ///
    /// - Throws: ``TokenFault/malformed`` if the payload is no JSON object, or if a time is no number,
    ///   because a limit of the token must not be ignored.
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
    /// The result of `body` for the parsed JSON; `nil` if the bytes are not valid JSON.
    func readJSON<Result>(_ body: (JSONValue) -> Result?) -> Result? {
        try? JSONValue.read(self, body)
    }
}

extension JSONValue {
    /// A string, or the strings of a list; other elements are ignored.
    fileprivate var texts: [String] { string.map { [$0] } ?? elements?.compactMap(\.string) ?? [] }

    /// A NumericDate (RFC 7519), without its fraction.
    fileprivate var moment: Instant? {
        if let integer { return Instant(unixSeconds: integer) }
        guard string == nil, let text = decimalText, let whole = Int64(text.prefix { $0 != "." }),
            text.allSatisfy({ $0.isASCII && $0.isNumber || $0 == "." })
        else { return nil }
        return Instant(unixSeconds: whole)
    }
}
