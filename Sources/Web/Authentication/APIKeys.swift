package import Cryptography

/// The permissions that an API key can have.
package enum Scope: String, CaseIterable, Sendable {
    case feedRead = "feed:read"
    /// Allows what `feed:read` allows, but only with `X-User-Id`, and only for that user's customers.
    case feedUser = "feed:user"
    case sessionsWrite = "sessions:write"
    case usageWrite = "usage:write"
    case customersWrite = "customers:write"
    case alertsWrite = "alerts:write"
    case ops
    case metricsRead = "metrics:read"
}

/// One API key: its name, its scopes, and the hash that identifies it.
package struct APIKey: Sendable, Equatable {
    package let name: String
    package let digest: SHA256Digest
    package let scopes: Set<Scope>

    package init(name: String, digest: SHA256Digest, scopes: Set<Scope>) {
        self.name = name
        self.digest = digest
        self.scopes = scopes
    }

    /// Parses `name:sha256hex:scope+scope`; a scope contains a colon itself.
    package init(parsing text: String) throws(APIKeyFault) {
        let parts = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty else { throw .shape }
        guard let digest = SHA256Digest(hex: parts[1].utf8) else { throw .digest(name: String(parts[0])) }
        guard digest != SHA256Digest(of: []) else { throw .empty(name: String(parts[0])) }
        var scopes: Set<Scope> = []
        for name in parts[2].split(separator: "+") {
            guard let scope = Scope(rawValue: String(name)) else { throw .scope(name: String(parts[0])) }
            scopes.insert(scope)
        }
        guard !scopes.isEmpty else { throw .scope(name: String(parts[0])) }
        self.init(name: String(parts[0]), digest: digest, scopes: scopes)
    }
}

/// Why an entry of `API_KEYS` cannot be parsed; the message names the entry, never its hash.
package enum APIKeyFault: Error, Equatable, CustomStringConvertible {
    case shape
    case digest(name: String)
    /// The hash of no text, as `printf %s "$UNSET" | sha256sum` prints it: an empty header would be the key.
    case empty(name: String)
    case scope(name: String)

    package var description: String {
        switch self {
        case .shape: "an entry is not of the form name:sha256hex:scope+scope"
        case .digest(let name): "the hash of \(name) is not 64 lower-case hexadecimal digits"
        case .empty(let name): "the hash of \(name) is that of an empty key"
        case .scope(let name):
            "the scopes of \(name) are not among \(Scope.allCases.map(\.rawValue).joined(separator: ", "))"
        }
    }
}

/// The configured API keys, with a usage counter each.
struct APIKeys: Sendable {
    private let keys: [(key: APIKey, use: SecretUse)]

    init(_ keys: [APIKey], uses: [SecretUse]) { self.keys = Array(zip(keys, uses)) }

    /// The key that the caller presents; ``Authenticator`` counts its use once it accepts the request.
    ///
    /// All keys are compared, each in constant time, so that the duration does not reveal which keys exist.
    func key(presented text: String) -> (key: APIKey, use: SecretUse)? {
        let digest = SHA256Digest(of: Array(text.utf8))
        return keys.reduce(nil) { found, entry in entry.key.digest == digest ? entry : found }
    }
}
