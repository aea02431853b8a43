/// The token in which a lease is paid.
///
/// The list is open, like Stripe's enumerations: an unknown token is stored and shown, but has no price.
package struct Denomination: Hashable, Sendable {
    package enum Worth: Sendable {
        /// One micro-unit is $0.000001.
        case dollar
        /// Priced by the day's price of AKT.
        case akt
        case unknown
    }

    /// `uakt`, `uact`, `uusdc`, or the chain's name of another token.
    package let code: String

    package static let uakt = Denomination(code: "uakt")
    package static let uact = Denomination(code: "uact")
    package static let uusdc = Denomination(code: "uusdc")

    private init(code: String) { self.code = code }

    /// - Returns: `nil` unless the text is a denomination of a Cosmos chain: 2 to 128 letters, digits and
    ///   characters of `/:._-`.
    package init?(_ text: String) {
        // Nearly all of them.
        if text == Self.uakt.code || text == Self.uact.code {
            code = text
            return
        }
        guard 2...128 ~= text.utf8.count, text.utf8.allSatisfy(Self.isAllowed) else { return nil }
        code = Self.ibcUSDC.contains(text) ? "uusdc" : text
    }

    package var worth: Worth {
        switch code {
        case "uact", "uusdc": .dollar
        case "uakt": .akt
        default: .unknown
        }
    }

    /// Whether the token comes from another chain, or was made by a module of this one: only the names of
    /// native tokens have no slash (`ibc/…`, `factory/…`).
    ///
    /// <https://ibc.cosmos.network/architecture/adr-001-coin-source-tracing>
    var isForeign: Bool { code.contains("/") }

    /// The chain's names of USDC, by the channel it came through: on the main network and on the sandbox.
    private static let ibcUSDC: Set<String> = [
        "ibc/170C677610AC31DF0904FFE09CD3B5C657492170E7E52372E48756B71E56F2F1",
        "ibc/12C6A0C374171B595A0A9E18B83FA09D295FB1F2D8C6DAA3AC28683471752D84",
    ]

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "/:._-".utf8.contains(byte)
        }
    }
}
