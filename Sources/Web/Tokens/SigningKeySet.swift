import Billing
import Cryptography

/// The keys that an issuer signs tokens with, by key id (a JWK Set, RFC 7517).
package struct SigningKeySet: Sendable {
    private let keys: [String: RSAPublicKey]

    static let maximumBytes = 64 << 10
    private static let maximumKeys = 50

    /// Parses a JWK Set; keys for other uses or algorithms than RS256 signatures are skipped.
    ///
    /// - Returns: `nil` if the document is invalid, or has no usable key.
    package init?(_ document: [UInt8]) {
        guard document.count <= Self.maximumBytes else { return nil }
        let read = document.readJSON { json -> [String: RSAPublicKey]? in
            guard let elements = json["keys"]?.elements, elements.count <= Self.maximumKeys else {
                return nil
            }
            var keys: [String: RSAPublicKey] = [:]
            for element in elements {
                guard element["kty"]?.string == "RSA", element["use"]?.string ?? "sig" == "sig",
                    element["alg"]?.string ?? "RS256" == "RS256",
                    let name = element["kid"]?.string, keys[name] == nil,
                    let modulus = element["n"]?.string.flatMap({ Base64URL.decoded($0) }),
                    let exponent = element["e"]?.string.flatMap({ Base64URL.decoded($0) })
                else { continue }
                keys[name] = RSAPublicKey(modulus: modulus, exponent: exponent)
            }
            return keys
        }
        guard let read, !read.isEmpty else { return nil }
        keys = read
    }

    package var count: Int { keys.count }

    subscript(name: String) -> RSAPublicKey? { keys[name] }
}
