/// The changes to the secrets of one kind, by names and fingerprints.
package struct SecretChange: Equatable, Sendable, CustomStringConvertible {
    let kind: ActiveSecret.Kind
    let added: [String]
    let removed: [String]
    /// The API keys whose scopes changed.
    let altered: [String]
    /// The link secret that signs from now on; `nil` if it did not change.
    let signsNow: String?

    /// Compares the previous secrets with the current ones.
    ///
    /// - Returns: `nil` if nothing changed.
    init?(_ kind: ActiveSecret.Kind, before: [ActiveSecret], after: [ActiveSecret]) {
        let before = before.filter { $0.kind == kind }
        let after = after.filter { $0.kind == kind }
        func isKept(_ secret: ActiveSecret, _ others: [ActiveSecret]) -> Bool {
            others.contains { $0.digest == secret.digest && $0.name == secret.name }
        }
        self.kind = kind
        added = after.filter { !isKept($0, before) }.map(\.label)
        removed = before.filter { !isKept($0, after) }.map(\.label)
        altered = after.filter { secret in
            before.contains {
                $0.digest == secret.digest && $0.name == secret.name && $0.scopes != secret.scopes
            }
        }.map(\.label)
        signsNow =
            kind == .link && before.first?.digest != after.first?.digest ? after.first?.label : nil
        if added.isEmpty, removed.isEmpty, altered.isEmpty, signsNow == nil { return nil }
    }

    /// For example `STRIPE_WEBHOOK_SECRET: added 1a2b3c4d; removed 99aabbcc`.
    package var description: String {
        let parts = [
            ("added", added), ("removed", removed), ("other scopes for", altered),
            ("signing with", signsNow.map { [$0] } ?? []),
        ].filter { !$0.1.isEmpty }
        return "\(kind.setting): "
            + parts.map { "\($0) \($1.joined(separator: ", "))" }.joined(separator: "; ")
    }
}
