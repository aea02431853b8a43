import Web

/// Whose bearer tokens are taken, as configured (`AUTH0_…`).
struct TokenSettings: Sendable, Equatable {
    let keysAddress: String
    let rules: TokenRules
}
