/// The merchant that issues receipts, for their header.
package struct Merchant: Sendable, Equatable {
    package let name: String?
    package let address: [String]
    package let taxID: String?

    package static let unnamed = Merchant(name: nil, address: [], taxID: nil)

    package init(name: String?, address: [String], taxID: String?) {
        self.name = name
        self.address = address
        self.taxID = taxID
    }

    var lines: [String] { address + [taxID.map { "Tax ID \($0)" }].compactMap(\.self) }
}
