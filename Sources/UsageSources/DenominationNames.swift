package import Billing

/// What a chain calls the tokens that leases are paid in.
package struct DenominationNames: Sendable {
    private let usdc: Set<String>

    /// - Parameter usdc: More names of USDC, such as `ibc/…`, beside those that are known.
    package init(usdc: Set<String> = []) { self.usdc = usdc }

    /// - Returns: `nil` for a token that we do not know: what is paid in it would be missing from every total.
    package func denomination(_ name: String) -> Denomination? {
        if usdc.contains(name) { return .uusdc }
        guard let denomination = Denomination(name), denomination.worth != .unknown else { return nil }
        return denomination
    }
}
