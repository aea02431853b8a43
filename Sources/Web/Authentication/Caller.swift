import Storage

/// The caller of a request, and the customers that the caller may see.
struct Caller: Sendable {
    /// The name of the key or the kind of the credential, for the log; never a secret.
    let name: String
    let scopes: Set<Scope>
    /// The customers that the caller may see: several if one user has several, none for a user without
    /// payments.
    let accessScope: AccessScope
    /// The address on chain whose usage the caller may read, as long as no account map says otherwise.
    var address: String?
    /// The rate limit that the caller's requests are charged to.
    let budget: LimitedCaller

    static let none = Caller(name: "none", scopes: [], accessScope: .customers([]), budget: .stranger(nil))
}
