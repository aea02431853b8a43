/// An e-mail that Stripe would have sent.
package struct SentReceipt: Sendable, Equatable {
    package let charge: String
    package let address: String
    package let account: String?

    package init(charge: String, address: String, account: String?) {
        self.charge = charge
        self.address = address
        self.account = account
    }
}
