package import Billing

/// The names of tokens on a chain.
package struct DenominationNames: Sendable {
    private let usdc: Set<String>

    /// - Parameter usdc: Names of USDC, such as `ibc/…`, in addition to the built-in ones.
    package init(usdc: Set<String> = []) { self.usdc = usdc }

    /// - Returns: `nil` for an unknown token: its payments would be missing from all totals.
    package func denomination(_ name: String) -> Denomination? {
        if usdc.contains(name) { return .uusdc }
        guard let denomination = Denomination(name), denomination.worth != .unknown else { return nil }
        return denomination
    }
}
