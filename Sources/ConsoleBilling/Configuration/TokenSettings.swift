import Web

/// The issuer of accepted bearer tokens (`AUTH0_…`).
struct TokenSettings: Sendable, Equatable {
    let keysAddress: String
    let rules: TokenRules
}
